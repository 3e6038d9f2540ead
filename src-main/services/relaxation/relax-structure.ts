/** Relaxation of one structure as a user asks for it: in words, with the symmetry found and the result judged. */
import { z } from 'zod';
import { SimulationError } from '../../../src-compute/errors.ts';
import type { ForceEngine } from '../../../src-compute/potentials/potential.ts';
import {
  FULL_CELL,
  relax,
  RELAXATION_METHODS,
  type RelaxationResult,
  type RelaxationSettings,
} from '../../../src-compute/relaxation/index.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { crystalSymmetry } from '../symmetry/crystal-symmetry.ts';

/** Components of the cell's strain, and where they lie in D. */
const STRAINS = {
  xx: [0],
  yy: [4],
  zz: [8],
  yz: [5, 7],
  xz: [2, 6],
  xy: [1, 3],
} as const;

const isStrain = (name: string): name is keyof typeof STRAINS => Object.hasOwn(STRAINS, name);

/** Settings of a relaxation, for commands and forms. */
export const relaxationFields = {
  cell: z
    .string()
    .default('fixed')
    .describe('the cell: fixed, isotropic, full, or the strains that are free, such as xx,yy,xy'),
  pressure: z.number().min(-1000).max(10000).default(0).describe('GPa, for cells that change'),
  tolerance: z
    .number()
    .min(1e-12)
    .max(10)
    .default(1e-4)
    .describe('largest force at the end, eV/Å; also of (W − PV)/N in eV'),
  steps: z.number().int().min(1).max(1_000_000).default(2000).describe('steps at most'),
  method: z.enum(RELAXATION_METHODS).default('lbfgs').describe('the way to the minimum'),
  keepSymmetry: z
    .boolean()
    .default(false)
    .describe('keep the space group that the structure has at the start'),
};
export const relaxationRequest = z.object(relaxationFields);
export type RelaxationRequest = z.output<typeof relaxationRequest>;

/**
 * What may move of the cell.
 * @throws SimulationError for words that are none
 */
export function cellFreedom(words: string): RelaxationSettings['cell'] {
  if (words === 'fixed') return undefined;
  if (words === 'isotropic' || words === 'iso') return 'isotropic';
  if (words === 'full') return FULL_CELL;
  const free = new Array<boolean>(9).fill(false);
  for (const name of words.split(',').map((part) => part.trim().toLowerCase())) {
    if (!isStrain(name)) {
      throw new SimulationError(`The cell cannot be "${words}".`, {
        remedy: `Use fixed, isotropic, full, or some of ${Object.keys(STRAINS).join(', ')}, separated by commas.`,
      });
    }
    for (const place of STRAINS[name]) free[place] = true;
  }
  return free;
}

export interface RelaxStructureOptions extends Pick<RelaxationSettings, 'fixed' | 'signal' | 'onStep'> {
  readonly request: RelaxationRequest;
}

/**
 * Relaxes a structure.
 * @throws SimulationError when the request does not fit the structure
 */
export async function relaxStructure(
  structure: Configuration,
  engine: ForceEngine,
  { request, fixed, signal, onStep }: RelaxStructureOptions,
): Promise<RelaxationResult & { readonly symmetry?: string }> {
  const cell = cellFreedom(request.cell);
  if (cell !== undefined && !structure.periodic.every(Boolean)) {
    throw new SimulationError(
      'A cell that changes needs a structure that is periodic in all three directions.',
      {
        remedy: 'Relax the atoms alone: the cell stays fixed.',
      },
    );
  }
  if (fixed && cell !== undefined) {
    throw new SimulationError('Atoms that stay where they are and a cell that changes exclude each other.', {
      remedy: 'Keep the cell fixed, or let all atoms move.',
    });
  }
  const symmetry = request.keepSymmetry ? crystalSymmetry(structure) : undefined;
  const result = await relax(structure, engine, {
    cell,
    fixed,
    signal,
    onStep,
    method: request.method,
    pressure: request.pressure,
    tolerance: request.tolerance,
    steps: request.steps,
    symmetry: symmetry?.operations,
  });
  return symmetry ? { ...result, symmetry: `${symmetry.symbol} (${symmetry.number})` } : result;
}

/** Why a relaxation did not end at a minimum; undefined when it did. */
export function unfinished({ end, steps, largestForce }: RelaxationResult): string | undefined {
  const force = `the largest force is ${largestForce.toPrecision(2)} eV/Å`;
  if (end === 'steps') return `It had not come to rest after ${steps} steps: ${force}.`;
  if (end === 'stalled')
    return `It came no further after ${steps} steps, where ${force}: the forces have no more digits there, or are not the slope of the energy.`;
  return undefined;
}
