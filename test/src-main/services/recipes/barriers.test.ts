/** Recipes `neb` and `saddle`: a vacancy of silicon hops; the other way to the same saddle; ends that do not fit. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { recipeByName, type RecipeContext } from '../../../../src-main/services/recipes/index.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { requireProgram } from '../../../support/real-part.ts';

const folder = temporaryFolder();
const hasLammps = requireProgram('lmp', 'apt-get install lammps');
const hasMpi = requireProgram('mpirun', 'apt-get install openmpi-bin');

const context = (more: Partial<RecipeContext> = {}): RecipeContext => ({
  model: stillingerWeberSilicon(),
  engine: {},
  onProgress: () => undefined,
  ...more,
});
const path = z.looseObject({
  barrier_ev: z.number(),
  reverse_barrier_ev: z.number(),
  converged: z.boolean(),
  force_calls: z.number(),
  energies_ev: z.array(z.number()),
});

describe('a vacancy of Stillinger–Weber silicon', () => {
  it('hops over one barrier, the same both ways, found by the band and by the dimer', async () => {
    const settings = { lattice: 'diamond', latticeConstant: 5.43095, length: 10 };
    const band = await recipeByName('neb').run({ ...settings, images: 5 }, context());
    const values = path.parse(band.values);
    expect(values.converged).toBe(true);
    // 63 atoms; 0.511 eV in 511
    expect(values.barrier_ev).toBeCloseTo(0.517, 2);
    expect(values.reverse_barrier_ev).toBeCloseTo(values.barrier_ev, 4);
    expect(values.force_calls).toBeLessThan(400);
    expect(band.structures).toHaveLength(7);
    expect(band.caveats?.filter(({ kind }) => kind !== 'assumed')).toEqual([]);
    const [{ series }] = band.figures;
    expect(Math.max(...series[1].y)).toBeCloseTo(values.barrier_ev, 3);
    const dimer = await recipeByName('saddle').run(settings, context());
    expect(dimer.values).toMatchObject({ converged: true });
    expect(Number(dimer.values.curvature_ev_per_a2)).toBeLessThan(0);
    expect(Number(dimer.values.saddle_energy_ev)).toBeGreaterThan(0.1);
  });

  it.skipIf(!hasLammps || !hasMpi)('costs the same along the band of LAMMPS', async () => {
    const settings = { lattice: 'diamond', latticeConstant: 5.43095, length: 10, images: 3 };
    const { values, structures = [] } = await recipeByName('neb').run(settings, context());
    const [first, last] = [structures[0], structures[structures.length - 1]];
    const n = first.kinds.length;
    const rows = ({ positions }: typeof first, kind: string) =>
      Array.from(
        { length: n },
        (_, i) => `${i + 1}${kind} ${positions.slice(3 * i, 3 * i + 3).join(' ')}\n`,
      ).join('');
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    const edges = ['x', 'y', 'z'].map((axis) => `0 ${first.cell[0]} ${axis}lo ${axis}hi\n`).join('');
    write(
      'start.data',
      `path\n\n${n} atoms\n1 atom types\n\n${edges}\nMasses\n\n1 28.0855\n\nAtoms\n\n${rows(first, ' 1')}`,
    );
    write('final.txt', `${n}\n${rows(last, '')}`);
    write(
      'Si.sw',
      'Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n',
    );
    write(
      'in.neb',
      [
        'units metal',
        'atom_style atomic',
        'atom_modify map array sort 0 0',
        'read_data start.data',
        'pair_style sw',
        'pair_coeff * * Si.sw Si',
        'fix 1 all neb 5.0',
        'timestep 0.001',
        'min_style quickmin',
        'neb 0.0 0.01 2000 2000 10 final final.txt',
        '',
      ].join('\n'),
    );
    const mpi = [
      '--allow-run-as-root',
      '--oversubscribe',
      '-np',
      '5',
      'lmp',
      '-partition',
      '5x1',
      '-in',
      'in.neb',
    ];
    execFileSync('mpirun', mpi, { cwd: folder, stdio: 'ignore' });
    // Step MaxReplicaForce MaxAtomForce GradV0 GradV1 GradVc EBF EBR …
    const end = readFileSync(join(folder, 'log.lammps'), 'utf8').trim().split('\n').at(-1)!.split(/\s+/);
    expect(Number(end[6])).toBeCloseTo(path.parse(values).barrier_ev, 3);
  });

  it('refuses ends with other atoms, and the same end twice', async () => {
    const structure = supercell(lattice('diamond', ['Si'], 5.431), [2, 1, 1]);
    const run = (final: typeof structure) =>
      recipeByName('neb').run({}, context({ structure, reference: [final] }));
    await expect(run(lattice('diamond', ['Si'], 5.431))).rejects.toThrow(/16 and 8 atoms/);
    await expect(run(structure)).rejects.toThrow(/same structure/);
  });
});
