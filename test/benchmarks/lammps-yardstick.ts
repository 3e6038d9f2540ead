/** What pair_style sw of an installed LAMMPS costs on the same atoms: a unit of speed that any machine has. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../src-compute/structure/configuration.ts';

/** Where packages put the published silicon parameters. */
const PARAMETERS = ['/usr/share/lammps/potentials/Si.sw', '/usr/local/share/lammps/potentials/Si.sw'];

export interface Yardstick {
  /** µs per atom and step of one process, wall and processor time. */
  readonly wall: number;
  readonly processor: number;
}

/** Times NVE at 300 K with a skin of 1 Å; undefined where LAMMPS or the parameters are missing. */
export function stillingerWeberInLammps(configuration: Configuration, steps: number): Yardstick | undefined {
  const parameters = PARAMETERS.find((path) => existsSync(path));
  if (!parameters || spawnSync('lmp', ['-h']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-bench-'));
  try {
    writeFileSync(join(folder, 'data'), dataFile(configuration));
    writeFileSync(
      join(folder, 'in'),
      ['units metal', 'boundary p p p', 'read_data data', 'pair_style sw', `pair_coeff * * ${parameters} Si`]
        .concat([
          'neighbor 1.0 bin',
          'neigh_modify delay 0 every 1 check yes',
          'velocity all create 300 1',
          'fix 1 all nve',
        ])
        .concat(['timestep 0.001', 'thermo 100', `run ${Math.ceil(steps / 5)}`, `run ${steps}`, ''])
        .join('\n'),
    );
    const { stdout } = spawnSync('lmp', ['-in', 'in', '-log', 'none'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1', OMPI_MCA_ess_singleton_isolated: '1' },
    });
    const seconds = [...stdout.matchAll(/Loop time of ([\d.e+-]+) on/g)].at(-1);
    const share = [...stdout.matchAll(/([\d.]+)% CPU use/g)].at(-1);
    if (!seconds) return undefined;
    const wall = (1e6 * Number(seconds[1])) / steps / configuration.kinds.length;
    return { wall, processor: share ? (wall * Number(share[1])) / 100 : wall };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function dataFile({ positions, cell, kinds }: Configuration): string {
  const lines = ['silicon', '', `${kinds.length} atoms`, '1 atom types', ''];
  lines.push(
    `0 ${cell[0]} xlo xhi`,
    `0 ${cell[4]} ylo yhi`,
    `0 ${cell[8]} zlo zhi`,
    '',
    'Masses',
    '',
    '1 28.085',
    '',
  );
  lines.push('Atoms', '');
  for (let i = 0; i < kinds.length; i++) {
    lines.push(`${i + 1} 1 ${positions[3 * i]} ${positions[3 * i + 1]} ${positions[3 * i + 2]}`);
  }
  return lines.join('\n') + '\n';
}
