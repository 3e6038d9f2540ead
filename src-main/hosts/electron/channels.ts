/** Names of the IPC channels and what travels on them; the preload and the main process agree on nothing else. */

export const CHANNELS = {
  /** window → main: PipeMessage */
  toMain: 'forcewright:to-main',
  /** main → window: PipeMessage */
  toWindow: 'forcewright:to-window',
  /** window → main, answered: paths of dropped files → grants */
  grantFiles: 'forcewright:grant-files',
} as const;

/** A message of one pipe: tRPC's WebSocket protocol as text. */
export type PipeMessage =
  | { readonly pipe: number; readonly kind: 'open' }
  | { readonly pipe: number; readonly kind: 'data'; readonly text: string }
  | { readonly pipe: number; readonly kind: 'close' };

/** Scheme and address of the window's own page. */
export const WINDOW_SCHEME = 'forcewright';
export const WINDOW_ORIGIN = `${WINDOW_SCHEME}://window`;
