/** Where bonds are found: small systems at once, large ones in a worker so that the window never stalls. */
import { findBonds, type BondList, type BondSearchInput } from './bond-search.ts';
import type { BondAnswer, BondRequest } from './bond-worker.ts';

/** Below this many atoms the search takes a few milliseconds and is done in place. */
const IN_PLACE_ATOMS = 3000;

interface Waiting {
  readonly input: BondSearchInput;
  resolve(bonds: BondList | undefined): void;
  reject(error: Error): void;
}

/**
 * Finds bonds. One search runs in the worker at a time; of the requests that come meanwhile only the newest is kept,
 * so that a trajectory that plays faster than the search gets the bonds of some of its frames instead of none.
 */
export class BondFinder {
  private worker: Worker | undefined;
  private running: Waiting | undefined;
  private next: Waiting | undefined;
  private count = 0;

  /** Bonds, or undefined when a newer request took this one's place. */
  find(input: BondSearchInput): Promise<BondList | undefined> {
    if (input.kinds.length <= IN_PLACE_ATOMS) return Promise.resolve(input).then(findBonds);
    return new Promise((resolve, reject) => {
      const request: Waiting = { input, resolve, reject };
      if (this.running) {
        this.next?.resolve(undefined);
        this.next = request;
      } else this.send(request);
    });
  }

  dispose(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.running?.resolve(undefined);
    this.next?.resolve(undefined);
    this.running = this.next = undefined;
  }

  private send(request: Waiting): void {
    this.running = request;
    const message: BondRequest = { id: ++this.count, input: request.input };
    this.start().postMessage(message);
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./bond-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<BondAnswer>) => {
      const { bonds, error } = event.data;
      if (error === undefined) this.running?.resolve(bonds);
      else this.running?.reject(new Error(error));
      this.proceed();
    };
    worker.onerror = (event) => {
      this.running?.reject(new Error(event.message || 'The search for bonds stopped.'));
      this.proceed();
    };
    this.worker = worker;
    return worker;
  }

  private proceed(): void {
    const { next } = this;
    this.running = this.next = undefined;
    if (next) this.send(next);
  }
}
