/** Runs LAMMPS on one structure and reads back energy, forces and pressure tensor. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { volume } from '../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_BAR } from '../../src-compute/units.ts';

/** Environment that halves LAMMPS' start and keeps it on one core. */
export const lammpsEnvironment = { OMPI_MCA_ess_singleton_isolated: '1', OMP_NUM_THREADS: '1' };

export interface LammpsResult {
  readonly energy: number;
  readonly forces: Float64Array;
  /** W, eV; 9. */
  readonly virial: Float64Array;
}

/**
 * @param configuration lower-triangular cell with positive diagonal (LAMMPS' own orientation)
 * @param pairCommands pair_style and pair_coeff lines; types are numbered as `symbols`
 * @param files texts of files that they name
 */
export function runLammps(
  configuration: Configuration,
  pairCommands: readonly string[],
  files: Readonly<Record<string, string>> = {},
): LammpsResult {
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-lammps-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { cell, positions, kinds, symbols } = configuration;
    const rows = Array.from(kinds, (kind, i) => {
      const r = Array.from(positions.subarray(3 * i, 3 * i + 3), (x) => x.toPrecision(17));
      return `${i + 1} ${kind + 1} ${r.join(' ')}`;
    });
    writeFileSync(
      join(folder, 'data'),
      `test\n\n${atomCount(configuration)} atoms\n${symbols.length} atom types\n\n` +
        `0 ${cell[0]} xlo xhi\n0 ${cell[4]} ylo yhi\n0 ${cell[8]} zlo zhi\n${cell[3]} ${cell[6]} ${cell[7]} xy xz yz\n\n` +
        `Masses\n\n${symbols.map((_, k) => `${k + 1} 28.0`).join('\n')}\n\nAtoms # atomic\n\n${rows.join('\n')}\n`,
    );
    writeFileSync(
      join(folder, 'in'),
      [
        'units metal',
        'atom_style atomic',
        'box tilt large',
        'read_data data',
        ...pairCommands,
        'compute p all pressure NULL virial',
        'thermo_style custom step pe c_p[1] c_p[2] c_p[3] c_p[4] c_p[5] c_p[6]',
        'thermo_modify format float %.15g',
        'dump d all custom 1 dump id fx fy fz',
        'dump_modify d sort id format float %.15g',
        'run 0',
        '',
      ].join('\n'),
    );
    const log = execFileSync('lmp', ['-in', 'in', '-log', 'none'], {
      cwd: folder,
      env: { ...process.env, ...lammpsEnvironment },
      encoding: 'utf8',
    });
    const lines = log.split('\n');
    const thermo = lines[lines.findIndex((line) => line.trim().startsWith('Step')) + 1]
      .trim()
      .split(/\s+/)
      .map(Number);
    const dump = readFileSync(join(folder, 'dump'), 'utf8').trim().split('\n').slice(9);
    const factor = volume(cell) / EV_PER_A3_IN_BAR;
    const [xx, yy, zz, xy, xz, yz] = thermo.slice(2).map((p) => p * factor);
    return {
      energy: thermo[1],
      forces: Float64Array.from(dump.flatMap((line) => line.trim().split(/\s+/).slice(1).map(Number))),
      virial: Float64Array.of(xx, xy, xz, xy, yy, yz, xz, yz, zz),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
