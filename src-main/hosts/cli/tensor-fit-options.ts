/** Options of `forcewright fit --model tensor`. */
import type { Command } from 'commander';
import { FitError } from '../../../src-compute/errors.ts';
import type { FitRequestInput } from '../../services/fit/fit-request.ts';
import { oneOf, whole } from './options.ts';

export interface TensorFitOptions {
  rank?: number;
  radial?: number;
  angular?: number;
  angularRadial?: number;
  elements?: 'one-hot' | 'atomic-number';
  perAtom?: boolean;
  bondDimension?: number | 'auto';
  sweeps?: number;
  ridgeChoice?: 'evidence' | 'cross-validation';
  // of moment tensor potentials
  linear?: boolean;
  bodyOrder?: number;
  startFrom?: string;
}

/** Adds the options to the command. */
export function addTensorOptions(command: Command): void {
  command
    .option('--radial <n>', 'tensor: radial descriptors; default from the data', whole(1, 20))
    .option(
      '--angular <n>',
      'tensor: angular functions (Legendre polynomials); default from the data',
      whole(0, 12),
    )
    .option(
      '--angular-radial <n>',
      'tensor: radial functions that angular descriptors use; default from the data',
      whole(1, 8),
    )
    .option(
      '--elements <weighting>',
      'tensor: one-hot or atomic-number (default one-hot)',
      oneOf('one-hot', 'atomic-number'),
    )
    .option('--per-atom', 'tensor: a head per atom, for one system whose atoms keep their number and order')
    .option('--bond-dimension <n|auto>', 'tensor: fit a tensor train with this bond dimension', bondDimension)
    .option('--sweeps <n>', 'tensor train: sweeps at most (default 30)', whole(1, 1000))
    .option(
      '--ridge-choice <rule>',
      'tensor: evidence or cross-validation (default evidence)',
      oneOf('evidence', 'cross-validation'),
    );
}

/** What the options ask of a tensor-regression fit. @throws FitError for an impossible rank */
export function tensorOptions(options: TensorFitOptions): FitRequestInput['tensor'] {
  const { rank, bondDimension } = options;
  if (rank !== undefined && (rank < 1 || rank > 8)) {
    throw new FitError(`The rank of a tensor should be 1 to 8, and is ${rank}.`, { remedy: 'Use --rank 2.' });
  }
  return {
    rank,
    radialSize: options.radial,
    angularSize: options.angular,
    angularRadial: options.angularRadial,
    elements: options.elements,
    perAtom: options.perAtom,
    bondDimension,
    sweeps: options.sweeps,
    ridgeChoice: options.ridgeChoice,
  };
}

/** An option without effect is a mistake of the user: say so. */
export function refuseOptionsOfTheOther(model: 'mtp' | 'tensor', options: TensorFitOptions): void {
  const { linear, bodyOrder, startFrom, radial, angular, angularRadial, elements } = options;
  const { perAtom, bondDimension, sweeps, ridgeChoice } = options;
  const own: Record<'mtp' | 'tensor', Record<string, unknown>> = {
    mtp: { '--linear': linear, '--body-order': bodyOrder, '--start-from': startFrom },
    tensor: {
      '--radial': radial,
      '--angular': angular,
      '--angular-radial': angularRadial,
      '--elements': elements,
      '--per-atom': perAtom,
      '--bond-dimension': bondDimension,
      '--sweeps': sweeps,
      '--ridge-choice': ridgeChoice,
    },
  };
  const other = model === 'mtp' ? 'tensor' : 'mtp';
  const given = Object.entries(own[other]).find(([, value]) => value !== undefined);
  if (given) {
    throw new FitError(`${given[0]} is an option of --model ${other} and has no effect on ${model}.`, {
      remedy: `Leave it out, or add --model ${other}.`,
    });
  }
  if (sweeps !== undefined && bondDimension === undefined) {
    throw new FitError('--sweeps needs --bond-dimension: a dense tensor is fitted in one solve.');
  }
}

function bondDimension(text: string): number | 'auto' {
  return text === 'auto' ? text : whole(1, 64)(text);
}
