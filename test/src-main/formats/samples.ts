/** A small good file of every format, from which the tests of bad input make broken ones. */
import { readFileSync } from 'node:fs';
import { sample } from './support.ts';

export const EXTENDED_XYZ = `2
Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3:forces:R:3:tag:I:1:fixed:L:1 pbc="T T T" energy=-10.5 virial="1 0 0 0 2 0 0 0 3" config_type=bulk
Si 0.0 0.0 0.0 0.1 0.2 0.3 7 T
O 2.0 2.0 2.0 -0.1 -0.2 -0.3 8 F
2
Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3:forces:R:3:tag:I:1:fixed:L:1 pbc="T T T" energy=-10.25 virial="1 0 0 0 2 0 0 0 3" config_type=bulk
Si 0.1 0.0 0.0 0.1 0.2 0.3 7 T
O 2.0 2.1 2.0 -0.1 -0.2 -0.3 8 F
`;

export const PLAIN_XYZ = `3
water
O 0.0 0.0 0.0
H 0.96 0.0 0.0
H -0.24 0.93 0.0
`;

export const MLIP_CFG = `BEGIN_CFG
 Size
    2
 Supercell
    4.0 0.0 0.0
    0.0 4.0 0.0
    0.0 0.0 4.0
 AtomData:  id type cartes_x cartes_y cartes_z fx fy fz
    1 0 0.0 0.0 0.0 0.1 0.2 0.3
    2 1 2.0 2.0 2.0 -0.1 -0.2 -0.3
 Energy
    -10.5
 PlusStress:  xx yy zz yz xz xy
    1.0 2.0 3.0 0.4 0.5 0.6
 Feature   EFS_by	VASP
END_CFG

BEGIN_CFG
 Size
    1
 AtomData:  id type cartes_x cartes_y cartes_z
    1 0 0.0 0.0 0.0
END_CFG
`;

export const POSCAR = `silica
1.0
4.0 0.0 0.0
0.0 5.0 0.0
0.5 0.0 6.0
Si O
1 2
Selective dynamics
Direct
0.0 0.0 0.0 T T T
0.4 0.0 0.0 T F T
0.0 0.32 0.0 F F F

0.001 0.0 0.0
0.0 0.002 0.0
0.0 0.0 0.003
`;

export const LAMMPS_DATA = `LAMMPS data file via write_data, version 23 Jun 2022, timestep = 0, units = metal

3 atoms
2 atom types

1.0 5.0 xlo xhi
0.0 5.0 ylo yhi
0.0 6.0 zlo zhi
0.0 0.5 0.0 xy xz yz

Masses

1 28.085
2 15.999 # O

Atoms # charge

2 2 -0.6 2.6 0.0 0.0 0 0 0
1 1 1.2 1.0 0.0 0.0 0 0 0
3 2 -0.6 1.0 1.6 0.0 0 1 0

Velocities

1 1.0 2.0 3.0
2 0.0 0.0 0.0
3 -1.0 -2.0 -3.0
`;

export const LAMMPS_DUMP = `ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp ff
1.0 5.0
0.0 5.0
0.0 6.0
ITEM: ATOMS id type element xs ys zs vx vy vz fx fy fz
2 2 O 0.5 0.5 0.5 1.0 0.0 0.0 -0.1 0.0 0.0
1 1 Si 0.0 0.0 0.0 2.0 0.0 0.0 0.1 0.0 0.0
ITEM: TIMESTEP
10
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp ff
1.0 5.0
0.0 5.0
0.0 6.0
ITEM: ATOMS id type element xs ys zs vx vy vz fx fy fz
1 1 Si 0.1 0.0 0.0 2.0 0.0 0.0 0.1 0.0 0.0
2 2 O 0.5 0.5 0.5 1.0 0.0 0.0 -0.1 0.0 0.0
`;

export const CIF = `data_silicon
_cell_length_a   5.431(2)
_cell_length_b   5.431
_cell_length_c   5.431
_cell_angle_alpha   90
_cell_angle_beta    90
_cell_angle_gamma   90
_space_group_name_H-M_alt   'F d -3 m :2'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Si1 Si 0.125 0.125 0.125 1.0
`;

export const PYMATGEN = JSON.stringify(
  [0, 0.1].map((shift) => ({
    structure: {
      '@module': 'pymatgen.core.structure',
      '@class': 'Structure',
      lattice: {
        matrix: [
          [4, 0, 0],
          [0, 4, 0],
          [0, 0, 4],
        ],
      },
      sites: [
        { species: [{ element: 'Si', occu: 1 }], abc: [0, 0, 0], xyz: [0, 0, 0], label: 'Si' },
        { species: [{ element: 'Si', occu: 1 }], abc: [0.5, 0.5, 0.5], xyz: [2, 2, 2 + shift], label: 'Si' },
      ],
    },
    outputs: {
      energy: -10.5,
      forces: [
        [0.1, 0, 0],
        [-0.1, 0, 0],
      ],
      virial_stress: [10, 20, 30, 4, 5, 6],
    },
    group: 'AIMD',
    description: 'snapshot',
  })),
  undefined,
  1,
);

/** Good files by format name. */
export const GOOD: Record<string, string> = {
  extxyz: EXTENDED_XYZ,
  xyz: PLAIN_XYZ,
  mlip: MLIP_CFG,
  poscar: POSCAR,
  'lammps-data': LAMMPS_DATA,
  'lammps-dump': LAMMPS_DUMP,
  cif: CIF,
  pymatgen: PYMATGEN,
  outcar: readFileSync(sample('vasp', 'OUTCAR'), 'utf8'),
  vasprun: readFileSync(sample('vasp', 'vasprun.xml'), 'utf8'),
  'espresso-output': readFileSync(sample('espresso', 'md.out'), 'utf8'),
  'espresso-xml': readFileSync(sample('espresso', 'md.xml'), 'utf8'),
};
