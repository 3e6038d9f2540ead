/** The window and everything that keeps it closed to the outside: sandbox, isolation, no navigation, no permissions. */
import { fileURLToPath } from 'node:url';
import { BrowserWindow, type Session } from 'electron';
import { WINDOW_ORIGIN } from './channels.ts';

/** Refuses every permission a page could ask for; the window needs none. */
export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** Whether a message comes from the window's own page, not from anything embedded in it. */
export function isOwnPage(frame: { readonly url: string; readonly parent: unknown } | null): boolean {
  // URL gives schemes of one's own no origin
  return frame !== null && frame.parent === null && frame.url.startsWith(`${WINDOW_ORIGIN}/`);
}

/** Opens the window. */
export function createWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 920,
    minWidth: 900,
    minHeight: 600,
    show: false,
    backgroundColor: '#f6f6f3',
    title: 'Forcewright',
    webPreferences: {
      preload: fileURLToPath(new URL('../preload/preload.cjs', import.meta.url)),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  const { webContents } = window;
  webContents.on('will-navigate', (event) => event.preventDefault());
  webContents.on('will-redirect', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  void window.loadURL(`${WINDOW_ORIGIN}/`);
  return window;
}
