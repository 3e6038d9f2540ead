/** Entry of the desktop program: one window over the same services as the command line and the web host. */
import { app, BrowserWindow, dialog, ipcMain, Menu, Notification, protocol, session } from 'electron';
import { join } from 'node:path';
import { z } from 'zod';
import { applicationFolder, rendererFolder } from '../../api/folders.ts';
import { Workspace } from '../../api/workspace.ts';
import { createContentHandler } from '../content.ts';
import { CHANNELS, WINDOW_SCHEME } from './channels.ts';
import { PipeServer } from './ipc-socket.ts';
import { applicationMenu } from './menu.ts';
import { createWindow, isOwnPage, lockSession } from './window.ts';

protocol.registerSchemesAsPrivileged([
  {
    scheme: WINDOW_SCHEME,
    privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true },
  },
]);
app.enableSandbox();

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

function serveWindow(workspace: Workspace): void {
  const context = { workspace, host: { kind: 'electron' as const, chooseProject }, authorised: true };
  const window = createWindow();
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
  window.on('closed', () => {
    ipcMain.off(CHANNELS.toMain, listener);
    pipes.closeAll();
  });
}

async function start(): Promise<void> {
  const workspace = new Workspace({ folder: applicationFolder() });
  const answer = createContentHandler({
    workspace,
    rendererFolder: rendererFolder(),
    // only this session's own pages reach the scheme
    authorise: () => true,
  });
  await app.whenReady();
  lockSession(session.defaultSession);
  protocol.handle(WINDOW_SCHEME, answer);
  ipcMain.handle(CHANNELS.grantFiles, async (event, paths: unknown) => {
    if (!isOwnPage(event.senderFrame)) throw new Error('Only the window may ask for files.');
    return workspace.files.addPaths(z.array(z.string().min(1)).max(10_000).parse(paths));
  });
  workspace.onJobEnd((title, sentence) => {
    if (Notification.isSupported()) new Notification({ title, body: sentence }).show();
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(process.platform, app.name)));
  serveWindow(workspace);
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) serveWindow(workspace);
  });
  // jobs survive the window: the program ends when the last of them has
  const endIfIdle = () => {
    const hidden = BrowserWindow.getAllWindows().length === 0;
    if (hidden && process.platform !== 'darwin' && !workspace.busy) app.quit();
  };
  app.on('window-all-closed', endIfIdle);
  workspace.onJobEnd(endIfIdle);
  app.on('second-instance', () => {
    const window = BrowserWindow.getAllWindows().at(0);
    if (window === undefined) serveWindow(workspace);
    else if (window.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('will-quit', () => {
    void workspace.dispose();
  });
}

if (app.requestSingleInstanceLock()) {
  await start();
} else {
  app.quit();
}
