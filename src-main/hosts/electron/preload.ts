/**
 * The only bridge between the window and Electron; sandboxed, one CommonJS file. It carries text of the pipe and the
 * paths of files that the user dropped or chose, and nothing else.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CHANNELS, type PipeMessage } from './channels.ts';

let lastPipe = 0;

contextBridge.exposeInMainWorld('forcewright', {
  kind: 'electron',
  platform: process.platform,
  /** Opens a pipe; the callbacks are called in later tasks. */
  openPipe(onOpen: () => void, onText: (text: string) => void, onClose: () => void) {
    const pipe = ++lastPipe;
    const listener = (_event: unknown, message: PipeMessage) => {
      if (message.pipe !== pipe) return;
      if (message.kind === 'open') onOpen();
      else if (message.kind === 'data') onText(message.text);
      else {
        ipcRenderer.off(CHANNELS.toWindow, listener);
        onClose();
      }
    };
    ipcRenderer.on(CHANNELS.toWindow, listener);
    ipcRenderer.send(CHANNELS.toMain, { pipe, kind: 'open' } satisfies PipeMessage);
    return {
      send: (text: string) =>
        ipcRenderer.send(CHANNELS.toMain, { pipe, kind: 'data', text } satisfies PipeMessage),
      close: () => {
        ipcRenderer.off(CHANNELS.toWindow, listener);
        ipcRenderer.send(CHANNELS.toMain, { pipe, kind: 'close' } satisfies PipeMessage);
      },
    };
  },
  /** Asks leave to read files that the user dropped or chose; a File made by a page has no path and gets none. */
  grantFiles(files: readonly File[]) {
    const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '');
    return ipcRenderer.invoke(CHANNELS.grantFiles, paths);
  },
});
