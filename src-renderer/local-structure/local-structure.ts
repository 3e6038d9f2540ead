/** Asks the worker how the neighbours of atoms are arranged. */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import type { LocalMeasure } from './measures.ts';
import type { LocalAnswer, LocalQuestion } from './worker.ts';

interface Waiting {
  resolve(values: Float32Array): void;
  reject(error: Error): void;
}

export class LocalStructure {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  /** A measure of every atom. @param within neighbours up to this distance, Å */
  measure(measure: LocalMeasure, atoms: Configuration, within: number): Promise<Float32Array> {
    return this.ask({ measure, atoms, within });
  }

  /** The distance that holds the nearest neighbours, Å. */
  async firstShell(atoms: Configuration): Promise<number> {
    const [distance] = await this.ask({ measure: 'first-shell', atoms, within: 0 });
    return distance;
  }

  dispose(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const { reject } of this.waiting.values()) reject(new Error('No longer needed.'));
    this.waiting.clear();
  }

  private ask(question: Omit<LocalQuestion, 'id'>): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      const id = ++this.count;
      this.waiting.set(id, { resolve, reject });
      this.start().postMessage({ id, ...question } satisfies LocalQuestion);
    });
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data: { id, values, error } }: MessageEvent<LocalAnswer>) => {
      const asked = this.waiting.get(id);
      this.waiting.delete(id);
      if (values) asked?.resolve(values);
      else asked?.reject(new Error(error ?? 'The atoms could not be measured.'));
    };
    worker.onerror = (event) => {
      for (const { reject } of this.waiting.values())
        reject(new Error(event.message || 'The atoms could not be measured.'));
      this.waiting.clear();
    };
    this.worker = worker;
    return worker;
  }
}
