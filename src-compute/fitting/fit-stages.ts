/** Stages of a moment tensor fit: which basis on which part of the data, and what a pass of it costs. */
import { generateMomentGraph } from '../potentials/moment-tensor/basis.ts';
import { basicCount, productCount, type MomentGraph } from '../potentials/moment-tensor/model.ts';
import { slotsOf, TRAINING_GROUPS, VALIDATION_GROUP, type MomentTensorFitSettings } from './fit-settings.ts';
import type { RadialShape } from './radial-start.ts';

/** Early stages use at least this many atoms, as far as the data has them. */
const SEARCH_ATOMS = 4000;
export const SEARCH_LEVEL = 12;
/** Iterations of each round of the race between starting points. */
export const RACE_ITERATIONS = [7, 12, 12];
export const CLIMB_ITERATIONS = 8;
export const LEVEL_STEP = 4;
/** Iterations that the last stage usually takes, for the estimate. */
const USUAL_ITERATIONS = 25;

/** What a fit knows of its data. */
export interface FitData {
  readonly atoms: number;
  readonly hasValidation: boolean;
}

export interface Stage {
  readonly level: number;
  readonly graph: MomentGraph;
  readonly shape: RadialShape;
  /** Slot of each group in this stage: 0 training, 1 validation, −1 not seen. */
  readonly slots: Int32Array;
  /** Part of the data that a pass sees. */
  readonly share: number;
}

/** The stage of a level on a share of the training groups; validation takes part when all of them do. */
export function makeStage(
  settings: MomentTensorFitSettings,
  data: FitData,
  level: number,
  share: number,
): Stage {
  const { maximumBodyOrder, maximumRank, species, radialBasisSize } = settings;
  const graph = generateMomentGraph({ level, maximumBodyOrder, maximumRank });
  const used = Math.max(1, Math.round(share * TRAINING_GROUPS));
  const slots = slotsOf((group) => {
    if (group === VALIDATION_GROUP) return share >= 1 && data.hasValidation ? 1 : -1;
    return group < used ? 0 : -1;
  });
  const shape = { species: species.length, functions: graph.radialFunctionCount, size: radialBasisSize };
  return { level, graph, shape, slots, share: used / TRAINING_GROUPS };
}

/** Share of the data that early stages see. */
export function searchShare(data: FitData): number {
  return Math.min(0.5, Math.max(1 / TRAINING_GROUPS, SEARCH_ATOMS / data.atoms));
}

/** Work of all stages in the units of passCost; iterations are the usual ones, not the most. */
export function estimateCost(
  settings: MomentTensorFitSettings,
  data: FitData,
  last: Stage,
  direct: boolean,
): number {
  const finish = passCost(last, 1, false);
  if (settings.linear) return finish;
  const polish = passCost(last, 1, true) * Math.min(settings.maximumIterations, USUAL_ITERATIONS);
  if (direct) return polish + finish;
  const share = searchShare(data);
  let total = 0;
  for (let level = Math.min(SEARCH_LEVEL, last.level); ; level = Math.min(level + LEVEL_STEP, last.level)) {
    const stage = makeStage(settings, data, level, share);
    const iterations = level <= SEARCH_LEVEL ? raceIterations(settings.starts) : CLIMB_ITERATIONS;
    total += passCost(stage, share, true) * iterations;
    if (level === last.level) break;
  }
  return total + polish + finish;
}

/** Passes of the whole race: every round's iterations and two passes to begin with. */
function raceIterations(starts: number): number {
  let total = 0;
  for (const iterations of RACE_ITERATIONS) {
    total += starts * (iterations + 2);
    starts = Math.ceil(starts / 3);
  }
  return total;
}

/** Relative cost of a pass: tangents of the products, radial derivatives, the Gram matrix. */
export function passCost(stage: Stage, share: number, radial: boolean): number {
  const columns =
    stage.graph.scalarMoments.length +
    (radial ? stage.shape.species ** 2 * stage.shape.functions * stage.shape.size : 0);
  const tangents = productCount(stage.graph) * (radial ? 3 : 1);
  const contraction = radial ? (basicCount(stage.graph) * stage.shape.size * stage.shape.species) / 2 : 0;
  return share * (tangents + contraction + 6 * columns + columns ** 2 / 60);
}
