/**
 * The Electron-only code without Electron: the module is replaced by a fake whose messages are structured-cloned, as
 * they are between processes. Everything behind it (router, workspace, project) is real.
 */
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MESSAGE_LIMIT } from '../../../../src-compute/packed-positions.ts';
import type { AppRouter } from '../../../../src-main/api/router.ts';
import { Workspace } from '../../../../src-main/api/workspace.ts';
import { CHANNELS, type PipeMessage } from '../../../../src-main/hosts/electron/channels.ts';
import { PipeServer } from '../../../../src-main/hosts/electron/ipc-socket.ts';
import { applicationMenu } from '../../../../src-main/hosts/electron/menu.ts';
import { StartWatch } from '../../../../src-main/hosts/electron/start-watch.ts';
import type { ElectronBridge } from '../../../../src-renderer/host/bridge.ts';
import { pipeWebSocket } from '../../../../src-renderer/host/pipe-web-socket.ts';
import { repositoryRoot } from '../../../support/shared.ts';

const windows: FakeWindow[] = [];
class FakeContents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) {
    this.openHandler = handler;
  }
}
class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  readonly options: { webPreferences: Record<string, unknown> };
  loaded = '';
  constructor(options: { webPreferences: Record<string, unknown> }) {
    super();
    this.options = options;
    windows.push(this);
  }
  visible = false;
  show() {
    this.visible = true;
  }
  isVisible() {
    return this.visible;
  }
  isDestroyed() {
    return false;
  }
  loadURL(url: string) {
    this.loaded = url;
    return Promise.resolve();
  }
}
const openedPaths: string[] = [];
vi.mock('electron', () => ({
  BrowserWindow: FakeWindow,
  shell: { openPath: (path: string) => Promise.resolve(openedPaths.push(path)) },
}));
const { createWindow, isOwnPage, lockSession } =
  await import('../../../../src-main/hosts/electron/window.ts');

/** A start that has come to its window. */
function started(): StartWatch {
  const start = new StartWatch(() => undefined);
  start.shown();
  return start;
}

describe('window', () => {
  beforeEach(() => void windows.splice(0));

  it('is sandboxed, isolated and without Node', () => {
    createWindow(started());
    expect(windows[0].options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      webviewTag: false,
    });
    expect(windows[0].loaded).toBe('forcewright://window/');
  });

  it('goes nowhere else and opens nothing', () => {
    createWindow(started());
    const { webContents } = windows[0];
    for (const event of ['will-navigate', 'will-redirect', 'will-attach-webview']) {
      const preventDefault = vi.fn();
      webContents.emit(event, { preventDefault });
      expect(preventDefault, event).toHaveBeenCalledOnce();
    }
    expect(webContents.openHandler?.({ url: 'https://example.invalid/' })).toEqual({ action: 'deny' });
    expect(openedPaths).toEqual([]);
    // the licences are a file that the system shows
    const notices = { url: 'forcewright://window/third-party-notices.txt' };
    expect(webContents.openHandler?.(notices)).toEqual({ action: 'deny' });
    expect(openedPaths).toHaveLength(1);
    expect(existsSync(openedPaths[0]), openedPaths[0]).toBe(true);
  });

  it('grants its own page the clipboard, and nothing else to anybody', () => {
    const handlers: Record<string, (...args: unknown[]) => unknown> = {};
    const set = (name: string) => (handler: (...args: unknown[]) => unknown) => (handlers[name] = handler);
    lockSession({
      setPermissionRequestHandler: set('request'),
      setPermissionCheckHandler: set('check'),
      setDevicePermissionHandler: set('device'),
    } as unknown as Parameters<typeof lockSession>[0]);
    const asks = (permission: string, requestingUrl: string, isMainFrame = true) => {
      const answer = vi.fn();
      handlers.request(null, permission, answer, { requestingUrl, isMainFrame });
      return answer.mock.calls;
    };
    const write = 'clipboard-sanitized-write';
    expect(asks(write, 'forcewright://window/')).toEqual([[true]]);
    expect(asks(write, 'forcewright://window/', false)).toEqual([[false]]);
    expect(asks(write, 'https://evil.example/')).toEqual([[false]]);
    expect(asks(write, 'forcewright://window.evil.example/')).toEqual([[false]]);
    for (const other of ['media', 'clipboard-read', 'notifications', 'openExternal', 'fileSystem'])
      expect(asks(other, 'forcewright://window/'), other).toEqual([[false]]);
    expect(handlers.check(null, write, 'forcewright://window/', {})).toBe(true);
    expect(handlers.check(null, write, 'forcewright://window', {})).toBe(true);
    expect(handlers.check(null, write, 'https://evil.example/', {})).toBe(false);
    expect(handlers.check(null, 'media', 'forcewright://window/', {})).toBe(false);
    expect(handlers.device()).toBe(false);
  });

  it('is shown when it has painted or loaded, and says when it cannot', () => {
    const reasons: string[] = [];
    createWindow(new StartWatch((reason) => reasons.push(reason)));
    createWindow(new StartWatch((reason) => reasons.push(reason)));
    windows[0].webContents.emit('did-finish-load');
    expect(windows[0].visible).toBe(true);
    windows[1].webContents.emit('did-fail-load', {}, -6, 'ERR_FILE_NOT_FOUND', 'forcewright://window/', true);
    expect(reasons).toEqual(['The window could not load its page (ERR_FILE_NOT_FOUND)']);
  });

  it('listens to its own page only', () => {
    expect(isOwnPage({ url: 'forcewright://window/#/data', parent: null })).toBe(true);
    expect(isOwnPage({ url: 'https://evil.example/', parent: null })).toBe(false);
    expect(isOwnPage({ url: 'forcewright://elsewhere/', parent: null })).toBe(false);
    expect(isOwnPage({ url: 'forcewright://window/', parent: {} })).toBe(false);
    expect(isOwnPage({ url: 'forcewright://window.evil.example/', parent: null })).toBe(false);
    expect(isOwnPage(null)).toBe(false);
  });

  it('has a menu that leaves undo to the window', () => {
    const roles = (platform: NodeJS.Platform) => JSON.stringify(applicationMenu(platform, 'Forcewright'));
    expect(roles('linux')).not.toContain('"undo"');
    expect(roles('darwin')).toContain('appMenu');
  });
});

/** Runs the built preload as Electron does: a script with a `require` that knows electron and nothing else. */
function loadPreload(): { bridge: ElectronBridge; ipc: FakeIpc } {
  const ipc = new FakeIpc();
  let exposed: { name: string; value: unknown } | undefined;
  const electron = {
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => (exposed = { name, value }) },
    ipcRenderer: ipc,
    webUtils: { getPathForFile: (file: { path?: string }) => file.path ?? '' },
  };
  const code = readFileSync(join(repositoryRoot, 'out', 'preload', 'preload.cjs'), 'utf8');
  const require = (name: string) => {
    if (name !== 'electron') throw new Error(`A sandboxed preload cannot require ${name}.`);
    return electron;
  };
  vm.runInNewContext(code, { require, exports: {}, module: { exports: {} }, process: { platform: 'linux' } });
  expect(exposed?.name).toBe('forcewright');
  return { bridge: exposed?.value as ElectronBridge, ipc };
}

/** ipcRenderer: what is sent is cloned and arrives in a later task. */
class FakeIpc extends EventEmitter {
  toMain: (message: unknown) => void = () => undefined;
  grants: unknown[] = [];
  send(channel: string, message: unknown) {
    expect(channel).toBe(CHANNELS.toMain);
    const copy: unknown = structuredClone(message);
    setImmediate(() => this.toMain(copy));
  }
  invoke(channel: string, paths: unknown) {
    expect(channel).toBe(CHANNELS.grantFiles);
    this.grants.push(paths);
    return Promise.resolve([]);
  }
  fromMain(message: PipeMessage) {
    const copy = structuredClone(message);
    setImmediate(() => this.emit(CHANNELS.toWindow, {}, copy));
  }
}

const built = existsSync(join(repositoryRoot, 'out', 'preload', 'preload.cjs'));

describe.skipIf(!built)('preload and pipe', () => {
  let folder: string;
  let workspace: Workspace;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'forcewright-electron-'));
    workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
  });
  afterAll(async () => {
    await workspace.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  function connect() {
    const { bridge, ipc } = loadPreload();
    const host = { kind: 'electron' as const, chooseProject: () => Promise.resolve(undefined) };
    const server = new PipeServer({ workspace, host, authorised: true }, (message) => ipc.fromMain(message));
    ipc.toMain = (message) => server.receive(message);
    const socket = createWSClient({ url: 'ws://window/trpc', WebSocket: pipeWebSocket(bridge) });
    return {
      api: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }),
      server,
      socket,
      bridge,
      ipc,
    };
  }

  it('shows the page these names and no others', () => {
    const { bridge } = loadPreload();
    expect(Object.keys(bridge).sort()).toEqual(['grantFiles', 'kind', 'openPipe', 'platform']);
  });

  it('carries queries, errors and subscriptions of the router', async () => {
    const { api, socket } = connect();
    expect(await api.project.current.query()).toMatchObject({
      host: 'electron',
      hasDialogs: true,
      project: null,
    });
    await expect(api.jobs.list.query()).rejects.toThrow('No project is open');
    const events: string[] = [];
    const subscription = await new Promise<{ unsubscribe(): void }>((started) => {
      const running = api.project.events.subscribe(undefined, {
        onStarted: () => started(running),
        onData: ({ data }) => events.push(data.type),
      });
    });
    await api.project.create.mutate({ name: 'Pipe' });
    await expect.poll(() => events).toContain('project');
    subscription.unsubscribe();
    expect(await api.project.openWithDialog.mutate({ mode: 'open' })).toBeNull();
    await socket.close();
  });

  it('starts afresh after a reload, and survives what is no message', async () => {
    const { api, server, ipc } = connect();
    await api.project.list.query();
    server.closeAll();
    for (const junk of [
      null,
      7,
      'x',
      {},
      { pipe: 1 },
      { pipe: 1, kind: 'data' },
      { pipe: 'a', kind: 'open' },
    ]) {
      expect(() => server.receive(junk)).not.toThrow();
    }
    ipc.toMain({ pipe: 99, kind: 'data', text: '{"not":"open"}' });
    const again = connect();
    expect(await again.api.project.list.query()).toHaveLength(1);
    await again.socket.close();
  });

  it('hands over paths of real files only', async () => {
    const { bridge, ipc } = loadPreload();
    const real = { path: '/home/user/a.xyz' } as unknown as File;
    await bridge.grantFiles([real, {} as File]);
    expect(ipc.grants).toEqual([['/home/user/a.xyz']]);
    writeFileSync(join(folder, 'a.xyz'), 'abc');
    const [grant] = await workspace.files.addPaths([join(folder, 'a.xyz')]);
    expect(grant).toMatchObject({ name: 'a.xyz', bytes: 3 });
    await expect(workspace.files.addPaths([join(folder, 'missing')])).rejects.toThrow(/cannot be read/);
  });
});

describe('main side of the pipe', () => {
  it('answers a message that is too long, instead of leaving the window waiting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forcewright-pipe-'));
    const workspace = new Workspace({ folder });
    const answers: string[] = [];
    const server = new PipeServer({ workspace, host: { kind: 'electron' }, authorised: true }, (message) => {
      if (message.kind === 'data') answers.push(message.text);
    });
    const request = (id: number, path: string, input?: object) =>
      JSON.stringify({ id, method: 'query', params: { path, input } });
    server.receive({ pipe: 1, kind: 'open' });
    const name = 'x'.repeat(MESSAGE_LIMIT + 10);
    server.receive({ pipe: 1, kind: 'data', text: request(7, 'project.list', { name }) });
    server.receive({ pipe: 1, kind: 'data', text: request(8, 'project.list') });
    await expect.poll(() => answers.length).toBe(2);
    expect(JSON.parse(answers[0])).toMatchObject({
      id: 7,
      error: { message: expect.stringMatching(/too large for one message/) as string },
    });
    expect(JSON.parse(answers[1])).toMatchObject({ id: 8, result: {} });
    server.closeAll();
    await workspace.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
});
