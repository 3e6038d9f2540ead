/** DeePMD-kit's systems, as NumPy arrays or raw tables. Given by the folder, or by its type.raw. */
import type { StructureFormat } from '../format.ts';
import { DeepmdParser } from './reader.ts';
import { writeDeepmd } from './writer.ts';

export const deepmd: StructureFormat = {
  name: 'deepmd',
  title: 'DeePMD system (folder with type.raw)',
  extensions: [],
  fileNames: /^type\.raw$/,
  // a list of numbers is like many files: the name decides
  recognise: () => false,
  conventions: [
    'DeePMD system: coordinates and box in Å (rows of the box are the lattice vectors), total energy in eV, forces in eV/Å, virial W = −∂E/∂ε in eV, not divided by the volume; with a file nopbc a free cluster.',
    'Of the other quantities, whose units DeePMD-kit leaves open: spin is taken and written in μB (collinear ones along z), dipole in e·Å, polarizability in Å³.',
  ],
  open: (_input, context) => new DeepmdParser(context),
  writeFolder: writeDeepmd,
};
