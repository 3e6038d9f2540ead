/**
 * Making structures by what their environments are: diverse ones (entropy and novelty), or ones that represent a target
 * (moments of its descriptors). One after the other; each is made with those before it in view.
 */
import { CancelledError, StructureError } from '../../../errors.ts';
import { Random } from '../../../sampling/random.ts';
import { atomCount, type Configuration } from '../../../structure/configuration.ts';
import { selectRows, stack, type Descriptor, type DescriptorMatrix } from '../../descriptors/descriptor.ts';
import { standardise, standardisationOf, type Standardisation } from '../../descriptors/standardise.ts';
import { medianBandwidth } from '../bandwidth.ts';
import { CORE_DEFAULTS, type CoreSettings } from './core-repulsion.ts';
import { driveStructure, type DriveSettings } from './drive.ts';
import { DescriptorField } from './field.ts';
import { randomStructure, type RandomStructureSettings } from './random-start.ts';
import { relax } from './relaxation.ts';
import {
  addToPowerSums,
  entropyTerm,
  momentsOf,
  noveltyTerm,
  powerSums,
  representativeTerm,
  type FieldTerm,
  type PowerSums,
  type RepresentativeSettings,
} from './terms.ts';

/** Reference environments that the novelty term looks at, at most; more are thinned out evenly. */
const MOST_REFERENCES = 3000;

export interface GenerateRequest extends RandomStructureSettings {
  readonly count: number;
  readonly descriptor: Descriptor;
  readonly drive: DriveSettings;
  readonly core?: CoreSettings;
  readonly seed: number;
  /** Kernel width; by the median rule over the random starts when absent. */
  readonly bandwidth?: number;
  readonly goal:
    | {
        readonly kind: 'entropy';
        /** K of the structure's own entropy, eV per atom and nat; negative drives towards order. */
        readonly entropy: number;
        /** K of the novelty against references and earlier structures. */
        readonly novelty: number;
        /** Environments to differ from; earlier structures join them. */
        readonly references?: DescriptorMatrix;
      }
    | {
        readonly kind: 'representative';
        readonly settings: RepresentativeSettings;
        /** Environments whose moments are to be matched. */
        readonly target: DescriptorMatrix;
      };
}

export interface GeneratedStructure {
  readonly configuration: Configuration;
  /** Energy in the field, eV: core and terms. */
  readonly fieldEnergy: number;
}

export interface GenerateProgress {
  readonly signal?: AbortSignal;
  /** Structures done so far and to be done; a set that is gone through twice counts twice. */
  readonly onStructure?: (structure: GeneratedStructure, done: number, all: number) => void;
}

export interface Generated {
  readonly structures: readonly GeneratedStructure[];
  readonly bandwidth: number;
}

/**
 * Makes structures.
 * @throws StructureError for impossible compositions, volumes and targets; CancelledError
 */
export async function generateStructures(
  request: GenerateRequest,
  progress: GenerateProgress = {},
): Promise<Generated> {
  const { descriptor, goal, count } = request;
  if (!Number.isInteger(count) || count < 1)
    throw new StructureError('At least one structure must be asked for.');
  if (goal.kind === 'representative' && goal.target.rows === 0) {
    throw new StructureError('The target of representative structures has no environments.');
  }
  const random = new Random(request.seed);
  const starts: Configuration[] = [];
  for (let k = 0; k < count; k++) {
    if (progress.signal?.aborted) throw new CancelledError();
    starts.push(await partAtoms(randomStructure(request, random), request));
  }
  const raw = stack(
    starts.map((start) => descriptor.compute(start)),
    descriptor.dimension,
  );
  const rule = standardisationFor(request, raw);
  const inUnits = (matrix: DescriptorMatrix) => (rule ? standardise(matrix, rule) : matrix);
  const bandwidth = request.bandwidth ?? medianBandwidth(inUnits(raw));
  const memory = new Memory(descriptor.dimension);
  if (goal.kind === 'entropy' && goal.references) memory.add(inUnits(goal.references));
  const structures: GeneratedStructure[] = [];
  const make = async (start: Configuration, drive: DriveSettings): Promise<GeneratedStructure> => {
    const terms = termsFor(request, bandwidth, memory, inUnits);
    const field = new DescriptorField(start, {
      descriptor,
      standardisation: rule,
      core: request.core,
      terms,
    });
    try {
      const made = await driveStructure(start, field, drive, random, progress.signal);
      memory.add(inUnits(descriptor.compute(made.configuration)));
      return { configuration: made.configuration, fieldEnergy: made.energy };
    } catch (error) {
      if (progress.signal?.aborted) throw new CancelledError();
      throw error;
    }
  };
  const drive = { ...request.drive, volume: request.volume };
  // the first of a set are made without knowing what will come: once more, with all others in view
  const again = goal.kind === 'representative' && count > 1 && drive.hops > 0;
  const all = again ? 2 * count : count;
  for (const [index, start] of starts.entries()) {
    structures.push(await make(start, drive));
    progress.onStructure?.(structures[index], index + 1, all);
  }
  for (let index = 0; again && index < count; index++) {
    memory.removeFirst();
    structures[index] = await make(structures[index].configuration, { ...drive, drive: 'minimise' });
    progress.onStructure?.(structures[index], count + index + 1, all);
  }
  return { structures, bandwidth };
}

/** Relaxes overlapping random atoms apart, in the core alone. */
async function partAtoms(start: Configuration, request: GenerateRequest): Promise<Configuration> {
  const field = new DescriptorField(start, {
    descriptor: NO_DESCRIPTOR,
    core: request.core ?? CORE_DEFAULTS,
    terms: [],
  });
  const relaxed = await relax(field, start.positions, start.cell, {
    steps: 150,
    forceTolerance: 0.05,
    largestMove: 0.2,
  });
  return { ...start, positions: relaxed.positions };
}

/** Nothing to describe: the core alone. */
const NO_DESCRIPTOR: Descriptor = {
  name: 'none',
  dimension: 0,
  cutoff: 0,
  needsStandardisation: false,
  seesElements: true,
  key: 'none',
  compute: (configuration) => ({ values: new Float64Array(0), rows: atomCount(configuration), dimension: 0 }),
  pullback: (configuration) => ({
    gradient: new Float64Array(3 * atomCount(configuration)),
    strainGradient: new Float64Array(9),
  }),
};

/**
 * Units in which the terms see descriptors. Moments are compared in deviations of target and random starts together:
 * in the target's own, the higher moments of a random structure would be all that counts. A descriptor whose numbers
 * are all of one kind keeps their proportions: one common unit.
 */
function standardisationFor(
  { descriptor, goal }: GenerateRequest,
  starts: DescriptorMatrix,
): Standardisation | undefined {
  if (goal.kind === 'entropy') {
    return descriptor.needsStandardisation ? standardisationOf(goal.references ?? starts) : undefined;
  }
  const { mean, scale } = standardisationOf(stack([goal.target, starts], descriptor.dimension));
  if (descriptor.needsStandardisation) return { mean, scale };
  const squares = scale.reduce((sum, x) => sum + (x === 1 ? 0 : x * x), 0);
  return {
    mean,
    scale: new Float64Array(mean.length).fill(squares > 0 ? Math.sqrt(squares / mean.length) : 1),
  };
}

function termsFor(
  { goal }: GenerateRequest,
  bandwidth: number,
  memory: Memory,
  inUnits: (matrix: DescriptorMatrix) => DescriptorMatrix,
): FieldTerm[] {
  if (goal.kind === 'representative') {
    const target = powerSums(memory.dimension);
    addToPowerSums(target, inUnits(goal.target));
    return [representativeTerm(goal.settings, momentsOf(target), memory.sums)];
  }
  const terms: FieldTerm[] = [];
  if (goal.entropy !== 0) terms.push(entropyTerm(goal.entropy, bandwidth));
  const references = memory.references();
  if (goal.novelty !== 0 && references.rows > 0) terms.push(noveltyTerm(goal.novelty, bandwidth, references));
  return terms;
}

/** Environments that were there before: as rows for novelty, as power sums for moments. */
class Memory {
  readonly dimension: number;
  readonly sums: PowerSums;
  private readonly matrices: DescriptorMatrix[] = [];

  constructor(dimension: number) {
    this.dimension = dimension;
    this.sums = powerSums(dimension);
  }

  add(matrix: DescriptorMatrix): void {
    this.matrices.push(matrix);
    addToPowerSums(this.sums, matrix);
  }

  /** Takes away what was added first and not taken away yet. */
  removeFirst(): void {
    const matrix = this.matrices.shift();
    if (matrix) addToPowerSums(this.sums, matrix, -1);
  }

  references(): DescriptorMatrix {
    const all = stack(this.matrices, this.dimension);
    if (all.rows <= MOST_REFERENCES) return all;
    const step = all.rows / MOST_REFERENCES;
    return selectRows(
      all,
      Int32Array.from({ length: MOST_REFERENCES }, (_, k) => Math.floor(k * step)),
    );
  }
}
