/** The desktop program once Electron is ready: one window over the same services as command line and web host. */
import { app, BrowserWindow, dialog, ipcMain, Menu, Notification, protocol, session } from 'electron';
import { join } from 'node:path';
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { rendererFolder } from '../../api/folders.ts';
import type { Workspace } from '../../api/workspace.ts';
import { createContentHandler } from '../content.ts';
import { guardProcess } from '../last-resort.ts';
import { CHANNELS, WINDOW_SCHEME, type Answer } from './channels.ts';
import { PipeServer } from './ipc-socket.ts';
import { applicationMenu } from './menu.ts';
import type { Arrivals } from './opened-files.ts';
import { ownWorkspace } from './own-workspace.ts';
import { askBeforeClosing, endWell } from './quitting.ts';
import type { StartWatch } from './start-watch.ts';
import { createWindow, isOwnPage, lockSession } from './window.ts';

/** Dialogs of the system for projects. */
async function chooseProject(mode: 'open' | 'create'): Promise<string | undefined> {
  const filters = [{ name: 'Forcewright project', extensions: ['fwproj'] }];
  if (mode === 'open') {
    const { filePaths } = await dialog.showOpenDialog({ properties: ['openFile'], filters });
    return filePaths[0];
  }
  const defaultPath = join(app.getPath('documents'), 'project.fwproj');
  const { filePath } = await dialog.showSaveDialog({ filters, defaultPath });
  return filePath === '' ? undefined : filePath;
}

/** A call across IPC: what is thrown becomes a value, so that its remedy arrives. */
async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof ForcewrightError) return { ok: false, message: error.message, remedy: error.remedy };
    process.stderr.write(`Unexpected error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return { ok: false, message: 'Something went wrong inside Forcewright.', remedy: 'Try once more.' };
  }
}

function serveWindow(workspace: Workspace, start: StartWatch): void {
  const context = { workspace, host: { kind: 'electron' as const, chooseProject }, authorised: true };
  const window = createWindow(start);
  const { webContents } = window;
  const pipes = new PipeServer(context, (message) => {
    if (!webContents.isDestroyed()) webContents.send(CHANNELS.toWindow, message);
  });
  const listener = (event: Electron.IpcMainEvent, message: unknown) => {
    if (event.sender === webContents && isOwnPage(event.senderFrame)) pipes.receive(message);
  };
  ipcMain.on(CHANNELS.toMain, listener);
  // a reload starts afresh
  webContents.on('did-start-navigation', (details) => {
    if (details.isMainFrame && !details.isSameDocument) pipes.closeAll();
  });
  askBeforeClosing(window, workspace);
  window.on('closed', () => {
    ipcMain.off(CHANNELS.toMain, listener);
    pipes.closeAll();
  });
}

/** Shows the window that there is, or a new one. */
function comeForward(workspace: Workspace, start: StartWatch): void {
  const window = BrowserWindow.getAllWindows().at(0);
  if (window === undefined) {
    serveWindow(workspace, start);
    return;
  }
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** Opens a project that was double-clicked; what stands against it is said in a box of the system. */
function openProject(workspace: Workspace, path: string): void {
  try {
    workspace.openPath(path);
    app.addRecentDocument(path);
  } catch (error) {
    const known = error instanceof ForcewrightError;
    const message = known ? error.message : 'The project could not be opened.';
    const detail = known ? `${error.remedy}\n${path}`.trim() : path;
    if (!known) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    void dialog.showMessageBox({ type: 'warning', message, detail, noLink: true });
  }
}

/**
 * Opens the window and everything behind it. Called once, when Electron is ready.
 * @param start is told when the window is there
 * @param arrivals projects that the system hands over
 */
export function openDesktop(start: StartWatch, arrivals: Arrivals): void {
  const workspace = ownWorkspace();
  const tell = (sentence: string) => dialog.showErrorBox('Forcewright', sentence);
  guardProcess({ workspace, end: (code) => app.exit(code), tell });
  lockSession(session.defaultSession);
  protocol.handle(
    WINDOW_SCHEME,
    // only this session's own pages reach the scheme
    createContentHandler({ workspace, rendererFolder: rendererFolder(), authorise: () => true }),
  );
  ipcMain.handle(CHANNELS.grantFiles, (event, paths: unknown) =>
    answer(async () => {
      if (!isOwnPage(event.senderFrame)) throw new Error('Only the window may ask for files.');
      return workspace.files.addPaths(z.array(z.string().min(1)).max(10_000).parse(paths));
    }),
  );
  workspace.onJobEnd((title, sentence) => {
    if (Notification.isSupported()) new Notification({ title, body: sentence }).show();
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(process.platform, app.name)));
  endWell(workspace);
  arrivals.receive((path) => openProject(workspace, path));
  serveWindow(workspace, start);
  app.on('activate', () => comeForward(workspace, start));
  app.on('second-instance', (_event, _argv, _folder, data) => {
    comeForward(workspace, start);
    const given = z.object({ project: z.string().nullable() }).safeParse(data);
    if (given.success && given.data.project !== null) arrivals.add(given.data.project);
  });
}
