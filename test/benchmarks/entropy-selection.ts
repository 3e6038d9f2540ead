/**
 * Benchmark of entropy-greedy compression, by hand:
 *
 *   node test/benchmarks/entropy-selection.ts [level = 16] [fraction = 0.2] [iterations = 0] [draws = 5] [splits = 5]
 *
 * The silicon training set is compressed by entropy-greedy selection and by random draws; a moment tensor potential is
 * fitted to each and judged on a test set: the published one, and, because 25 structures are few, further random splits
 * of the same 239 structures. Iterations on the radial functions add the optimiser's own scatter; 0 leaves them as they
 * are. Needs ../shared.
 */
import { chooseFrames, selectionSettings } from '../../src-main/services/entropy/choose.ts';
import { setInMemory } from '../../src-main/services/fit/configuration-set.ts';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../src-main/services/fit/fit-service.ts';
import { readConfigurations } from '../../src-main/formats/index.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { randomSubset } from '../../src-compute/analysis/entropy/completeness.ts';
import { Random } from '../../src-compute/sampling/random.ts';
import { dismissWorkers } from '../../src-compute/workers/team.ts';
import { sharedPath } from '../support/shared.ts';

const [level, fraction, iterations, draws, splits] = [16, 0.2, 0, 5, 5].map((value, k) =>
  Number(process.argv[k + 2] ?? value),
);
const published = {
  train: await readConfigurations(sharedPath('data', 'Si_train.xyz')),
  test: await readConfigurations(sharedPath('data', 'Si_test.xyz')),
};

interface Split {
  readonly train: readonly Configuration[];
  readonly test: readonly Configuration[];
}

/** The published split, or another random one of the same size. */
function splitOf(number: number): Split {
  if (number === 0) return published;
  const all = [...published.train, ...published.test];
  const drawn = randomSubset(all.length, published.test.length, new Random(number));
  const held = new Set(drawn);
  return { train: all.filter((_, k) => !held.has(k)), test: Array.from(drawn, (k) => all[k]) };
}

async function errors(name: string, configurations: readonly Configuration[], test: Split['test']) {
  const { test: metrics, seconds } = await runFit({
    name,
    train: setInMemory(configurations),
    test: setInMemory(test),
    request: fitRequestSchema.parse({
      level,
      maximumIterations: Math.max(1, iterations),
      linear: iterations === 0,
      validation: 0,
    }),
    data: [],
  });
  if (!metrics) throw new Error('the fit gave no test errors');
  const [energy, force] = [metrics.energy_mae_mev_per_atom, metrics.force_mae_ev_per_a];
  if (typeof energy !== 'number' || typeof force !== 'number')
    throw new Error('the fit gave no errors of energies and forces');
  const atoms = configurations.reduce((sum, { kinds }) => sum + kinds.length, 0);
  console.log(
    `${name.padEnd(12)} ${String(configurations.length).padStart(4)} frames ${String(atoms).padStart(6)} atoms  ` +
      `energy ${energy.toFixed(2)} meV/atom  force ${force.toFixed(4)} eV/Å  ${seconds.toFixed(0)} s`,
  );
  return { energy, force };
}

async function choose(
  train: Split['train'],
  method: 'entropy' | 'random',
  seed: number,
): Promise<Configuration[]> {
  const settings = selectionSettings.parse({ method, fraction, seed });
  const { selected } = await chooseFrames({ configurations: train }, undefined, settings);
  return Array.from(selected.frames, (f) => train[f]);
}

const mean = { entropy: { energy: 0, force: 0 }, random: { energy: 0, force: 0 } };
for (let number = 0; number < splits; number++) {
  const { train, test } = splitOf(number);
  console.log(number === 0 ? 'published split' : `random split ${number}`);
  const full = await errors('all', train, test);
  const greedy = await errors('entropy', await choose(train, 'entropy', 0), test);
  const random = { energy: 0, force: 0 };
  for (let seed = 0; seed < draws; seed++) {
    const drawn = await errors(`random ${seed}`, await choose(train, 'random', seed), test);
    random.energy += drawn.energy / draws;
    random.force += drawn.force / draws;
  }
  for (const [name, set] of [
    ['entropy', greedy],
    ['random', random],
  ] as const) {
    const [energy, force] = [set.energy / full.energy, set.force / full.force];
    mean[name].energy += energy / splits;
    mean[name].force += force / splits;
    console.log(
      `  ${name}: test error over that of the full set: energy ${energy.toFixed(3)}, force ${force.toFixed(3)}`,
    );
  }
}
for (const name of ['entropy', 'random'] as const) {
  const { energy, force } = mean[name];
  console.log(`mean of ${splits} splits, ${name}: energy ${energy.toFixed(3)}, force ${force.toFixed(3)}`);
}
dismissWorkers();
