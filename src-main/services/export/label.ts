/** Labels structures with energies, forces and virials of a classical LAMMPS potential. */
import { isElement } from '../../../src-compute/structure/elements.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  classicalInteraction,
  findLammps,
  lammpsSinglePoints,
  type RunOptions,
} from '../../engines/lammps/index.ts';

export interface LabelRequest {
  readonly configurations: readonly Configuration[];
  /** What follows pair_style. */
  readonly pairStyle: string;
  /** What follows each pair_coeff. */
  readonly pairCoefficients: readonly string[];
  /** Elements of the LAMMPS types in order; where absent, those that pair_coeff names, else as they appear. */
  readonly species?: readonly string[];
  /** Folder in which files named in pair_coeff are sought. */
  readonly folder: string;
  readonly lammps?: string;
  readonly run?: RunOptions;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LabelResult {
  readonly configurations: readonly Configuration[];
  readonly lammps: string;
  readonly species: readonly string[];
}

/** @throws LammpsError, PotentialError for elements without a type, CancelledError */
export async function labelWithLammps(request: LabelRequest): Promise<LabelResult> {
  const program = await findLammps(request.lammps);
  const species =
    request.species ?? namedSpecies(request.pairCoefficients) ?? presentSpecies(request.configurations);
  const { pairStyle, pairCoefficients, folder } = request;
  const interaction = classicalInteraction(pairStyle, pairCoefficients, species, folder);
  const labels = await lammpsSinglePoints(program, interaction, request.configurations, {
    ...request.run,
    onProgress: request.onProgress,
  });
  const configurations = request.configurations.map((configuration, k): Configuration => {
    const { energy, forces, virial, atomEnergies } = labels[k];
    const bulk = configuration.periodic.every(Boolean);
    const info = { ...configuration.info, reference: `LAMMPS ${program.version}, pair_style ${pairStyle}` };
    return { ...configuration, energy, forces, atomEnergies, virial: bulk ? virial : undefined, info };
  });
  return { configurations, lammps: program.version, species };
}

/** Elements at the end of '* * Si.sw Si': LAMMPS' own list of what the types are. */
function namedSpecies(coefficients: readonly string[]): string[] | undefined {
  const line = coefficients.find((text) => /^\s*\*\s+\*\s/.test(text));
  const words = line?.trim().split(/\s+/).slice(2) ?? [];
  const first = words.findLastIndex((word) => !isElement(word)) + 1;
  return first < words.length ? words.slice(first) : undefined;
}

function presentSpecies(configurations: readonly Configuration[]): string[] {
  const present = new Set<string>();
  for (const { symbols, kinds } of configurations)
    for (const kind of new Set(kinds)) present.add(symbols[kind]);
  return [...present];
}
