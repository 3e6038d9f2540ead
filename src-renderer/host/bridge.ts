/** What Electron's preload offers; absent in a browser. */
import type { FileGrant } from '../../src-main/api/file-grants.ts';

export interface ElectronBridge {
  readonly kind: 'electron';
  readonly platform: string;
  openPipe(
    onOpen: () => void,
    onText: (text: string) => void,
    onClose: () => void,
  ): { send(text: string): void; close(): void };
  /** Errors come as values: IPC would leave nothing of them but a message. */
  grantFiles(
    files: readonly File[],
  ): Promise<
    | { readonly ok: true; readonly value: FileGrant[] }
    | { readonly ok: false; readonly message: string; readonly remedy: string }
  >;
}

declare global {
  interface Window {
    readonly forcewright?: ElectronBridge;
  }
}

export const bridge = window.forcewright;
