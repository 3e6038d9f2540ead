/**
 * VASP POSCAR and CONTCAR: one structure. Comment, scale (negative: the volume), lattice vectors, symbols (since
 * VASP 5), counts, optionally "Selective dynamics", Direct or Cartesian, positions, optionally velocities (Å/fs).
 * CHGCAR and its kin begin in the same way; of them only the structure is read. Layout: VASP wiki, "POSCAR".
 */
import type { StructureFormat } from '../format.ts';
import { linesOf } from '../recognise.ts';
import { poscarBeginning } from './header.ts';
import { PoscarParser } from './reader.ts';
import { writePoscar } from './writer.ts';

export { SELECTIVE_COLUMN } from './writer.ts';

export const poscar: StructureFormat = {
  name: 'poscar',
  title: 'VASP POSCAR',
  extensions: ['.poscar', '.vasp', '.contcar'],
  fileNames: /^(?:POSCAR|CONTCAR)/,
  recognise: (head) => poscarBeginning(linesOf(head, 24)) !== undefined,
  conventions: [
    'POSCAR: lengths in Å, velocities in Å/fs; periodic along all axes.',
    'Files without symbols (VASP 4) take them from the comment line when it names one element for each count, else name them.',
  ],
  open: (input, context) => new PoscarParser(input, context),
  write: writePoscar,
};
