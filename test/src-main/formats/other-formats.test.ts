/** MLIP .cfg, CIF, pymatgen JSON, and round trips through the formats that can be written. */
import { describe, expect, test } from 'vitest';
import { volume } from '../../../src-compute/structure/cell.ts';
import {
  formula,
  kindsFromSymbols,
  type Configuration,
} from '../../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_KBAR } from '../../../src-compute/units.ts';
import {
  conventionNotes,
  FORMATS,
  readConfigurations,
  writeConfigurations,
} from '../../../src-main/formats/index.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';
import { CIF, EXTENDED_XYZ, MLIP_CFG, POSCAR } from './samples.ts';
import { allFrames, formatErrorOf, readText, temporaryFile, temporaryPath, without } from './support.ts';

async function rewritten(
  configurations: readonly Configuration[],
  format: string,
  notes: string[] = [],
): Promise<Configuration[]> {
  const path = temporaryPath('out');
  await writeConfigurations(path, format, configurations, { onNote: (note) => notes.push(note) });
  return readConfigurations(path, { format });
}

describe('MLIP .cfg', () => {
  test.skipIf(!hasShared()).each(['crystals_cubic_08', 'crystals_multi_06', 'molecules_291_10'])(
    '%s: the .cfg and the extended XYZ are the same configurations',
    async (folder) => {
      const cfg = await readConfigurations(sharedPath('references', folder, 'ref.cfg'), {
        species: ['H', 'He', 'Li'],
      });
      const xyz = await readConfigurations(sharedPath('references', folder, 'ref.xyz'));
      expect(cfg.length).toBeGreaterThan(10);
      // the extended XYZ holds the type numbers as a column besides
      expect(cfg).toEqual(xyz.map((c) => without(c, 'atomColumns')));
    },
  );

  test('names of types: none, the caller’s; features; periodic as the vectors say', async () => {
    const [periodic, free] = await readText(MLIP_CFG);
    expect(periodic.symbols).toEqual(['type1', 'type2']);
    expect(periodic.info).toEqual({ EFS_by: 'VASP' });
    expect([...(periodic.virial ?? [])]).toEqual([1, 0.6, 0.5, 0.6, 2, 0.4, 0.5, 0.4, 3]);
    expect(periodic.periodic).toEqual([true, true, true]);
    expect(free.periodic).toEqual([false, false, false]);
    expect((await readText(MLIP_CFG, { species: ['Si', 'O'] }))[0].symbols).toEqual(['Si', 'O']);
  });

  test.each([
    ['one vector', 'Supercell\n 4 0 0\n', [true, false, false]],
    ['two vectors', 'Supercell\n 4 0 0\n 0 4 0\n', [true, true, false]],
    ['none', '', [false, false, false]],
  ] as const)('Supercell with %s', async (_, supercell, periodic) => {
    const [configuration] = await readText(
      `BEGIN_CFG\nSize\n1\n${supercell}AtomData: id type cartes_x cartes_y cartes_z\n1 0 0 0 0\nEND_CFG\n`,
    );
    expect(configuration.periodic).toEqual(periodic);
  });

  test('columns in any order, direct coordinates, site energies, components of the stress in any order', async () => {
    const [configuration] = await readText(
      'BEGIN_CFG\nSize 2\nSuperCell\n4 0 0\n1 5 0\n0 0 6\nAtomData: fz direct_z site_en fx direct_x fy direct_y charge\n3 0.5 -1 1 0.5 2 0.5 0.25\n-3 0 -2 -1 0 -2 0 -0.25\nEnergy\n-3\nVirial: xy xz yz zz yy xx\n1 2 3 4 5 6\nEND_CFG\n',
    );
    expect([...configuration.positions]).toEqual([2.5, 2.5, 3, 0, 0, 0]);
    expect([...(configuration.forces ?? [])]).toEqual([1, 2, 3, -1, -2, -3]);
    expect([...(configuration.atomEnergies ?? [])]).toEqual([-1, -2]);
    expect([...(configuration.virial ?? [])]).toEqual([6, 1, 2, 1, 5, 3, 2, 3, 4]);
    expect(configuration.charges).toHaveLength(2);
  });
});

describe('round trips', () => {
  test('.cfg keeps labels, keys and species', async () => {
    const configurations = (await readText(EXTENDED_XYZ)).map((c) => without(c, 'atomColumns'));
    const rich = {
      ...configurations[0],
      atomEnergies: Float64Array.of(-5, -5.5),
      info: { a: [1, 2.5], b: 'two words', c: true, d: '12' },
    };
    expect(await rewritten([...configurations, rich], 'mlip')).toEqual([...configurations, rich]);
    const notes: string[] = [];
    await rewritten(await readText(EXTENDED_XYZ), 'mlip', notes);
    expect(notes).toEqual([
      'MLIP .cfg has no place for the per-atom column "tag"; it was left out.',
      'MLIP .cfg has no place for the per-atom column "fixed"; it was left out.',
    ]);
  });

  test('the type numbers of a .cfg are the caller’s order', async () => {
    const path = temporaryPath('types.cfg');
    await writeConfigurations(path, undefined, await readText(EXTENDED_XYZ), { species: ['O', 'Si'] });
    expect(
      await readConfigurations(path, { species: ['first', 'second'], skipBad: true }).catch(() => undefined),
    ).toBeUndefined();
    expect((await readConfigurations(path)).map((c) => c.symbols)).toEqual([
      ['Si', 'O'],
      ['Si', 'O'],
    ]);
    expect((await readConfigurations(path, { species: ['Ge', 'N'] }))[0].symbols).toEqual(['N', 'Ge']);
  });

  test('POSCAR keeps the cell, positions, velocities, selective dynamics and the comment', async () => {
    const [configuration] = await readText(POSCAR);
    expect([...configuration.kinds]).toEqual([0, 1, 1]);
    expect(configuration.velocities?.[4]).toBe(0.002);
    expect(configuration.atomColumns).toEqual([
      { name: 'move_mask', columns: 3, kind: 'L', values: Uint8Array.of(1, 1, 1, 1, 0, 1, 0, 0, 0) },
    ]);
    expect(await rewritten([configuration], 'poscar')).toEqual([configuration]);
    expect((await formatErrorOf(rewritten([configuration, configuration], 'poscar'))).message).toMatch(
      /holds one configuration/,
    );
    const free = { ...configuration, cell: new Float64Array(9), periodic: [false, false, false] as const };
    expect((await formatErrorOf(rewritten([free], 'poscar'))).message).toMatch(/needs a cell/);
  });

  test('formats that are only read say so, and every format states its conventions', async () => {
    expect((await formatErrorOf(writeConfigurations(temporaryPath(), 'outcar', []))).message).toMatch(
      /can be read but not written/,
    );
    expect(
      (await formatErrorOf(writeConfigurations(temporaryPath('name.unknown'), undefined, []))).message,
    ).toMatch(/does not tell which format/);
    for (const format of FORMATS) {
      expect(conventionNotes(format).length).toBeGreaterThan(0);
      for (const note of conventionNotes(format)) expect(note).toMatch(/\.$/);
    }
  });
});

describe('CIF', () => {
  const cubic = (edge: number, group: string, sites: string) =>
    `data_x\n_cell_length_a ${edge}\n_cell_length_b ${edge}\n_cell_length_c ${edge}\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n${group}\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n${sites}\n`;

  test.each([
    ['diamond, second origin', CIF, 'Si8', 2.352],
    [
      'diamond by Hall symbol',
      cubic(5.431, "_space_group_name_Hall 'F 4d 2 3 -1d'", 'Si1 0 0 0'),
      'Si8',
      2.352,
    ],
    [
      'diamond, first origin',
      cubic(5.431, "_symmetry_space_group_name_H-M 'F d -3 m :1'", 'Si1 0 0 0'),
      'Si8',
      2.352,
    ],
    [
      'rock salt by number',
      cubic(5.64, '_symmetry_Int_Tables_number 225', 'Na1+ 0 0 0\nCl1- 0.5 0.5 0.5'),
      'Na4Cl4',
      2.82,
    ],
    [
      'body-centred iron',
      cubic(2.866, "_symmetry_space_group_name_H-M 'I m -3 m'", 'Fe 0 0 0'),
      'Fe2',
      2.482,
    ],
    [
      'pyrite',
      cubic(5.416, "_symmetry_space_group_name_H-M 'P a -3'", 'Fe 0 0 0\nS 0.385 0.385 0.385'),
      'Fe4S8',
      2.157,
    ],
  ])('%s: number of atoms and shortest distance', async (_, text, expected, shortest) => {
    const [configuration] = await readText(text);
    expect(formula(configuration)).toBe(expected);
    expect(shortestDistance(configuration)).toBeCloseTo(shortest, 2);
  });

  test('operations of the file, uncertainties, hexagonal angles (quartz)', async () => {
    const text = `data_quartz
_cell_length_a 4.9137(3)
_cell_length_b 4.9137(3)
_cell_length_c 5.4047(2)
_cell_angle_alpha 90.
_cell_angle_beta 90.
_cell_angle_gamma 120.
_cell_formula_units_Z 3
_publ_section_title
;
 data_ in a text field is text; so is loop_
;
loop_
_symmetry_equiv_pos_site_id
_symmetry_equiv_pos_as_xyz
1 'x, y, z'
2 '-y, x-y, z+2/3'
3 '-x+y, -x, z+1/3'
4 'y, x, -z'
5 'x-y, -y, -z+1/3'
6 '-x, -x+y, -z+2/3'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 Si4+ 0.4697(1) 0.0000 0.6667
O1  O2-  0.4133 0.2672 0.7855
`;
    // Si sits on a two-fold axis: its six images are three atoms
    const [frame] = await allFrames(temporaryFile(text));
    expect(formula(frame.configuration as Configuration)).toBe('Si3O6');
    expect(shortestDistance(frame.configuration as Configuration)).toBeCloseTo(1.61, 1);
    expect(frame.problems).toEqual([]);
    expect(volume(frame.configuration?.cell ?? [])).toBeCloseTo(4.9137 ** 2 * 5.4047 * (Math.sqrt(3) / 2), 6);
  });

  test('several data blocks are several frames; what was assumed is said', async () => {
    const frames = await allFrames(
      temporaryFile(`${CIF}\n${cubic(3, '', 'Po 0 0 0').replace('data_x', 'data_polonium')}`),
    );
    expect(frames.map((frame) => frame.configuration?.info?.name)).toEqual(['silicon', 'polonium']);
    expect(frames[0].problems[0].message).toMatch(/Hall symbol -F 4vw 2vw 3\) were used/);
    expect(frames[1].problems[0].message).toMatch(/taken to be all \(P 1\)/);
  });
});

/** Shortest distance with images, by looking at all neighbours of 27 cells. */
function shortestDistance(configuration: Configuration): number {
  const { positions: p, cell } = configuration;
  let shortest = Infinity;
  for (let i = 0; i < p.length; i += 3) {
    for (let j = 0; j < p.length; j += 3) {
      for (let n = 0; n < 27; n++) {
        const [a, b, c] = [(n % 3) - 1, (Math.floor(n / 3) % 3) - 1, Math.floor(n / 9) - 1];
        if (i === j && n === 13) continue;
        const d = [0, 1, 2].map((k) => p[j + k] - p[i + k] + a * cell[k] + b * cell[3 + k] + c * cell[6 + k]);
        shortest = Math.min(shortest, Math.hypot(...d));
      }
    }
  }
  return shortest;
}

describe('pymatgen and mlearn JSON', () => {
  const structure = {
    lattice: {
      matrix: [
        [4, 0, 0],
        [0, 5, 0],
        [0, 0, 6],
      ],
    },
    sites: [{ species: [{ element: 'Si', occu: 1 }], abc: [0.5, 0.5, 0.5] }],
  };

  test('a bare structure, a list of structures, a molecule', async () => {
    const [single] = await readText(JSON.stringify({ '@class': 'Structure', ...structure }));
    expect([...single.positions]).toEqual([2, 2.5, 3]);
    expect(await readText(JSON.stringify([structure, structure]))).toHaveLength(2);
    const [molecule] = await readText(
      JSON.stringify({
        '@class': 'Molecule',
        sites: [{ species: [{ element: 'O', occu: 1 }], xyz: [1, 2, 3] }],
      }),
    );
    expect(molecule.periodic).toEqual([false, false, false]);
  });

  test('kB, positive when compressed', async () => {
    const record = {
      structure,
      outputs: { energy: -5, forces: [[0, 0, 0]], virial_stress: [10, 20, 30, 1, 2, 3] },
      group: 'AIMD',
    };
    const [configuration] = await readText(JSON.stringify([record]));
    expect(configuration.virial?.[0]).toBeCloseTo((10 * 120) / EV_PER_A3_IN_KBAR, 12);
    expect(configuration.info).toEqual({ config_type: 'AIMD' });
  });

  /** Sheared cells of an elastic solid of one atom: E = ½V₀ C ε:ε with shear moduli that differ, so that yz and xz can be told apart. */
  function elastic(order: 'xy yz xz' | 'xy xz yz', element: string): string {
    const edge = 4;
    const records = [-2, -1, 0, 1, 2].flatMap((step) =>
      (['yz', 'xz', 'both'] as const).map((kind) => {
        const s = 0.01 * step;
        const [yz, xz] = [kind === 'xz' ? 0 : s, kind === 'yz' ? 0 : 0.7 * s];
        const [cyz, cxz] = [0.8, 0.3];
        const v = edge ** 3;
        // E per cell with engineering-free components: ½·4·(C_yz ε_yz² + C_xz ε_xz²)·V
        const energy = 2 * v * (cyz * yz * yz + cxz * xz * xz) + -5;
        const w = { yz: -2 * v * cyz * yz, xz: -2 * v * cxz * xz };
        const kilobar = (x: number) => (x / v) * EV_PER_A3_IN_KBAR;
        const matrix = [
          [edge, 0, edge * xz],
          [0, edge, edge * yz],
          [edge * xz, edge * yz, edge],
        ];
        const shears =
          order === 'xy yz xz' ? [0, kilobar(w.yz), kilobar(w.xz)] : [0, kilobar(w.xz), kilobar(w.yz)];
        return {
          structure: { lattice: { matrix }, sites: [{ species: [{ element, occu: 1 }], abc: [0, 0, 0] }] },
          outputs: { energy, forces: [[0, 0, 0]], virial_stress: [0, 0, 0, ...shears] },
          group: 'Sheared',
        };
      }),
    );
    return JSON.stringify(records);
  }

  test.each(['xy yz xz', 'xy xz yz'] as const)(
    'the order %s is recognised by the work of shear',
    async (order) => {
      for (const element of ['Mo', 'Li']) {
        const frames = await allFrames(temporaryFile(elastic(order, element)));
        expect(frames[0].problems.map((problem) => problem.message)).toEqual([
          `Took the order xx yy zz ${order} for the virial_stress of the group "Sheared": energies of sheared cells agree with it.`,
        ]);
        const sheared = frames[0].configuration; // step −2, yz only
        expect(Math.abs(sheared?.virial?.[5] ?? 0)).toBeGreaterThan(1);
        expect(Math.abs(sheared?.virial?.[2] ?? 1)).toBeLessThan(1e-9);
      }
    },
  );

  test.skipIf(!hasShared())(
    'real elastic data of silicon decides for the order in which it is written',
    async () => {
      const group = (await readConfigurations(sharedPath('data', 'Si_train.xyz'))).filter(
        (c) => c.info?.config_type === 'Elastic',
      );
      expect(group.length).toBeGreaterThan(20);
      for (const order of [
        [1, 5, 2],
        [1, 2, 5],
      ]) {
        const records = group.map((c) => ({
          structure: {
            lattice: { matrix: [0, 3, 6].map((k) => [...c.cell.slice(k, k + 3)]) },
            sites: [...c.kinds].map((_, k) => ({
              species: [{ element: 'Si', occu: 1 }],
              xyz: [...c.positions.slice(3 * k, 3 * k + 3)],
            })),
          },
          outputs: {
            energy: c.energy,
            forces: [...c.kinds].map((_, k) => [...(c.forces ?? []).slice(3 * k, 3 * k + 3)]),
            virial_stress: [0, 4, 8, ...order].map(
              (k) => ((c.virial?.[k] ?? 0) / volume(c.cell)) * EV_PER_A3_IN_KBAR,
            ),
          },
          group: 'unnamed',
        }));
        const read = await readText(JSON.stringify(records));
        const difference = read.reduce(
          (most, c, k) =>
            Math.max(
              most,
              ...[...(c.virial ?? [])].map((w, i) => Math.abs(w - (group[k].virial?.[i] ?? NaN))),
            ),
          0,
        );
        expect(difference).toBeLessThan(1e-9);
      }
    },
  );
});

test('kinds of a configuration are numbered in order of appearance', () => {
  expect(kindsFromSymbols(['O', 'Si', 'O'])).toEqual({
    symbols: ['O', 'Si'],
    kinds: Uint16Array.of(0, 1, 0),
  });
});
