/**
 * What Electron puts into a window, as scripts: the preload runs in a world of its own (contextIsolation), and
 * contextBridge is all that leads from there to the page. Both worlds are Chromium's; what goes between them is copied
 * by structured clone in events of a name that only the two know.
 */

/** Name of the world in which the preload runs (electron/shell/common: isolated world of the preload). */
export const ISOLATED_WORLD = 'Electron Isolated Context';
/** Binding through which the isolated world speaks to the main process. */
export const BINDING = '__standInSend';

/**
 * One end of the bridge. Functions go as numbers and are called across; promises settle across; of objects only values
 * are copied, prototypes are lost; files, blobs and arrays are cloned; symbols are left out.
 * (https://www.electronjs.org/docs/latest/api/context-bridge, "Parameter / Error / Return Type support")
 */
function makeBridge(channel: string, me: string, other: string) {
  const own = new Map<number, (...args: unknown[]) => unknown>();
  const promises = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let count = 0;
  let returned: unknown;
  const emit = (name: string, detail: unknown) =>
    window.dispatchEvent(new CustomEvent(`${channel}-${name}`, { detail }));
  function encode(value: unknown): unknown {
    if (typeof value === 'function') {
      own.set(++count, value as () => unknown);
      return { $function: count };
    }
    if (typeof value === 'symbol') return undefined;
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Promise) {
      const id = ++count;
      value.then(
        (result) => emit(`${other}-settle`, { id, result: encode(result) }),
        (error: unknown) =>
          emit(`${other}-settle`, { id, error: error instanceof Error ? error.message : String(error) }),
      );
      return { $promise: id };
    }
    if (Array.isArray(value)) return value.map(encode);
    if (value instanceof Error) return { $error: value.message };
    if (value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encode(each)]));
  }
  function decode(value: unknown): unknown {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(decode);
    if (value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
    const { $function, $promise, $error } = value as Record<string, number & string>;
    if ($function !== undefined) return (...args: unknown[]) => call($function, args);
    if ($promise !== undefined) {
      return new Promise((resolve, reject) => promises.set($promise, { resolve, reject }));
    }
    if ($error !== undefined) return new Error($error);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decode(each)]));
  }
  function call(id: number, args: unknown[]): unknown {
    returned = undefined;
    emit(`${other}-call`, { id, args: args.map(encode) });
    const answer = returned as { value?: unknown; error?: string } | undefined;
    if (answer?.error !== undefined) throw new Error(answer.error);
    return decode(answer?.value);
  }
  const listen = (name: string, handler: (detail: never) => void) =>
    window.addEventListener(`${channel}-${name}`, (event) => handler((event as CustomEvent).detail as never));
  listen(`${me}-call`, ({ id, args }: { id: number; args: unknown[] }) => {
    try {
      emit(`${other}-return`, { value: encode(own.get(id)?.(...args.map(decode))) });
    } catch (error) {
      emit(`${other}-return`, { error: error instanceof Error ? error.message : String(error) });
    }
  });
  listen(`${me}-return`, (detail: unknown) => (returned = detail));
  listen(`${me}-settle`, ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const promise = promises.get(id);
    promises.delete(id);
    if (error === undefined) promise?.resolve(decode(result));
    else promise?.reject(new Error(error));
  });
  return { encode, decode, emit, listen };
}

/** The page's end: takes what the preload exposes, once, before any script of the page. */
function pageWorld(channel: string) {
  const bridge = makeBridge(channel, 'page', 'preload');
  bridge.listen('expose', ({ name, value }: { name: string; value: unknown }) => {
    Object.defineProperty(window, name, { value: Object.freeze(bridge.decode(value)), enumerable: true });
  });
}

type Listener = (event: unknown, ...args: unknown[]) => void;

/** The preload's world: `require` knows electron and nothing else, as in a sandboxed renderer. */
function preloadWorld(channel: string, binding: string, preload: string, platform: string) {
  const bridge = makeBridge(channel, 'preload', 'page');
  const listeners = new Map<string, Listener[]>();
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastCall = 0;
  const post = (message: Record<string, unknown>) => {
    // what cannot be cloned is refused where it is sent, with DataCloneError (docs, ipcRenderer.send)
    structuredClone(message);
    (globalThis as unknown as Record<string, (text: string) => void>)[binding](JSON.stringify(message));
  };
  const on = (name: string, listener: Listener) =>
    void listeners.set(name, [...(listeners.get(name) ?? []), listener]);
  const off = (name: string, listener: Listener) =>
    void listeners.set(
      name,
      (listeners.get(name) ?? []).filter((each) => each !== listener),
    );
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, value: unknown) =>
        bridge.emit('expose', { name, value: bridge.encode(value) }),
    },
    ipcRenderer: {
      on,
      off,
      send: (name: string, ...args: unknown[]) => post({ kind: 'send', name, args }),
      invoke: (name: string, ...args: unknown[]) =>
        new Promise((resolve, reject) => {
          const call = ++lastCall;
          calls.set(call, { resolve, reject });
          post({ kind: 'invoke', name, call, args });
        }),
    },
    webUtils: {
      // the stand-in's debugger is asked for the path at this statement, as it knows which file is behind a File:
      // one made by a page has none (https://www.electronjs.org/docs/latest/api/web-utils)
      getPathForFile(file: File): string {
        const answer = { path: '', file };
        debugger;
        return answer.path;
      },
    },
  };
  Object.defineProperty(globalThis, '__standInDeliver', {
    value: (message: { name?: string; args?: unknown[]; call?: number; value?: unknown; error?: string }) => {
      if (message.call === undefined) {
        for (const listener of listeners.get(message.name ?? '') ?? []) listener({}, ...(message.args ?? []));
        return;
      }
      const call = calls.get(message.call);
      calls.delete(message.call);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(message.error));
    },
  });
  const require = (name: string) => {
    if (name === 'electron') return electron;
    throw new Error(`module not found: ${name}`);
  };
  // as Electron does: a script in a function of these names
  new Function('require', 'process', 'exports', 'module', preload)(require, { platform }, {}, {});
}

/** Both scripts for one window. */
export function worldScripts(channel: string, preload: string): { page: string; isolated: string } {
  const text = (run: (...args: never[]) => void, ...args: string[]) =>
    `(() => { ${String(makeBridge)}; (${String(run)})(${args.map((arg) => JSON.stringify(arg)).join(', ')}); })()`;
  return {
    page: text(pageWorld, channel),
    isolated: text(preloadWorld, channel, BINDING, preload, process.platform),
  };
}
