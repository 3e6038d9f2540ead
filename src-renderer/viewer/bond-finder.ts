/** Where bonds are found: small systems at once, large ones in a worker so that the window never stalls. */
import { findBonds, type BondList, type BondSearchInput } from './bond-search.ts';
import type { BondAnswer, BondRequest } from './bond-worker.ts';

/** Below this many atoms the search takes a few milliseconds and is done in place. */
const IN_PLACE_ATOMS = 3000;

/** Finds bonds; of several requests only the newest is answered, the others resolve to undefined. */
export class BondFinder {
  private worker: Worker | undefined;
  private newest = 0;
  private waiting = new Map<number, (answer: BondAnswer) => void>();
  private disposed = false;

  async find(input: BondSearchInput): Promise<BondList | undefined> {
    const id = ++this.newest;
    if (input.kinds.length <= IN_PLACE_ATOMS) return findBonds(input);
    const answer = await new Promise<BondAnswer>((resolve) => {
      // a worker busy with an older request is stopped rather than waited for
      if (this.waiting.size > 0) this.stop();
      this.waiting.set(id, resolve);
      const request: BondRequest = { id, input };
      this.start().postMessage(request);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return id === this.newest && !this.disposed ? answer.bonds : undefined;
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./bond-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<BondAnswer>) => {
      this.waiting.get(event.data.id)?.(event.data);
      this.waiting.delete(event.data.id);
    };
    worker.onerror = (event) => {
      for (const [id, resolve] of this.waiting) resolve({ id, error: event.message });
      this.waiting.clear();
    };
    this.worker = worker;
    return worker;
  }

  private stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const [id, resolve] of this.waiting) resolve({ id });
    this.waiting.clear();
  }
}
