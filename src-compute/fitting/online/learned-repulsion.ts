/**
 * Where a model that learns while a run goes on hands over to the repulsion of bare nuclei: below the shortest distance of
 * every pair of elements that it has been shown so far. A closer frame that joins moves the hand-over inwards; on all
 * frames that were learned, radial functions and repulsion are what they are without it.
 */
import type { Handover } from '../../potentials/handover.ts';
import type { PairFunction } from '../../potentials/pair/pair-function.ts';
import { zblFunctions, type ZblModel } from '../../potentials/pair/zbl.ts';
import { isElement } from '../../structure/elements.ts';
import { repulsionRadii } from '../repulsion/radii.ts';

/** A radius at which no two atoms meet: what is not known is not handed over. */
const NEVER = 1e-9;

export class LearnedRepulsion {
  /** Shortest distances that were shown, species × species, Å; NaN where a stored state did not say. */
  readonly shortest: Float64Array;
  /** Changed in place when frames join: who keeps it sees the present radii. */
  readonly handover: Handover;
  /** Counts changes of the radii. */
  version = 0;
  /** Absent where the elements or the distances are not known. */
  zbl: ZblModel | undefined;
  /** φ by zi·S + zj. */
  functions: readonly PairFunction[] = [];
  private readonly species: readonly string[];
  private readonly cutoff: number;
  private readonly known: boolean;

  /** @param cutoff of the learnt part, Å */
  constructor(species: readonly string[], cutoff: number) {
    const pairs = species.length ** 2;
    this.species = species;
    this.cutoff = cutoff;
    this.known = species.every(isElement);
    this.shortest = new Float64Array(pairs).fill(Infinity);
    const never = () => new Float64Array(pairs).fill(NEVER);
    this.handover = { inner: never(), outer: never() };
    this.update();
  }

  /**
   * Takes shorter distances over.
   * @returns whether one of them lies where the radii were: what was computed with these is no longer good
   */
  lower(distances: Float64Array): boolean {
    let [changed, reached] = [false, false];
    distances.forEach((distance, pair) => {
      if (!(distance < this.shortest[pair])) return;
      reached ||= distance < this.handover.outer[pair];
      this.shortest[pair] = distance;
      changed = true;
    });
    if (changed) this.update();
    return reached;
  }

  /** Distances of a stored state. */
  restore(shortest: Float64Array): void {
    this.shortest.set(shortest);
    this.update();
  }

  private update(): void {
    if (!this.known || this.shortest.some(Number.isNaN)) {
      this.zbl = undefined;
      this.functions = [];
      this.handover.inner.fill(NEVER);
      this.handover.outer.fill(NEVER);
    } else {
      const { handover, zbl } = repulsionRadii(this.species, this.shortest, this.cutoff);
      this.zbl = zbl;
      this.functions = zblFunctions(zbl);
      this.handover.inner.set(handover.inner);
      this.handover.outer.set(handover.outer);
    }
    this.version++;
  }
}
