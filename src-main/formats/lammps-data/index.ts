/** LAMMPS data files: atom styles atomic, charge, molecular (bond, angle) and full; orthogonal and triclinic boxes. */
import type { StructureFormat } from '../format.ts';
import { linesOf, withoutComment } from '../recognise.ts';
import { LammpsDataParser } from './reader.ts';
import { writeLammpsData } from './writer.ts';

export const lammpsData: StructureFormat = {
  name: 'lammps-data',
  title: 'LAMMPS data',
  extensions: ['.data', '.lmp', '.lammps', '.lammps-data'],
  fileNames: /^data\./,
  recognise: (head) =>
    linesOf(head).some((line) => /^\d+\s+atoms$/.test(withoutComment(line))) &&
    /\b(?:xlo\s+xhi|avec)\b/.test(head),
  conventions: [
    'LAMMPS data: lengths in Å; velocities in Å/ps (units metal) unless the first line says "units = real".',
    'Types are named by the caller, by type labels, by comments such as "# Si" in Masses, or by their mass, which decides where they differ.',
    'The file does not say which axes are periodic; all three are taken to be.',
  ],
  open: (input, context) => new LammpsDataParser(input, context),
  write: writeLammpsData,
};
