/**
 * Looks now and then whether the atoms of a run are closer than the data of its potential: a hundred times over the run, at
 * its end, and no more often than at every tenth step, so that it costs next to nothing beside the forces.
 */
import {
  closePairFinder,
  closePairSentence,
  type ClosePair,
} from '../../../src-compute/potentials/distances.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

const LOOKS = 100;
const LEAST_INTERVAL = 10;

export interface SeenPair extends ClosePair {
  readonly step: number;
}

export class CloseWatch {
  /** The closest pair, in parts of its limit, of all that were seen. */
  closest: SeenPair | undefined;
  private readonly find: ReturnType<typeof closePairFinder>;
  private readonly structure: Configuration;
  private readonly every: number;
  private readonly steps: number;
  private next = 0;
  private readonly unit: string;
  private readonly onFirst: ((sentence: string) => void) | undefined;

  /**
   * @param structure symbols, kinds and periodicity of the run
   * @param onFirst takes a sentence when a close pair is seen for the first time
   * @param unit what is counted: steps, or trajectories of hybrid Monte Carlo
   */
  constructor(
    model: PotentialModelBase,
    structure: Configuration,
    steps: number,
    onFirst?: (sentence: string) => void,
    unit: 'step' | 'trajectory' = 'step',
  ) {
    this.find = closePairFinder(model);
    this.structure = structure;
    this.steps = steps;
    this.every = Math.max(LEAST_INTERVAL, Math.ceil(steps / LOOKS));
    this.onFirst = onFirst;
    this.unit = unit;
  }

  /** Counts from the start again, for the next chain; what was seen stays. */
  begin(): void {
    this.next = 0;
  }

  /** @param system positions and cell at this step */
  look(step: number, { positions, cell }: Pick<Configuration, 'positions' | 'cell'>): void {
    if (!this.find || (step < this.next && step !== this.steps)) return;
    this.next = step + this.every;
    const found = this.find({ ...this.structure, positions, cell });
    if (!found) return;
    const isFirst = this.closest === undefined;
    const before = this.closest;
    if (before && found.distance / found.limit >= before.distance / before.limit) return;
    this.closest = { ...found, step };
    if (isFirst) this.onFirst?.(`At ${this.unit} ${step}: ${closePairSentence(found)}`);
  }

  /** What was seen, for the end of a run; undefined when all atoms kept their distance. */
  get sentence(): string | undefined {
    const { closest } = this;
    return (
      closest &&
      `This run left the distances of its potential's data, closest at ${this.unit} ${closest.step}: ${closePairSentence(closest)}`
    );
  }
}
