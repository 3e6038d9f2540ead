/** Electron's BrowserWindow and webContents over a page of a real Chromium. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { preventable, type App, type ClosableWindow } from './app.ts';
import type { Chromium, Params } from './chromium.ts';
import { BINDING, ISOLATED_WORLD, worldScripts } from './worlds.ts';

/** What a window needs of the rest of the stand-in. */
export interface Surroundings {
  readonly app: App;
  readonly windows: Set<BrowserWindow>;
  readonly ipcMain: IpcMain;
  chromium(): Chromium;
  tell(event: string, data?: object): void;
  /** Address of a page of a custom scheme in Chromium, and back. */
  toChromium(url: string): string;
  fromChromium(url: string): string;
}

type Handler = (event: object, ...args: unknown[]) => unknown;

/** ipcMain: listeners, and one handler for each invoked channel. */
export class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  handle(channel: string, handler: Handler): void {
    if (this.handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }
}

export class WebContents extends EventEmitter {
  openHandler: (details: { url: string }) => { action: 'allow' | 'deny' } = () => ({ action: 'allow' });
  /** Main frame as ipcMain's events show it. */
  url = '';
  sessionId = '';
  targetId = '';
  contextId: number | undefined;
  destroyed = false;
  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    super();
    this.around = around;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  setWindowOpenHandler(handler: WebContents['openHandler']): void {
    this.openHandler = handler;
  }
  /** Copied by structured clone; a page that is gone or not yet there hears nothing. */
  send(name: string, ...args: unknown[]): void {
    if (this.destroyed) throw new TypeError('Object has been destroyed');
    this.deliver({ name, args: structuredClone(args) });
  }
  deliver(message: object): void {
    const { contextId, sessionId } = this;
    if (contextId === undefined) return;
    const expression = `__standInDeliver(${JSON.stringify(message)})`;
    this.around
      .chromium()
      .send('Runtime.evaluate', { contextId, expression }, sessionId)
      .catch(() => undefined);
  }
  reload(): void {
    void this.around.chromium().send('Page.reload', {}, this.sessionId);
  }
  /** The isolated world speaks. */
  receive(text: string): void {
    const message = JSON.parse(text) as { kind: string; name: string; call?: number; args: unknown[] };
    const senderFrame = { url: this.url, parent: null };
    const event = { sender: this, senderFrame };
    if (message.kind === 'send') {
      this.around.ipcMain.emit(message.name, event, ...message.args);
      return;
    }
    const { call } = message;
    // only the message of an error arrives, behind these words (docs, ipcMain.handle)
    const fail = (error: unknown) =>
      this.deliver({ call, error: `Error invoking remote method '${message.name}': ${String(error)}` });
    const handler = this.around.ipcMain.handlers.get(message.name);
    if (handler === undefined) fail(new Error(`No handler registered for '${message.name}'`));
    else
      Promise.resolve()
        .then(() => handler(event, ...message.args))
        .then((value) => this.deliver({ call, value: structuredClone(value) ?? null }), fail);
  }
}

interface Options {
  readonly show?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly webPreferences: {
    readonly preload: string;
    readonly contextIsolation?: boolean;
    readonly sandbox?: boolean;
  };
}

export class BrowserWindow extends EventEmitter implements ClosableWindow {
  static around: Surroundings;
  readonly webContents: WebContents;
  private readonly options: Options;
  private readonly opened: Promise<void>;
  private visible: boolean;
  private load: { resolve(): void; reject(error: Error): void } | undefined;
  private asked = '';

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.around.windows];
  }

  constructor(options: Options) {
    super();
    const { app, windows } = BrowserWindow.around;
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    this.options = options;
    this.visible = options.show ?? true;
    this.webContents = new WebContents(BrowserWindow.around);
    windows.add(this);
    this.opened = this.open();
  }

  private async open(): Promise<void> {
    const { tell } = BrowserWindow.around;
    const chromium = BrowserWindow.around.chromium();
    const { width = 800, height = 600 } = this.options;
    const { targetId } = await chromium.send('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      width,
      height,
    });
    const { sessionId } = await chromium.send('Target.attachToTarget', { targetId, flatten: true });
    const session = String(sessionId);
    Object.assign(this.webContents, { sessionId: session, targetId: String(targetId) });
    this.listen(chromium, session);
    const send = (method: string, params: Params = {}) => chromium.send(method, params, session);
    for (const domain of ['Page', 'Runtime', 'Debugger', 'Inspector']) await send(`${domain}.enable`);
    await send('Page.setLifecycleEventsEnabled', { enabled: true });
    await send('Runtime.addBinding', { name: BINDING, executionContextName: ISOLATED_WORLD });
    const preload = readFileSync(this.options.webPreferences.preload, 'utf8');
    const { page, isolated } = worldScripts(`bridge-${randomUUID()}`, preload);
    await send('Page.addScriptToEvaluateOnNewDocument', { source: page });
    await send('Page.addScriptToEvaluateOnNewDocument', { source: isolated, worldName: ISOLATED_WORLD });
    tell('window', { targetId: String(targetId) });
  }

  private listen(chromium: Chromium, session: string): void {
    const { webContents } = this;
    const on = (method: string, listener: (params: Params) => void) =>
      chromium.on(method, (params, from) => {
        if (from === session && !webContents.destroyed) listener(params);
      });
    on('Runtime.executionContextCreated', ({ context }) => {
      const { id, name } = context as { id: number; name: string };
      if (name === ISOLATED_WORLD) webContents.contextId = id;
    });
    on('Runtime.executionContextsCleared', () => (webContents.contextId = undefined));
    on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === BINDING) webContents.receive(String(payload));
    });
    on('Page.frameNavigated', ({ frame }) => {
      const { parentId, url } = frame as { parentId?: string; url: string };
      if (parentId === undefined) webContents.url = BrowserWindow.around.fromChromium(url);
    });
    on('Page.loadEventFired', () => {
      if (webContents.url === 'about:blank') return;
      this.load?.resolve();
      this.load = undefined;
      webContents.emit('did-finish-load', {});
    });
    on('Page.lifecycleEvent', ({ name }) => {
      // the first paint of a hidden window (docs, BrowserWindow 'ready-to-show'); some drivers never paint one
      if (name === 'firstContentfulPaint' && process.env.STAND_IN_NEVER_PAINTS === undefined)
        this.emit('ready-to-show');
    });
    on('Inspector.targetCrashed', () => webContents.emit('render-process-gone', {}, { reason: 'crashed' }));
    on('Debugger.paused', (params) => void this.tellPath(chromium, session, params));
  }

  /** The preload asks for the path of a file: only Chromium knows it (DOM.getFileInfo). */
  private async tellPath(chromium: Chromium, session: string, params: Params): Promise<void> {
    const [{ callFrameId, functionName }] = params.callFrames as {
      callFrameId: string;
      functionName: string;
    }[];
    if (functionName === 'getPathForFile') {
      const evaluate = (expression: string) =>
        chromium.send('Debugger.evaluateOnCallFrame', { callFrameId, expression }, session);
      const { result } = await evaluate('file');
      const { objectId } = result as { objectId?: string };
      const { path } = await chromium
        .send('DOM.getFileInfo', { objectId }, session)
        .catch(() => ({ path: '' }) as Params);
      await evaluate(`answer.path = ${JSON.stringify(path)}`);
    }
    await chromium.send('Debugger.resume', {}, session);
  }

  /** A request for the page itself. @returns whether it goes on */
  navigating(url: string): boolean {
    const own = this.asked === url || this.webContents.url.split('#')[0] === url.split('#')[0];
    if (!own) {
      // not emitted for what the program itself loads (docs, webContents 'will-navigate')
      const will = preventable();
      this.webContents.emit('will-navigate', { ...will.event, url, isMainFrame: true });
      if (will.prevented()) return false;
    }
    this.asked = '';
    this.webContents.emit('did-start-navigation', { url, isMainFrame: true, isSameDocument: false });
    return true;
  }

  /** A page could not be loaded. */
  loadFailed(url: string, description: string): void {
    this.webContents.emit('did-fail-load', {}, -2, description, url, true);
    this.load?.reject(new Error(`${description} (-2) loading '${url}'`));
    this.load = undefined;
  }

  async loadURL(url: string): Promise<void> {
    await this.opened;
    this.asked = url;
    const loaded = new Promise<void>((resolve, reject) => (this.load = { resolve, reject }));
    const { sessionId } = this.webContents;
    await BrowserWindow.around
      .chromium()
      .send('Page.navigate', { url: BrowserWindow.around.toChromium(url) }, sessionId);
    return loaded;
  }

  show(): void {
    this.visible = true;
    BrowserWindow.around.tell('shown');
  }
  focus(): void {
    BrowserWindow.around.tell('focused');
  }
  restore(): void {
    BrowserWindow.around.tell('restored');
  }
  isMinimized(): boolean {
    return false;
  }
  isVisible(): boolean {
    return this.visible && !this.isDestroyed();
  }
  isDestroyed(): boolean {
    return this.webContents.destroyed;
  }
  /** As the user does: may be prevented. */
  close(): void {
    if (this.isDestroyed()) return;
    const closing = preventable();
    this.emit('close', closing.event);
    if (closing.prevented()) BrowserWindow.around.app.closeRefused();
    else this.destroy();
  }
  /** At once; only `closed` is emitted (docs, win.destroy). */
  destroy(): void {
    if (this.isDestroyed()) return;
    const { app, windows, chromium } = BrowserWindow.around;
    this.webContents.destroyed = true;
    void this.opened.then(() =>
      chromium().send('Target.closeTarget', { targetId: this.webContents.targetId }),
    );
    windows.delete(this);
    this.emit('closed');
    if (windows.size === 0) app.windowsClosed();
  }
}
