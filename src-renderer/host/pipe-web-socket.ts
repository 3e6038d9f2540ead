/** A WebSocket whose other end is Electron's main process, so that tRPC speaks one protocol in both hosts. */
import type { ElectronBridge } from './bridge.ts';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

type Handler<E extends Event> = ((this: WebSocket, event: E) => unknown) | null;

/** @returns a class to give to tRPC in place of WebSocket */
export function pipeWebSocket(bridge: ElectronBridge): typeof WebSocket {
  return class PipeWebSocket extends EventTarget implements WebSocket {
    static readonly CONNECTING = CONNECTING;
    static readonly OPEN = OPEN;
    static readonly CLOSING = 2;
    static readonly CLOSED = CLOSED;
    readonly CONNECTING = CONNECTING;
    readonly OPEN = OPEN;
    readonly CLOSING = 2;
    readonly CLOSED = CLOSED;
    readonly url: string;
    readonly protocol = '';
    readonly extensions = '';
    readonly bufferedAmount = 0;
    binaryType: BinaryType = 'arraybuffer';
    readyState: 0 | 1 | 2 | 3 = CONNECTING;
    onopen: Handler<Event> = null;
    onclose: Handler<CloseEvent> = null;
    onerror: Handler<Event> = null;
    onmessage: Handler<MessageEvent> = null;
    private readonly pipe: ReturnType<ElectronBridge['openPipe']>;

    constructor(url: string | URL) {
      super();
      this.url = String(url);
      this.pipe = bridge.openPipe(
        () => {
          this.readyState = OPEN;
          this.dispatchEvent(new Event('open'));
        },
        (text) => this.dispatchEvent(new MessageEvent('message', { data: text })),
        () => this.ended(),
      );
    }

    send(data: string | BufferSource | Blob): void {
      this.pipe.send(String(data));
    }

    close(): void {
      if (this.readyState === CLOSED) return;
      this.pipe.close();
      this.ended();
    }

    private ended(): void {
      this.readyState = CLOSED;
      this.dispatchEvent(new CloseEvent('close', { code: 1000 }));
    }
  };
}
