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
  grantFiles(files: readonly File[]): Promise<FileGrant[]>;
}

declare global {
  interface Window {
    readonly forcewright?: ElectronBridge;
  }
}

export const bridge = window.forcewright;
