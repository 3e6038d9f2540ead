/** LAMMPS text dumps (dump custom, dump atom): several frames, orthogonal and triclinic boxes. */
import type { StructureFormat } from '../format.ts';
import { LammpsDumpParser } from './reader.ts';
import { writeLammpsDump } from './writer.ts';

export const lammpsDump: StructureFormat = {
  name: 'lammps-dump',
  title: 'LAMMPS dump',
  extensions: ['.dump', '.lammpstrj', '.lammpsdump'],
  fileNames: /^dump\./,
  recognise: (head) => /^\s*ITEM: (?:TIMESTEP|UNITS)/.test(head),
  conventions: [
    'LAMMPS dump: units metal (Å, eV/Å, velocities in Å/ps) unless the dump says units real.',
    'Positions are taken from xu yu zu, x y z, xsu ysu zsu or xs ys zs, in this order; the corner of the box becomes the origin.',
    'Atoms are put in order of their ids. Species come from the column element, else from the types; a column mass decides where it says another one.',
  ],
  open: (input, context) => new LammpsDumpParser(input, context),
  write: writeLammpsDump,
};
