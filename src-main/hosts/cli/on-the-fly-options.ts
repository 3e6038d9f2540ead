/** The option group of `md --on-the-fly`: the model that learns, when the reference is called, and what is written. */
import { Option, type Command } from 'commander';
import type { OnlineLearnerInput } from '../../../src-compute/fitting/online/index.ts';
import type { OnTheFlyInput } from '../../../src-compute/sampling/on-the-fly/settings.ts';
import { keyedNumbers, real, whole } from './options.ts';
import {
  addReferenceEngineOptions,
  REFERENCE_ENGINE_KEYS,
  type ReferenceEngineOptions,
} from './reference-engine-options.ts';
import { requirePartner } from './simulation-options.ts';

export interface OnTheFlyOptions extends ReferenceEngineOptions {
  onTheFly?: boolean;
  learnSteps?: number;
  updateEvery?: number;
  checkEvery?: number;
  tolerance?: number;
  atomTolerance?: number;
  window?: number;
  perAtom?: boolean;
  scheme?: 'auto' | 'joint' | 'decoupled';
  rank?: 1 | 2 | 3;
  radial?: number;
  angular?: number;
  angularRadial?: number;
  cutoff?: number;
  minDist?: number;
  elementWeighting?: 'one-hot' | 'atomic-number';
  ridge?: number | 'evidence';
  forgetting?: number;
  autoregressive?: number;
  weights?: { energy?: number; force?: number; virial?: number };
  log?: string;
  modelOut?: string;
  learned?: string;
  learnedOut?: string;
}

/** Names of the options of this group as commander keeps them. */
const OWN_KEYS = [
  'learnSteps',
  'updateEvery',
  'checkEvery',
  'tolerance',
  'atomTolerance',
  'window',
  'perAtom',
  'scheme',
  'rank',
  'radial',
  'angular',
  'angularRadial',
  'cutoff',
  'minDist',
  'elementWeighting',
  'ridge',
  'forgetting',
  'autoregressive',
  'weights',
  'log',
  'modelOut',
  'learned',
  'learnedOut',
] as const satisfies (keyof OnTheFlyOptions)[];

/** Options of md that mean nothing when the potential is learned. */
const WITHOUT_EFFECT = [
  'potential',
  'backend',
  'threads',
  'cheapPotential',
  'innerSteps',
  'thermo',
  'thermoEvery',
  'check',
  'noveltyReference',
] as const;

const evidenceOr = (text: string) => (text === 'evidence' ? text : real(0, 1e3)(text));

export function addOnTheFlyOptions(command: Command): Command {
  command.optionsGroup('On-the-fly learning (instead of --potential):');
  command.option('--on-the-fly', 'a reference engine gives forces until a model has learned them');
  addReferenceEngineOptions(command);
  return command
    .option(
      '--learn-steps <n>',
      'steps by the reference before the model may take over; default 400',
      whole(1),
    )
    .option('--update-every <n>', 'frames between two solutions in that time; default 10', whole(1))
    .option(
      '--check-every <n>',
      'steps of the model between two calls of the reference; default 10',
      whole(1),
    )
    .option(
      '--tolerance <eV/Å>',
      'largest rms error of forces with which the model computes; default 0.1',
      real(1e-9, 1e3),
    )
    .option(
      '--atom-tolerance <eV/Å>',
      'predicted error on one atom that calls the reference; 3 × tolerance when left out',
      real(1e-9, 1e6),
    )
    .option('--window <n>', 'comparisons that measure the error; default 5', whole(1, 1000))
    .option('--per-atom', 'a set of coefficients for every atom instead of every element')
    .addOption(
      new Option('--scheme <name>', 'per-atom: default auto, joint up to 600 coefficients').choices([
        'auto',
        'joint',
        'decoupled',
      ]),
    )
    .addOption(
      new Option('--rank <n>', 'degree of the polynomial in the descriptors; default 2')
        .choices(['1', '2', '3'])
        .argParser((text) => whole(1, 3)(text)),
    )
    .option('--radial <n>', 'radial descriptors; default 6', whole(1, 40))
    .option('--angular <n>', 'angular descriptors; default 4', whole(0, 20))
    .option('--angular-radial <n>', 'radial functions in the angular descriptors; default 1', whole(1, 10))
    .option('--cutoff <Å>', 'of the model; default 5', real(0.5, 50))
    .option('--min-dist <Å>', 'where its radial functions begin; default 1', real(0, 50))
    .addOption(
      new Option('--element-weighting <name>', 'default one-hot').choices(['one-hot', 'atomic-number']),
    )
    .option('--ridge <λ>', 'of the solution, or evidence; default 1e-8', evidenceOr)
    .option('--forgetting <ω>', 'weight of a frame relative to the next one; default 1', real(1e-6, 1))
    .option('--autoregressive <q>', 'order of the residual that predictions add to forces', whole(0, 20))
    .option('--weights <list>', 'energy=…,force=…,virial=…', keyedNumbers(['energy', 'force', 'virial']))
    .option(
      '--log <file>',
      'table of every step: who computed it, errors, updates; OUT.log.csv when left out',
    )
    .option('--model-out <file>', 'write the learned potential (*.potential.json)')
    .option('--learned <file>', 'begin with what an earlier run learned (its --learned-out)')
    .option('--learned-out <file>', 'write all that was learned, to go on with later');
}

/** Ends the command with bad usage when options of the two kinds of runs are mixed. */
export function requireOnTheFly(command: Command, onTheFly: boolean): void {
  if (onTheFly) {
    for (const key of WITHOUT_EFFECT)
      requirePartner(command, key, false, 'has no effect with --on-the-fly, which learns its potential');
    return;
  }
  for (const key of [...REFERENCE_ENGINE_KEYS, ...OWN_KEYS])
    requirePartner(command, key, false, 'needs --on-the-fly');
  if (command.getOptionValue('potential') === undefined)
    command.error(
      "error: required option '--potential <file>' not specified (or learn one with --on-the-fly).",
    );
}

/** Only what was given: defaults are the schemas'. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function policyOf(options: OnTheFlyOptions): OnTheFlyInput {
  const { learnSteps, updateEvery, checkEvery, tolerance, atomTolerance, window } = options;
  return given({ learnSteps, updateEvery, checkEvery, tolerance, atomTolerance, window });
}

export function learnerOf(options: OnTheFlyOptions): OnlineLearnerInput {
  const { perAtom, scheme, rank, radial, angular, angularRadial, cutoff, elementWeighting, ridge } = options;
  return given({
    mode: perAtom ? 'per-atom' : undefined,
    scheme,
    rank,
    radial,
    angular,
    angularRadial,
    cutoff,
    minimumDistance: options.minDist,
    elementWeighting,
    ridge,
    forgetting: options.forgetting,
    autoregressiveOrder: options.autoregressive,
    weights: options.weights,
  });
}
