/**
 * Electron's `app`: readiness, the lock of the single instance, the order in which it quits.
 * (https://www.electronjs.org/docs/latest/api/app; shell/browser/browser.cc for the order)
 */
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the application needs to know of its windows. */
export interface ClosableWindow {
  close(): void;
}

/** An event whose default can be prevented; what listeners await is not waited for, as of any EventEmitter. */
export function preventable(): { readonly event: { preventDefault(): void }; prevented(): boolean } {
  let prevented = false;
  return { event: { preventDefault: () => (prevented = true) }, prevented: () => prevented };
}

export class App extends EventEmitter {
  readonly name = 'forcewright';
  readonly isPackaged = false;
  private readonly windows: Set<ClosableWindow>;
  private readonly tell: (event: string, data?: object) => void;
  private readonly paths = new Map<string, string>();
  private readonly readiness = Promise.withResolvers<undefined>();
  private readonly onExit: () => void;
  private ready = false;
  private quitting = false;
  private lockFolder: string | undefined;

  constructor(
    windows: Set<ClosableWindow>,
    tell: (event: string, data?: object) => void,
    onExit: () => void,
  ) {
    super();
    this.windows = windows;
    this.tell = tell;
    this.onExit = onExit;
    const home = process.env.STAND_IN_HOME ?? tmpdir();
    this.paths.set('userData', join(home, 'userData')).set('documents', join(home, 'documents'));
    // Electron quits on these (shell/browser/electron_browser_main_parts_posix.cc)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.quit());
  }

  whenReady(): Promise<undefined> {
    return this.readiness.promise;
  }
  isReady(): boolean {
    return this.ready;
  }
  /** Electron's side: everything is there and the main module has been evaluated. */
  becomeReady(): void {
    this.ready = true;
    this.tell('ready');
    this.emit('ready', {}, {});
    this.readiness.resolve(undefined);
  }
  /** @throws Error for what must be done before `ready`, as Electron does */
  beforeReady(what: string): void {
    if (this.ready) throw new Error(`${what} can only be called before app is ready`);
  }

  enableSandbox(): void {
    this.beforeReady('app.enableSandbox()');
  }
  setAppUserModelId(id: string): void {
    this.tell('app-user-model-id', { id });
  }
  addRecentDocument(path: string): void {
    this.tell('recent-document', { path });
  }
  setPath(name: string, path: string): void {
    this.paths.set(name, path);
  }
  /** @throws Error for a name that Electron does not know */
  getPath(name: string): string {
    const path = this.paths.get(name);
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }

  /**
   * The lock belongs to the folder userData. The one who has it gets `second-instance` of every other, after `ready`;
   * the data travel as JSON.
   */
  requestSingleInstanceLock(data: object = {}): boolean {
    const folder = join(this.getPath('userData'), 'SingletonLock');
    mkdirSync(this.getPath('userData'), { recursive: true });
    const holder = existsSync(join(folder, 'pid')) ? Number(readFileSync(join(folder, 'pid'), 'utf8')) : 0;
    if (holder > 0 && isRunning(holder)) {
      const name = join(folder, `${process.pid}`);
      writeFileSync(`${name}.part`, JSON.stringify({ argv: process.argv, folder: process.cwd(), data }));
      renameSync(`${name}.part`, `${name}.json`);
      return false;
    }
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'pid'), String(process.pid));
    this.lockFolder = folder;
    setInterval(() => this.lookForOthers(folder), 100).unref();
    return true;
  }

  private lookForOthers(folder: string): void {
    if (!this.ready || !existsSync(folder)) return;
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.json'))) {
      const {
        argv,
        folder: from,
        data,
      } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
        argv: string[];
        folder: string;
        data: object;
      };
      rmSync(join(folder, name));
      this.tell('second-instance');
      this.emit('second-instance', {}, argv, from, data);
    }
  }

  /** before-quit; windows close, any of which may refuse; will-quit; quit. No window-all-closed on this way. */
  quit(): void {
    if (this.quitting) return;
    const before = preventable();
    this.tell('before-quit');
    this.emit('before-quit', before.event);
    if (before.prevented()) return;
    this.quitting = true;
    if (this.windows.size === 0) this.afterWindows();
    else for (const window of [...this.windows]) window.close();
  }

  /** A window refused to close: the quitting is off. */
  closeRefused(): void {
    this.quitting = false;
  }

  /** The last window has closed. */
  windowsClosed(): void {
    if (this.quitting) {
      this.afterWindows();
      return;
    }
    this.tell('window-all-closed');
    // without a listener the program quits
    if (!this.emit('window-all-closed')) this.quit();
  }

  private afterWindows(): void {
    const will = preventable();
    this.tell('will-quit');
    this.emit('will-quit', will.event);
    this.quitting = !will.prevented();
    if (this.quitting) this.exit(0);
  }

  /** Ends at once; neither before-quit nor will-quit. */
  exit(code = 0): void {
    this.tell('quit');
    this.emit('quit', {}, code);
    if (this.lockFolder !== undefined) rmSync(this.lockFolder, { recursive: true, force: true });
    this.onExit();
    process.exit(code);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
