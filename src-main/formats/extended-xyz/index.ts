/**
 * Extended XYZ (libAtoms, ASE): symbols, positions and any columns that `Properties` declares, with the cell and the
 * labels in the comment line.
 */
import { OPTIONAL } from '../../../src-compute/structure/properties.ts';
import type { StructureFormat } from '../format.ts';
import { isExtendedHeader } from './header.ts';
import { ExtendedXyzParser } from './reader.ts';
import { writeExtendedXyz } from './writer.ts';

export const extendedXyz: StructureFormat = {
  name: 'extxyz',
  title: 'extended XYZ',
  extensions: ['.xyz', '.extxyz'],
  namedLabels: true,
  recognise: (head) => {
    const [count, comment] = head.replace(/^\s+/, '').split(/\r?\n/, 2);
    return /^\s*\d+\s*$/.test(count ?? '') && comment !== undefined && isExtendedHeader(comment);
  },
  conventions: [
    'Extended XYZ: positions and Lattice in Å, energies in eV, forces in eV/Å, velocities (velo) in Å/fs; without these, momenta as of ASE (√(amu eV)) give them.',
    '"virial" is taken as W = −∂E/∂ε in eV (positive: wants to expand); "stress" as σ in eV/Å³ (tension positive), converted by W = −σV.',
    'Six components are read in the order xx yy zz yz xz xy.',
    'Where a frame has both "energy" and "free_energy", "energy" is the label and the other is kept.',
    'Energy, forces and stress are taken under keys with the same prefix (energy, REF_energy, dft_energy); units named by keys such as energy-unit are converted.',
    `Further properties by ASE's names, alone or with that prefix: ${OPTIONAL.map(({ files, unit }) => `${files.xyz[0]} in ${unit}`).join(', ')}; another unit is named by a key such as dipole_unit.`,
  ],
  open: (input, context) => new ExtendedXyzParser(input, context),
  write: writeExtendedXyz,
};
