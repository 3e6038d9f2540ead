/**
 * How fast exported potentials run in LAMMPS: time per atom and step of pair_style kim as a multiple of pair_style sw in
 * the same run (8000 silicon atoms, NVE, 300 K, 1 fs, 1 Å skin), and that multiple as a fraction of the one which
 * ../shared/bench/README.md gives for an existing C++ pair_style mtp. Run by hand on a quiet machine:
 *
 *     node test/benchmarks/lammps-kim.ts [ranks=1] [kernels=avx512|avx|generic]
 *
 * Every potential is timed three times between timings of sw, and the fastest of each counts; with one process it is
 * processor time that counts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { sharedPath } from '../support/shared.ts';

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
for (const { level, steps, mtp } of CASES) {
  await using folder = await temporaryFolder();
  const model = parseMtp(readFileSync(sharedPath('bench', `si_l${level}.mtp`), 'utf8'), ['Si']);
  const kim = kimInteraction(await scratchModel(folder.path, model), ['Si']);
  let [fastestSw, fastestKim] = [Infinity, Infinity];
  for (let repeat = 0; repeat < 3; repeat++) {
    fastestSw = Math.min(fastestSw, await time(sw, 200));
    fastestKim = Math.min(fastestKim, await time(kim, steps));
  }
  const multiple = fastestKim / fastestSw;
  console.log(
    `level ${level}: sw ${fastestSw.toFixed(3)} µs, kim ${fastestKim.toFixed(3)} µs per atom and step: ` +
      `${multiple.toFixed(2)} × sw, ${(multiple / mtp[Math.min(ranks, 2) - 1]).toFixed(3)} of pair_style mtp`,
  );
}
