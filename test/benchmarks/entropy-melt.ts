/**
 * Does novelty rise before forces go wrong? By hand; needs LAMMPS with Si.sw:
 *
 *   node test/benchmarks/entropy-melt.ts [level = 10] [steps = 3000] [figure.svg]
 *
 * A moment tensor potential is fitted to crystals of silicon only (labels: Stillinger–Weber, computed by LAMMPS). Molecular
 * dynamics with it heats a crystal from 300 K to far above melting, with the novelty guard on. Its frames are then given
 * to LAMMPS, and the error of the forces is set beside the novelty.
 */
import { writeFile } from 'node:fs/promises';
import { potentialsFolder } from '../../src-main/engines/lammps/program.ts';
import { classicalInteraction, findLammps, lammpsSinglePoints } from '../../src-main/engines/lammps/index.ts';
import { descriptorByName } from '../../src-compute/analysis/descriptors/index.ts';
import { frameEnvironments } from '../../src-compute/analysis/entropy/frames.ts';
import { NoveltyMonitor } from '../../src-compute/analysis/entropy/novelty-monitor.ts';
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import { MolecularDynamics } from '../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../src-compute/sampling/settings.ts';
import { toConfiguration } from '../../src-compute/sampling/system.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { setInMemory } from '../../src-compute/fitting/data/configuration-set.ts';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../src-main/services/fit/fit-service.ts';
import { csvOf, writeFigure } from '../../src-main/services/figures/output.ts';
import { diamond } from '../src-compute/analysis/entropy/structures.ts';

const [level, steps] = [10, 3000].map((value, k) => Number(process.argv[k + 2] ?? value));
const figureFile = process.argv[4];
const EVERY = 50;

const lammps = await findLammps();
const folder = await potentialsFolder(lammps);
if (folder === undefined) throw new Error('Si.sw is missing: apt-get install lammps-data');
const stillingerWeber = classicalInteraction('sw', ['* * ./Si.sw Si'], ['Si'], folder);

// crystals at displacements up to those of about 600 K, and volumes within 6 %
const crystals = Array.from({ length: 60 }, (_, k) =>
  diamond(2, 0.02 + 0.13 * ((k % 12) / 11), k + 1, 5.33 + 0.2 * ((k % 7) / 6)),
);
const labels = await lammpsSinglePoints(lammps, stillingerWeber, crystals);
const training = crystals.map((crystal, k): Configuration => ({
  ...crystal,
  energy: labels[k].energy,
  forces: labels[k].forces,
  virial: labels[k].virial,
}));
const fit = await runFit({
  name: 'crystals only',
  train: setInMemory(training),
  request: fitRequestSchema.parse({ level, cutoff: 5, validation: 0, zbl: false, maximumIterations: 40 }),
  data: [],
});
console.log(
  `training force MAE ${fit.train.force_mae_ev_per_a?.toFixed(4)} eV/Å, ${fit.seconds.toFixed(0)} s`,
);

const descriptor = descriptorByName('quests');
const references = frameEnvironments(crystals, descriptor).matrix;
const monitor = new NoveltyMonitor(descriptor, references, 0.015, {
  every: EVERY,
  threshold: 0,
  action: 'mark',
  keep: 1e6,
});
const start = diamond(2, 0.01, 99);
using engine = Object.assign(createForceEngine(fit.document.model, atomsOf(start)), {
  [Symbol.dispose](this: { dispose(): void }) {
    this.dispose();
  },
});
const dynamics = new MolecularDynamics(
  start,
  engine,
  completeMolecularDynamicsSettings({
    ensemble: 'nvt-langevin',
    temperature: { start: 300, end: 6000 },
    timestep: 1,
    steps,
    seed: 5,
    maximumDisplacement: 0.1,
  }),
);
const frames: {
  configuration: Configuration;
  forces: Float64Array;
  temperature: number;
  novel: number;
  mean: number;
}[] = [];
try {
  await dynamics.run((md) => {
    if (!monitor.due(md.step)) return;
    const configuration = toConfiguration(md.system);
    const sample = monitor.look(md.step, configuration);
    frames.push({
      configuration,
      forces: md.forces.slice(),
      temperature: md.thermodynamics.temperature,
      novel: sample.fractionPositive,
      mean: sample.mean,
    });
  });
} catch (error) {
  console.log(`the run ended early: ${error instanceof Error ? error.message : String(error)}`);
}

const reference = await lammpsSinglePoints(
  lammps,
  stillingerWeber,
  frames.map(({ configuration }) => configuration),
);
console.log('    step      K  new atoms  mean novelty  force error/force');
const rows = frames.map((frame, k) => {
  let [error, size] = [0, 0];
  frame.forces.forEach((f, axis) => {
    error += (f - reference[k].forces[axis]) ** 2;
    size += reference[k].forces[axis] ** 2;
  });
  const relative = Math.sqrt(error / size);
  console.log(
    `${String((k + 1) * EVERY).padStart(8)} ${frame.temperature.toFixed(0).padStart(6)} ${(100 * frame.novel).toFixed(0).padStart(8)} % ` +
      `${frame.mean.toFixed(2).padStart(13)} ${(100 * relative).toFixed(1).padStart(14)} %`,
  );
  return { novel: frame.novel, relative };
});
const first = (test: (row: (typeof rows)[number]) => boolean) => {
  const k = rows.findIndex(test);
  return k < 0 ? 'never' : `step ${(k + 1) * EVERY}`;
};
for (const share of [0, 0.1, 0.5]) {
  console.log(`more than ${100 * share} % of the atoms are new: ${first((row) => row.novel > share)}`);
}
for (const limit of [0.1, 0.2, 0.5]) {
  console.log(`forces wrong by more than ${100 * limit} %: ${first((row) => row.relative > limit)}`);
}
if (figureFile !== undefined) {
  const x = rows.map((_, k) => (k + 1) * EVERY);
  const percent = (name: string, y: number[]) => ({ name, kind: 'line' as const, x, y });
  const figure = {
    title: 'Novelty and force error of a potential made for crystals, heated into the melt',
    x: { label: 'step (1 fs)', name: 'step' },
    y: { label: '%', name: 'percent' },
    series: [
      percent(
        'atoms with new surroundings',
        rows.map(({ novel }) => 100 * novel),
      ),
      percent(
        'force error over force',
        rows.map(({ relative }) => 100 * relative),
      ),
    ],
  };
  await writeFigure(figureFile, figure);
  await writeFile(figureFile.replace(/(\.svg)?$/, '.csv'), csvOf(figure));
}
