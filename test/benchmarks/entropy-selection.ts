/**
 * Benchmark of entropy-greedy compression, by hand:
 *
 *   node test/benchmarks/entropy-selection.ts [--level 20] [--fraction 0.2] [--draws 5] [--splits 5]
 *        [--iterations 0] [--starts 1] [--methods entropy,entropy-equal,random] [--tensor 8,5,2]
 *
 * The silicon training set is compressed to a fraction of its frames; a moment tensor potential is fitted to each choice
 * and judged on a test set: the published one (split 0), and, because 25 structures are few, further random splits of the
 * same 239 structures into parts of the same sizes. Numbers are test errors over those of a fit to the full training set.
 * Iterations on the radial functions add the optimiser's own scatter, which more starts lessen; with 0 the radial
 * functions are kept and the fit is the solution of a linear problem. Needs ../shared.
 *
 * | method | choice |
 * |---|---|
 * | entropy | selectByEntropy with its weights: what `forcewright select` does |
 * | entropy-equal | the same frames, all counting the same |
 * | quests | selectByEntropy on the QUESTS descriptor |
 * | farthest, diversity | as named |
 * | random | mean over draws |
 *
 * Measured with the defaults and --methods entropy,entropy-equal,quests,random (energy / force):
 *
 * | method | published | 1 | 2 | 3 | 4 | mean |
 * |---|---|---|---|---|---|---|
 * | entropy | 0.995 / 1.051 | 0.935 / 1.035 | 0.887 / 0.975 | 0.876 / 1.025 | 1.092 / 1.063 | 0.957 / 1.030 |
 * | entropy-equal | 1.050 / 1.052 | 1.336 / 1.102 | 0.954 / 1.020 | 0.956 / 1.055 | 1.104 / 1.047 | 1.080 / 1.055 |
 * | quests | 1.312 / 1.147 | 0.768 / 1.099 | 1.090 / 1.047 | 1.093 / 1.113 | 1.219 / 1.130 | 1.096 / 1.107 |
 * | random | 1.221 / 1.086 | 1.055 / 1.068 | 1.715 / 1.067 | 1.209 / 1.061 | 1.173 / 1.084 | 1.275 / 1.073 |
 *
 * With radial functions optimised (--level 16 --iterations 30 --starts 3), published, 1, 2: entropy 1.503 / 1.051,
 * 1.008 / 1.028, 1.039 / 0.963; random 1.248 / 1.074 (5 draws), 1.056 / 1.124, 1.674 / 1.034 (3 draws). The energies of
 * the published test set are 25 numbers, and there the choice loses to chance; other seeds of the fit give the same.
 *
 * With a tensor-regression potential of 300 coefficients, solved anew for each choice (--tensor 8,5,2), same order:
 *
 * | entropy | 0.971 / 1.090 | 1.018 / 1.084 | 1.036 / 1.019 | 0.894 / 1.102 | 1.152 / 1.094 | 1.014 / 1.078 |
 * | random | 1.080 / 1.160 | 1.117 / 1.097 | 1.338 / 1.058 | 1.166 / 1.081 | 1.457 / 1.116 | 1.232 / 1.102 |
 */
import { parseArgs } from 'node:util';
import {
  chooseFrames,
  SELECTION_METHODS,
  selectionSettings,
} from '../../src-main/services/entropy/choose.ts';
import { weighted } from '../../src-compute/fitting/data/configuration-weight.ts';
import { setInMemory } from '../../src-compute/fitting/data/configuration-set.ts';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../src-main/services/fit/fit-service.ts';
import { readConfigurations } from '../../src-main/formats/index.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { randomSubset } from '../../src-compute/analysis/entropy/completeness.ts';
import { Random } from '../../src-compute/sampling/random.ts';
import { dismissWorkers } from '../../src-compute/workers/team.ts';
import { sharedPath } from '../support/shared.ts';

const { values: given } = parseArgs({
  options: {
    level: { type: 'string', default: '20' },
    fraction: { type: 'string', default: '0.2' },
    draws: { type: 'string', default: '5' },
    splits: { type: 'string', default: '5' },
    iterations: { type: 'string', default: '0' },
    starts: { type: 'string', default: '1' },
    methods: { type: 'string', default: 'entropy,entropy-equal,random' },
    tensor: { type: 'string' },
  },
});
const [level, fraction, draws, splits, iterations, starts] = [
  given.level, given.fraction, given.draws, given.splits, given.iterations, given.starts,
].map(Number); // prettier-ignore
const methods = given.methods.split(',');
const [radialSize, angularSize, angularRadial] = (given.tensor ?? '').split(',').map(Number);
/** Sizes of a tensor-regression potential, where one is fitted. */
const tensorSizes = given.tensor === undefined ? undefined : { radialSize, angularSize, angularRadial };
const published = {
  train: await readConfigurations(sharedPath('data', 'Si_train.xyz')),
  test: await readConfigurations(sharedPath('data', 'Si_test.xyz')),
};

interface Split {
  readonly train: readonly Configuration[];
  readonly test: readonly Configuration[];
}

/** meV/atom and eV/Å; or as parts of those of the full set. */
interface Errors {
  readonly energy: number;
  readonly force: number;
}

/** The published split, or another random one of the same size. */
function splitOf(number: number): Split {
  if (number === 0) return published;
  const all = [...published.train, ...published.test];
  const drawn = randomSubset(all.length, published.test.length, new Random(number));
  const held = new Set(drawn);
  return { train: all.filter((_, k) => !held.has(k)), test: Array.from(drawn, (k) => all[k]) };
}

async function errorsOf(name: string, configurations: readonly Configuration[], test: Split['test']) {
  const { test: metrics, seconds } = await runFit({
    name,
    train: setInMemory(configurations),
    test: setInMemory(test),
    request: fitRequestSchema.parse(
      tensorSizes
        ? { form: 'tensor-regression', ...tensorSizes, validation: 0 }
        : {
            level,
            starts,
            maximumIterations: Math.max(1, iterations),
            linear: iterations === 0,
            validation: 0,
          },
    ),
    data: [],
  });
  if (!metrics) throw new Error('the fit gave no test errors');
  const [energy, force] = [metrics.energy_mae_mev_per_atom, metrics.force_mae_ev_per_a];
  if (typeof energy !== 'number' || typeof force !== 'number')
    throw new Error('the fit gave no errors of energies and forces');
  const atoms = configurations.reduce((sum, { kinds }) => sum + kinds.length, 0);
  console.log(
    `  ${name.padEnd(14)} ${String(configurations.length).padStart(4)} frames ${String(atoms).padStart(6)} atoms  ` +
      `energy ${energy.toFixed(2)} meV/atom  force ${force.toFixed(4)} eV/Å  ${seconds.toFixed(0)} s`,
  );
  return { energy, force };
}

/** The choices of a method: one, or one per draw. */
async function choices(method: string, train: Split['train']): Promise<Configuration[][]> {
  const base = method.replace('-equal', '');
  const known = SELECTION_METHODS.find((name) => name === base);
  const seeds = method === 'random' ? Array.from({ length: draws }, (_, seed) => seed) : [0];
  return Promise.all(
    seeds.map(async (seed) => {
      const settings = selectionSettings.parse({
        method: known ?? 'entropy',
        descriptor: base === 'quests' ? 'quests' : undefined,
        weights: !method.endsWith('-equal'),
        fraction,
        seed,
      });
      const { selected } = await chooseFrames({ configurations: train }, undefined, settings);
      return Array.from(selected.frames, (f, k) =>
        selected.weights ? weighted(train[f], selected.weights[k]) : train[f],
      );
    }),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const ratios = new Map<string, Errors[]>(methods.map((method) => [method, []]));
for (let number = 0; number < splits; number++) {
  const { train, test } = splitOf(number);
  console.log(number === 0 ? 'published split' : `random split ${number}`);
  const full = await errorsOf('all', train, test);
  for (const method of methods) {
    const found: Errors[] = [];
    for (const chosen of await choices(method, train)) found.push(await errorsOf(method, chosen, test));
    ratios.get(method)?.push({
      energy: mean(found.map(({ energy }) => energy)) / full.energy,
      force: mean(found.map(({ force }) => force)) / full.force,
    });
  }
}

const fitted = tensorSizes
  ? `tensor regression ${given.tensor}`
  : `level ${level}, ${iterations === 0 ? 'radial functions kept' : `${iterations} iterations, ${starts} starts`}`;
console.log(
  `\ntest error over that of the full set, ${fitted}, ` +
    `${100 * fraction} % of the frames (energy / force)`,
);
const columns = ['published', ...Array.from({ length: splits - 1 }, (_, k) => `split ${k + 1}`), 'mean'];
console.log(['method'.padEnd(14), ...columns.map((name) => name.padStart(13))].join(' '));
for (const [method, found] of ratios) {
  const average = {
    energy: mean(found.map(({ energy }) => energy)),
    force: mean(found.map(({ force }) => force)),
  };
  const cells = [...found, average].map(({ energy, force }) => `${energy.toFixed(3)} / ${force.toFixed(3)}`);
  console.log([method.padEnd(14), ...cells.map((cell) => cell.padStart(13))].join(' '));
}
dismissWorkers();
