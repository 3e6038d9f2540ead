/**
 * A module `electron` that behaves like Electron where our program touches it, over a real Chromium. What a page of a
 * custom scheme is allowed follows from the privileges with which the scheme was registered: `standard` and `secure`
 * make it an https page, as the documentation promises (https://www.electronjs.org/docs/latest/api/protocol); that
 * Electron's Chromium keeps the promise is not proven here. Without them it is served by http, or not at all.
 */
import { EventEmitter } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from './app.ts';
import { BrowserWindow, IpcMain } from './browser-window.ts';
import { Chromium, type Params } from './chromium.ts';

/** What the test is told. */
export function tell(event: string, data: object = {}): void {
  if (process.connected) process.send?.({ event, ...data });
}

const answers = new Map<number, (answer: unknown) => void>();
let questions = 0;
/** Asks the test what the user does. */
function ask(question: string, options: object): Promise<unknown> {
  const id = ++questions;
  tell('question', { id, question, options });
  return new Promise((done) => answers.set(id, done));
}

/** What the user or the system does. */
function obey(command: string, path: string): void {
  if (command === 'close') for (const window of [...windows]) window.close();
  if (command === 'quit') app.quit();
  // macOS: may come before `ready`; the program must prevent the default to handle it
  if (command === 'open-file') app.emit('open-file', { preventDefault: () => undefined }, path);
}

/** Listens to the test. */
export function control(): void {
  process.on('message', ({ id, answer, command, path }: Record<string, string & number>) => {
    if (command === undefined) answers.get(id)?.(answer);
    // in a task of its own: what an answer before it led to has happened
    else setImmediate(() => obey(command, path));
  });
  // the test is gone
  process.on('disconnect', () => app.exit(1));
}

const windows = new Set<BrowserWindow>();
const profile = mkdtempSync(join(tmpdir(), 'forcewright-stand-in-'));
let chromium: Chromium | undefined;
export const app = new App(windows, tell, () => {
  chromium?.kill();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});
export const ipcMain = new IpcMain();
export { BrowserWindow };

interface Scheme {
  readonly scheme: string;
  readonly privileges: { standard?: boolean; secure?: boolean; supportFetchAPI?: boolean };
}
let schemes: readonly Scheme[] | undefined;
const handlers = new Map<string, (request: Request) => Promise<Response>>();
export const protocol = {
  registerSchemesAsPrivileged(list: readonly Scheme[]): void {
    app.beforeReady('protocol.registerSchemesAsPrivileged()');
    if (schemes !== undefined) throw new Error('registerSchemesAsPrivileged can be called only once');
    schemes = list;
  },
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void {
    if (!app.isReady()) throw new Error('protocol.handle can only be used after app is ready');
    handlers.set(scheme, handler);
  },
};

const SUFFIX = '.invalid';
const privileges = (scheme: string) => schemes?.find((each) => each.scheme === scheme)?.privileges ?? {};

BrowserWindow.around = {
  app,
  windows,
  ipcMain,
  tell,
  chromium: () => {
    if (chromium === undefined) throw new Error('Chromium is not there before ready');
    return chromium;
  },
  toChromium: (url) => {
    const [, scheme, host, rest] = /^([\w+.-]+):\/\/([^/]*)(.*)$/.exec(url) ?? [];
    const { standard, secure } = privileges(scheme);
    if (!standard) throw new Error(`${scheme} is no standard scheme: its pages have no origin`);
    return `${secure ? 'https' : 'http'}://${host}.${scheme}${SUFFIX}${rest}`;
  },
  fromChromium: (url) => url.replace(/^https?:\/\/([^/]+)\.([\w+-]+)\.invalid/, '$2://$1'),
};

/** Every request of every page and worker. */
async function answerRequest(browser: Chromium, params: Params): Promise<void> {
  const { requestId, resourceType } = params as { requestId: string; resourceType: string };
  const asked = params.request as { url: string; method: string; headers: Record<string, string> };
  const fail = (errorReason: string) => browser.send('Fetch.failRequest', { requestId, errorReason });
  const url = BrowserWindow.around.fromChromium(asked.url);
  const scheme = url.slice(0, url.indexOf(':'));
  const handler = handlers.get(scheme);
  if (process.env.STAND_IN_TRACE) console.error(resourceType, url);
  const window = resourceType === 'Document' ? [...windows].at(0) : undefined;
  if (window !== undefined && !window.navigating(url)) {
    await fail('Aborted');
    return;
  }
  const fetched = resourceType === 'XHR' || resourceType === 'Fetch';
  if (handler === undefined || (fetched && !privileges(scheme).supportFetchAPI)) {
    await fail('Failed');
    return;
  }
  try {
    const headers = new Headers(asked.headers);
    // a custom scheme is no network: nothing is offered and nothing is decoded (PLATFORM: protocol.handle)
    headers.delete('accept-encoding');
    const response = await handler(new Request(url, { method: asked.method, headers }));
    await browser.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: response.status,
      responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    });
  } catch {
    // what a handler throws ends in net::ERR_FAILED
    await fail('Failed').catch(() => undefined);
    window?.loadFailed(url, 'ERR_FAILED');
  }
}

/** Without a listener of will-download a dialog asks where to (docs, DownloadItem.setSavePath): the test answers. */
async function saveDownloads(browser: Chromium): Promise<void> {
  const downloadPath = join(profile, 'downloads');
  const names = new Map<unknown, unknown>();
  browser.on('Browser.downloadWillBegin', ({ guid, suggestedFilename }) =>
    names.set(guid, suggestedFilename),
  );
  browser.on('Browser.downloadProgress', ({ guid, state, filePath }) => {
    if (state !== 'completed') return;
    void ask('download', { name: names.get(guid) }).then((path) => {
      if (path !== null) copyFileSync(String(filePath ?? join(downloadPath, String(guid))), String(path));
      tell('downloaded', { path });
    });
  });
  await browser.send('Browser.setDownloadBehavior', {
    behavior: 'allowAndName',
    downloadPath,
    eventsEnabled: true,
  });
}

/** Prepares Chromium, then everything is ready. */
export async function launchReady(): Promise<void> {
  const browser = await Chromium.start(profile);
  chromium = browser;
  browser.on('Fetch.requestPaused', (params) => void answerRequest(browser, params).catch(() => undefined));
  await browser.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
  browser.on('Target.targetCreated', ({ targetInfo }) => {
    const { openerId, targetId, url } = targetInfo as { openerId?: string; targetId: string; url: string };
    const opener = [...windows].find(({ webContents }) => webContents.targetId === openerId);
    if (opener?.webContents.openHandler({ url }).action === 'deny')
      void browser.send('Target.closeTarget', { targetId });
  });
  await browser.send('Target.setDiscoverTargets', { discover: true });
  await saveDownloads(browser);
  tell('chromium', { port: browser.port });
  app.becomeReady();
}

type Permission = (contents: null, permission: string, ...more: never[]) => unknown;
/** Names of permissions in Electron and in Chromium. */
const PERMISSIONS = {
  'clipboard-sanitized-write': 'clipboard-write',
  media: 'camera',
  geolocation: 'geolocation',
};

class Session extends EventEmitter {
  private request: Permission | undefined;
  private check: Permission | undefined;
  setPermissionRequestHandler(handler: Permission): void {
    this.request = handler;
    this.apply();
  }
  setPermissionCheckHandler(handler: Permission): void {
    this.check = handler;
    this.apply();
  }
  setDevicePermissionHandler(): void {
    // no devices here
  }
  /** Both must allow (docs, session: "most web APIs do a permission check and then make a permission request"). */
  private apply(): void {
    if (schemes === undefined || this.request === undefined || this.check === undefined) return;
    const origin = `${schemes[0].scheme}://window/`;
    for (const [name, chromiums] of Object.entries(PERMISSIONS)) {
      let granted = this.check(null, name, origin as never, {} as never) === true;
      const answer = (given: boolean) => (granted &&= given);
      this.request(null, name, answer as never, { requestingUrl: origin, isMainFrame: true } as never);
      void chromium?.send('Browser.setPermission', {
        permission: { name: chromiums },
        setting: granted ? 'granted' : 'denied',
        origin: new URL(BrowserWindow.around.toChromium(origin)).origin,
      });
    }
  }
}
export const session = { defaultSession: new Session() };

const withoutWindow = (args: unknown[]) => (args.length > 1 ? args[1] : args[0]) as object;
export const dialog = {
  showMessageBox: async (...args: unknown[]) => {
    if (!app.isReady()) throw new Error('dialog module can only be used after app is ready');
    return { response: Number(await ask('message', withoutWindow(args))), checkboxChecked: false };
  },
  showOpenDialog: async (...args: unknown[]) => {
    const path = await ask('open', withoutWindow(args));
    return { canceled: path === null, filePaths: path === null ? [] : [String(path)] };
  },
  showSaveDialog: async (...args: unknown[]) => {
    const path = await ask('save', withoutWindow(args));
    return { canceled: path === null, filePath: path === null ? '' : String(path) };
  },
  showErrorBox: (title: string, content: string) => tell('error-box', { title, content }),
};

export const shell = {
  openExternal: (url: string) => {
    tell('opened-externally', { url });
    return Promise.resolve();
  },
  openPath: (path: string) => {
    tell('opened-path', { path });
    return Promise.resolve('');
  },
};

export class Notification extends EventEmitter {
  static isSupported(): boolean {
    return true;
  }
  private readonly options: object;
  constructor(options: object) {
    super();
    this.options = options;
  }
  show(): void {
    tell('notification', this.options);
  }
}

export const Menu = {
  buildFromTemplate: (template: unknown) => template,
  setApplicationMenu: (menu: unknown) => tell('menu', { menu }),
};
