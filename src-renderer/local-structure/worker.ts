/** Measures atoms away from the window's thread. One question, one answer; arrays are transferred back. */
import { firstShell } from '../../src-compute/analysis/local-structure.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { measureAtoms, type LocalMeasure } from './measures.ts';

export interface LocalQuestion {
  readonly id: number;
  readonly atoms: Configuration;
  /** 'first-shell' asks for the distance that holds the nearest neighbours. */
  readonly measure: LocalMeasure | 'first-shell';
  /** Å */
  readonly within: number;
}

export interface LocalAnswer {
  readonly id: number;
  readonly values?: Float32Array<ArrayBuffer>;
  readonly error?: string;
}

self.onmessage = (event: MessageEvent<LocalQuestion>) => {
  const { id, atoms, measure, within } = event.data;
  try {
    const values =
      measure === 'first-shell'
        ? Float32Array.of(firstShell(atoms))
        : Float32Array.from(measureAtoms(measure, atoms, within));
    const answer: LocalAnswer = { id, values };
    self.postMessage(answer, { transfer: [values.buffer] });
  } catch (error) {
    const answer: LocalAnswer = { id, error: error instanceof Error ? error.message : String(error) };
    self.postMessage(answer);
  }
};
