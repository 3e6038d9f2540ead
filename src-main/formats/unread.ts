/**
 * Well-known files that are not read, each with a sentence: what it is, and what to give instead. A reader that comes
 * later takes its line away. All tests look at the beginning of the file and take time in proportion to it.
 */
import { basename } from 'node:path';
import { linesOf } from './recognise.ts';

/** A kind of file that is known and not read. */
export interface UnreadKind {
  /** What it is, in words that follow "is". */
  readonly is: string;
  /** What to do instead, a whole sentence. */
  readonly remedy: string;
}

interface Rule extends UnreadKind {
  /** How the bytes begin, as Latin-1 text. */
  readonly magic?: string;
  /** Words that stand in the beginning of the text. */
  readonly words?: readonly string[];
  readonly recognise?: (head: string) => boolean;
  /** Whether it would be taken for a format that is read. */
  readonly misleading?: boolean;
  /** By name, for files whose content does not tell; lower case. */
  readonly name?: RegExp;
}

const AS_XYZ = 'Convert it to extended XYZ first, for example with ASE (ase convert).';
const OUTPUTS = 'Give the OUTCAR or the vasprun.xml of the run.';

/** Files of bytes. */
const BINARY: readonly Rule[] = [
  {
    magic: 'SQLite format 3\0',
    is: 'an SQLite database (an ASE database, or a project of this program)',
    remedy: `Open a project with --project. ${AS_XYZ}`,
  },
  {
    magic: '\x93NUMPY',
    is: 'a NumPy array (.npy)',
    remedy: `Of a DeePMD system give the folder with type.raw. ${AS_XYZ}`,
  },
  {
    magic: 'PK\x03\x04',
    is: 'a zip archive (also PyTorch files are)',
    remedy: 'Unpack it, and give the structure files in it.',
  },
  { magic: 'CDF', is: 'a NetCDF file', remedy: AS_XYZ },
  { magic: '\x80\x02', is: 'a pickled Python object', remedy: AS_XYZ },
  { magic: '\x80\x03', is: 'a pickled Python object', remedy: AS_XYZ },
  { magic: '\x80\x04', is: 'a pickled Python object', remedy: AS_XYZ },
  { magic: '\x80\x05', is: 'a pickled Python object', remedy: AS_XYZ },
  { magic: '7z\xbc\xaf\x27\x1c', is: 'a 7z archive', remedy: 'Unpack it first.' },
  { magic: '\x1f\x9d', is: 'compressed with compress (.Z)', remedy: 'Unpack it first (uncompress).' },
  { magic: '%PDF', is: 'a PDF document', remedy: 'Give the structure file itself.' },
  {
    recognise: (head) => head.slice(257, 262) === 'ustar',
    is: 'a tar archive',
    remedy: 'Unpack it, and give the structure files in it.',
  },
];

const line = (pattern: RegExp) => (head: string) => linesOf(head).some((text) => pattern.test(text));

/** Text files of programs. */
const TEXT: readonly Rule[] = [
  {
    recognise: (head) =>
      line(/^\s*Program QEHeat\b/i)(head) ||
      /\bCPV trajectory\b|Cannot open trajectory file\. I can calculate/.test(head),
    misleading: true,
    is: 'an output of all_currents.x, which moves the atoms without printing where',
    remedy: 'Give the output of pw.x.',
  },
  {
    recognise: line(
      /^\s*Program (?:CP|PHONON|NEB|PROJWFC|DOS|PW2\w+|TURBO\w*|EPW|HP|BANDS|POST-PROC|AVERAGE) v/,
    ),
    is: 'an output of Quantum ESPRESSO, but not of pw.x',
    remedy: 'Give the output of pw.x.',
  },
  {
    recognise: line(/^\s*&(?:control|system|electrons)\b/i),
    is: 'an input of Quantum ESPRESSO',
    remedy: 'Give the output of pw.x, which has the energies and forces too.',
  },
  { recognise: line(/^\s*%BLOCK\s+(?:lattice_|positions_)/i), is: 'a cell file of CASTEP', remedy: AS_XYZ },
  { words: ['Welcome to SIESTA', 'Siesta Version'], is: 'an output of SIESTA', remedy: AS_XYZ },
  { recognise: line(/^\.Version\s+\S+\s+of ABINIT/), is: 'an output of ABINIT', remedy: AS_XYZ },
  {
    words: ['Northwest Computational Chemistry Package'],
    is: 'an output of NWChem',
    remedy: AS_XYZ,
  },
  { words: ['Psi4: An Open-Source Ab Initio'], is: 'an output of Psi4', remedy: AS_XYZ },
  { words: ['___ ___ ___ _ _ _'], is: 'an output of GPAW', remedy: AS_XYZ },
  { recognise: line(/^[\s|]*DFTB\+ /), is: 'an output of DFTB+', remedy: AS_XYZ },
  {
    recognise: (head) => head.startsWith('LAMMPS ('),
    is: 'a log of LAMMPS',
    remedy: 'Give a dump file (dump custom) or a data file (write_data) of the run.',
  },
  {
    recognise: line(/^\s*(?:pair_style|read_data)\s/),
    is: 'an input of LAMMPS',
    remedy: 'Give the data file or a dump file.',
  },
  {
    recognise: (head) => /^\s*parameters from PSCTR are:/.test(linesOf(head, 3)[2] ?? ''),
    misleading: true,
    is: 'a POTCAR of VASP',
    remedy: OUTPUTS,
  },
  { recognise: line(/^\s*TITEL\s*=\s*(?:PAW|US)/), is: 'a POTCAR of VASP', remedy: OUTPUTS },
  {
    // an OUTCAR has no such table; the output begins with the version of VASP, too
    recognise: line(/^\s*N\s+E\s+dE\s+d eps\s+ncg\s+rms/),
    misleading: true,
    is: 'what VASP prints on the terminal (or an OSZICAR), which has no positions',
    remedy: OUTPUTS,
  },
  { recognise: line(/^\s*(?:ENCUT|ISMEAR|PREC|IBRION)\s*=/i), is: 'an INCAR of VASP', remedy: OUTPUTS },
  {
    recognise: (head) => /^\s*(?:gamma|monkhorst|automatic|line)/i.test(linesOf(head, 4)[2] ?? ''),
    is: 'a KPOINTS file of VASP',
    remedy: OUTPUTS,
  },
  {
    recognise: (head) =>
      /^\s*\d+:?\s+F=\s*\S+\s+E0=/.test(head) || line(/^\s*\d+ (?:T= .*)?F= \S+ E0= /)(head),
    is: 'an OSZICAR of VASP, which has no positions',
    remedy: OUTPUTS,
  },
  {
    // VASP 4: no lattice in the file
    recognise: (head) => {
      const lines = linesOf(head, 5);
      return /^\s*CAR\s*$/.test(lines[3] ?? '') && /^\s*\d+\s+\d+\s+\d+/.test(lines[0]);
    },
    is: 'an XDATCAR of VASP 4, which has no lattice vectors',
    remedy: OUTPUTS,
  },
  {
    recognise: (head) => linesOf(head, 1)[0].trim() === 'begin' && line(/^\s*atom\s/)(head),
    is: 'an input.data file of RuNNer or n2p2 (bohr, hartree or eV)',
    remedy: AS_XYZ,
  },
  { recognise: line(/^\s*(?:PRIMVEC|CONVVEC|PRIMCOORD)\s*$/), is: 'an XSF file', remedy: AS_XYZ },
  { recognise: line(/^(?:CRYST1|HEADER|HETATM|ATOM {2})\s*\S/), is: 'a PDB file', remedy: AS_XYZ },
  { recognise: line(/^.{33}.*V[23]000\s*$/), is: 'a molfile (SDF)', remedy: AS_XYZ },
  { recognise: line(/^@<TRIPOS>/), is: 'a mol2 file', remedy: AS_XYZ },
  {
    recognise: (head) => /^\s*\{/.test(head) && /"ids"\s*:/.test(head) && /"unique_id"\s*:/.test(head),
    is: 'a JSON database of ASE',
    remedy: AS_XYZ,
  },
];

/** By name alone. */
const NAMED: readonly Rule[] = [
  { name: /^wavecar/, is: 'a WAVECAR of VASP', remedy: OUTPUTS },
  { name: /^wavefunction|\.wfc\d*$/, is: 'a file of wave functions', remedy: OUTPUTS },
  {
    name: /\.(?:pt|pth|ckpt|model)$/,
    is: 'a model of a Python program',
    remedy: 'Give the data it was trained on.',
  },
  { name: /\.(?:dcd|xtc|trr)$/, is: 'a binary trajectory', remedy: AS_XYZ },
];

/**
 * What a file is that no format reads, or undefined when it is not known either.
 * @param head its beginning, one character a byte
 */
export function unreadKind(head: string, file: string): UnreadKind | undefined {
  const name = basename(file).toLowerCase();
  const fits = (rule: Rule) =>
    (rule.magic !== undefined && head.startsWith(rule.magic)) ||
    rule.words?.some((words) => head.includes(words)) === true ||
    rule.recognise?.(head) === true ||
    rule.name?.test(name) === true;
  return [...BINARY, ...TEXT, ...NAMED].find(fits);
}

/** Kinds that begin like a format that is read, and must not be taken for it. */
export function lookAlike(head: string): UnreadKind | undefined {
  return TEXT.find((rule) => rule.misleading === true && rule.recognise?.(head) === true);
}
