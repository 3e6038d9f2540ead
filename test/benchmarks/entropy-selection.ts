/**
 * Benchmark of entropy-greedy compression, by hand:
 *
 *   node test/benchmarks/entropy-selection.ts [level = 12] [fraction = 0.2] [iterations = 40] [draws = 5]
 *
 * The silicon training set is compressed by entropy-greedy selection and by random draws; a moment tensor potential is
 * fitted to each and judged on the published test set. Needs ../shared.
 */
import { chooseFrames, selectionSettings } from '../../src-main/services/entropy/choose.ts';
import { setInMemory } from '../../src-main/services/fit/configuration-set.ts';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../src-main/services/fit/fit-service.ts';
import { readConfigurations } from '../../src-main/formats/index.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { dismissWorkers } from '../../src-compute/workers/team.ts';
import { sharedPath } from '../support/shared.ts';

const [level, fraction, iterations, draws] = [12, 0.2, 40, 5].map((value, k) =>
  Number(process.argv[k + 2] ?? value),
);
const train = await readConfigurations(sharedPath('data', 'Si_train.xyz'));
const test = await readConfigurations(sharedPath('data', 'Si_test.xyz'));

async function errors(name: string, configurations: readonly Configuration[]) {
  const { test: metrics, seconds } = await runFit({
    name,
    train: setInMemory(configurations),
    test: setInMemory(test),
    request: fitRequestSchema.parse({
      level,
      maximumIterations: iterations,
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

async function choose(method: 'entropy' | 'random', seed: number): Promise<Configuration[]> {
  const settings = selectionSettings.parse({ method, fraction, seed });
  const { selected, quality } = await chooseFrames({ configurations: train }, undefined, settings);
  console.log(
    `  ${method} ${seed}: covers ${(100 * (quality?.covered ?? 0)).toFixed(1)} %, loses ${quality?.informationLost.toFixed(3)} nats`,
  );
  return Array.from(selected.frames, (f) => train[f]);
}

const full = await errors('all', train);
const greedy = await errors('entropy', await choose('entropy', 0));
const random = { energy: 0, force: 0 };
for (let seed = 0; seed < draws; seed++) {
  const drawn = await errors(`random ${seed}`, await choose('random', seed));
  random.energy += drawn.energy / draws;
  random.force += drawn.force / draws;
}
const ratio = (set: typeof full) =>
  `energy ${(set.energy / full.energy).toFixed(3)}, force ${(set.force / full.force).toFixed(3)}`;
console.log(
  `test errors over those of the full set: entropy ${ratio(greedy)}; random, mean of ${draws}: ${ratio(random)}`,
);
dismissWorkers();
