/**
 * How fast exported potentials run in LAMMPS: time per atom and step of pair_style kim as a multiple of pair_style sw in
 * the same run (8000 silicon atoms, NVE, 300 K, 1 fs, 1 Å skin), and that multiple as a fraction of the one which
 * ../shared/bench/README.md gives for an existing C++ pair_style mtp. Then tensor-regression potentials, next to this
 * program's own engine (backend wasm, one thread) in the same run. Run by hand on a quiet machine:
 *
 *     node test/benchmarks/lammps-kim.ts [ranks=1] [kernels=avx512|avx|generic]
 *
 * Every potential is timed three times between timings of sw, and the fastest of each counts; with one process it is
 * processor time that counts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { parseMtp } from '../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { readConfigurations } from '../../src-main/formats/index.ts';
import { writeDataFile } from '../../src-main/engines/lammps/data-file.ts';
import { lammpsFrame } from '../../src-main/engines/lammps/frame.ts';
import {
  classicalInteraction,
  findLammps,
  kimInteraction,
  type LammpsInteraction,
} from '../../src-main/engines/lammps/index.ts';
import { runScript, temporaryFolder } from '../../src-main/engines/lammps/runner.ts';
import { setupCommands } from '../../src-main/engines/lammps/script.ts';
import { scratchModel } from '../../src-main/services/export/model-folder.ts';
import { benchmarkEngine } from '../../src-main/services/engine-benchmark.ts';
import { sharedPath } from '../support/shared.ts';
import { tensorRegression } from './engine-inputs.ts';

const ranks = Number(process.argv[2] ?? 1);
if (process.argv[3]) process.env.FORCEWRIGHT_KERNELS = process.argv[3];

/** Level, steps to time, multiple of Stillinger–Weber for pair_style mtp on 1 and 2 processes. */
const CASES = [
  { level: '08', steps: 200, mtp: [7.5, 7.5] },
  { level: '16', steps: 60, mtp: [67, 68] },
  { level: '20', steps: 30, mtp: [171, 171] },
] as const;

const program = await findLammps();
const [structure] = await readConfigurations(sharedPath('bench', 'si8000.xyz'));
const frame = lammpsFrame(structure);
const atoms = structure.kinds.length;

/** µs per atom and step. */
async function time(interaction: LammpsInteraction, steps: number): Promise<number> {
  await using folder = await temporaryFolder();
  await writeDataFile(join(folder.path, 'si.data'), frame.configuration, ['Si']);
  const script = [
    ...setupCommands(frame, 'si.data', interaction, 'on', 1),
    'velocity all create 300 1 mom yes',
    'fix fw all nve',
    'timestep 0.001',
    'thermo 50',
    `run ${steps}`,
    '',
  ].join('\n');
  let seconds = NaN;
  await runScript(program, interaction, folder.path, script, () => 'Timing', {
    ranks,
    onLine(line) {
      seconds = Number(/^Loop time of (\S+)/.exec(line)?.[1] ?? seconds);
      // one process: processor time, which other programs on the machine disturb less
      const used = /^(\S+)% CPU use with 1 MPI/.exec(line)?.[1];
      if (used !== undefined) seconds *= Number(used) / 100;
    },
  });
  return (seconds / steps / atoms) * 1e6;
}

const sw = classicalInteraction('sw', ['* * Si.sw Si'], ['Si'], '.');
console.log(
  `LAMMPS ${program.version}, ${atoms} atoms, ${ranks} process(es), kernels ${process.argv[3] ?? 'best'}`,
);
/** Fastest of three timings of sw and of a potential, taken in turns. */
async function timeBoth(model: PotentialModelBase, steps: number): Promise<{ sw: number; kim: number }> {
  await using folder = await temporaryFolder();
  const kim = kimInteraction(await scratchModel(folder.path, model), ['Si']);
  const fastest = { sw: Infinity, kim: Infinity };
  for (let repeat = 0; repeat < 3; repeat++) {
    fastest.sw = Math.min(fastest.sw, await time(sw, 200));
    fastest.kim = Math.min(fastest.kim, await time(kim, steps));
  }
  return fastest;
}

for (const { level, steps, mtp } of CASES) {
  const model = parseMtp(readFileSync(sharedPath('bench', `si_l${level}.mtp`), 'utf8'), ['Si']);
  const fastest = await timeBoth(model, steps);
  const multiple = fastest.kim / fastest.sw;
  console.log(
    `level ${level}: sw ${fastest.sw.toFixed(3)} µs, kim ${fastest.kim.toFixed(3)} µs per atom and step: ` +
      `${multiple.toFixed(2)} × sw, ${(multiple / mtp[Math.min(ranks, 2) - 1]).toFixed(3)} of pair_style mtp`,
  );
}
for (const size of [
  { radialSize: 6, angularSize: 4, angularRadial: 1, rank: 2 },
  { radialSize: 6, angularSize: 4, angularRadial: 1, rank: 3 },
  { radialSize: 6, angularSize: 4, angularRadial: 1, bonds: [1, 6, 6, 1] },
  { radialSize: 8, angularSize: 4, angularRadial: 3, rank: 2 },
  { radialSize: 10, angularSize: 6, angularRadial: 3, bonds: [1, 6, 6, 1] },
] as const) {
  const model = tensorRegression(size);
  const { sw: yard, kim } = await timeBoth(model, 150);
  const ours = await benchmarkEngine(model, structure, { backend: 'wasm', threads: 1, steps: 30 });
  const { radialSize, angularSize, angularRadial } = size;
  const head = 'rank' in size ? `rank ${size.rank}` : `train ${size.bonds.join('-')}`;
  console.log(
    `tensor regression P ${radialSize} Q ${angularSize} × ${angularRadial}, ${head}: sw ${yard.toFixed(3)} µs, kim ` +
      `${kim.toFixed(3)} µs: ${(kim / yard).toFixed(2)} × sw; our own engine ` +
      `${ours.processorMicrosecondsPerAtomStep.toFixed(3)} µs`,
  );
}
