/** The window and everything that keeps it closed to the outside: sandbox, isolation, no navigation, no permissions. */
import { join } from 'node:path';
import { BrowserWindow, shell, type Session } from 'electron';
import { rendererFolder } from '../../api/folders.ts';
import { WINDOW_ORIGIN } from './channels.ts';
import type { StartWatch } from './start-watch.ts';

/** The one permission that the window needs, for its copy buttons. */
const NEEDED = 'clipboard-sanitized-write';

/** Licences of what the program brings along, in the window's folder. */
const NOTICES = 'third-party-notices.txt';

/** A page that ends more often than this is not loaded again. */
const MOST_CRASHES = 3;

/** Whether an address is the window's own. */
function isOwn(url: string | undefined): boolean {
  // URL gives schemes of one's own no origin
  return url !== undefined && (url === WINDOW_ORIGIN || url.startsWith(`${WINDOW_ORIGIN}/`));
}

/** Refuses every permission that a page could ask for, but one to the window's own page. */
export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(permission === NEEDED && details.isMainFrame && isOwn(details.requestingUrl)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === NEEDED && isOwn(origin),
  );
  session.setDevicePermissionHandler(() => false);
}

/** Whether a message comes from the window's own page, not from anything embedded in it. */
export function isOwnPage(frame: { readonly url: string; readonly parent: unknown } | null): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(`${WINDOW_ORIGIN}/`);
}

/**
 * Opens the window; it is shown once it has something to show.
 * @param start is told when it is shown, or why it cannot be
 */
export function createWindow(start: StartWatch): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 920,
    minWidth: 900,
    minHeight: 600,
    show: false,
    backgroundColor: '#f6f6f3',
    title: 'Forcewright',
    webPreferences: {
      preload: join(rendererFolder(), '..', 'preload', 'preload.cjs'),
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
  const { webContents } = window;
  let crashes = 0;
  const show = () => {
    if (window.isDestroyed() || window.isVisible()) return;
    if (start.shown()) window.show();
    else window.destroy();
  };
  window.once('ready-to-show', show);
  // some graphics drivers never paint a hidden window, and ready-to-show does not come: a loaded page will do
  webContents.once('did-finish-load', show);
  webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
    // -3: another load took its place
    if (isMainFrame && code !== -3) start.failed(`The window could not load its page (${description})`);
  });
  webContents.on('render-process-gone', (_event, { reason }) => {
    start.failed(`The window's process ended (${reason})`);
    // one that crashed later comes back with the project as it is on disk, but not for ever
    const alive = !window.isDestroyed() && window.isVisible() && reason !== 'clean-exit';
    if (alive && ++crashes <= MOST_CRASHES) webContents.reload();
  });
  webContents.on('will-navigate', (event) => event.preventDefault());
  webContents.on('will-redirect', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(({ url }) => {
    // the one text that is shown outside: by the system's own program for texts
    if (url === `${WINDOW_ORIGIN}/${NOTICES}`) void shell.openPath(join(rendererFolder(), NOTICES));
    return { action: 'deny' };
  });
  window.loadURL(`${WINDOW_ORIGIN}/`).catch((error: unknown) => {
    start.failed(
      `The window could not load its page (${error instanceof Error ? error.message : String(error)})`,
    );
  });
  return window;
}
