/** Names of the IPC channels and what travels on them; the preload and the main process agree on nothing else. */

export const CHANNELS = {
  /** window → main: PipeMessage */
  toMain: 'forcewright:to-main',
  /** main → window: PipeMessage */
  toWindow: 'forcewright:to-window',
  /** window → main, answered: paths of dropped files → Answer<FileGrant[]> */
  grantFiles: 'forcewright:grant-files',
} as const;

/** A message of one pipe: tRPC's WebSocket protocol as text. */
export type PipeMessage =
  | { readonly pipe: number; readonly kind: 'open' }
  | { readonly pipe: number; readonly kind: 'data'; readonly text: string }
  | { readonly pipe: number; readonly kind: 'close' };

/**
 * What a call across IPC comes to. Errors travel as values: of one that is thrown, Electron brings over the message
 * alone, behind "Error invoking remote method" (documentation of ipcMain.handle).
 */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

/** Scheme and address of the window's own page. */
export const WINDOW_SCHEME = 'forcewright';
export const WINDOW_ORIGIN = `${WINDOW_SCHEME}://window`;

/**
 * What the scheme is allowed, as an https page is: relative addresses, storage and `'self'` in the policy need
 * `standard`; module workers, shared memory and the clipboard `secure`; data `supportFetchAPI`; compiled scripts are
 * kept with `codeCache`.
 */
export const SCHEME_PRIVILEGES = {
  scheme: WINDOW_SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
};
