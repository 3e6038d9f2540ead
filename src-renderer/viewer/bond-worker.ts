/** Finds bonds away from the window's thread; see bond-search.ts. One request, one answer, arrays transferred back. */
import { findBonds, type BondList, type BondSearchInput } from './bond-search.ts';

export interface BondRequest {
  readonly id: number;
  readonly input: BondSearchInput;
}

export interface BondAnswer {
  readonly id: number;
  readonly bonds?: BondList;
  readonly error?: string;
}

self.onmessage = (event: MessageEvent<BondRequest>) => {
  const { id, input } = event.data;
  try {
    const bonds = findBonds(input);
    const answer: BondAnswer = { id, bonds };
    self.postMessage(answer, {
      transfer: [bonds.first.buffer, bonds.second.buffer, bonds.shifts.buffer],
    });
  } catch (error) {
    const answer: BondAnswer = { id, error: error instanceof Error ? error.message : String(error) };
    self.postMessage(answer);
  }
};
