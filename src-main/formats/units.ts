/** Units as files and users write them ('eV', 'kcal/mol/Å', 'Ha/bohr', 'GPa', 'eV/A^3'), and their factors. */
import { ForcewrightError } from '../../src-compute/errors.ts';
import {
  BOHR_IN_A,
  EV_PER_A3_IN_GPA,
  EV_PER_A3_IN_KBAR,
  HARTREE_IN_EV,
  RYDBERG_IN_EV,
} from '../../src-compute/units.ts';

/** 1 kcal/mol in eV (thermochemical calorie; CODATA 2018). */
export const KCAL_PER_MOL_IN_EV = 0.0433641153087705;
const KJ_PER_MOL_IN_EV = KCAL_PER_MOL_IN_EV / 4.184;

const ENERGIES: Readonly<Record<string, number>> = {
  ev: 1,
  mev: 1e-3,
  hartree: HARTREE_IN_EV,
  hartrees: HARTREE_IN_EV,
  ha: HARTREE_IN_EV,
  eh: HARTREE_IN_EV,
  au: HARTREE_IN_EV,
  rydberg: RYDBERG_IN_EV,
  rydbergs: RYDBERG_IN_EV,
  ry: RYDBERG_IN_EV,
};
/** Energies of a mole. */
const MOLAR: Readonly<Record<string, number>> = { kcal: KCAL_PER_MOL_IN_EV, kj: KJ_PER_MOL_IN_EV };
const LENGTHS: Readonly<Record<string, number>> = {
  a: 1,
  å: 1,
  ang: 1,
  angstrom: 1,
  angstroms: 1,
  bohr: BOHR_IN_A,
  a0: BOHR_IN_A,
  nm: 10,
  pm: 0.01,
};
const PRESSURES: Readonly<Record<string, number>> = {
  gpa: 1 / EV_PER_A3_IN_GPA,
  mpa: 1e-3 / EV_PER_A3_IN_GPA,
  pa: 1e-9 / EV_PER_A3_IN_GPA,
  kbar: 1 / EV_PER_A3_IN_KBAR,
  kb: 1 / EV_PER_A3_IN_KBAR,
  bar: 1e-3 / EV_PER_A3_IN_KBAR,
  atm: 1.01325e-3 / EV_PER_A3_IN_KBAR,
};

export type Dimension = 'energy' | 'force' | 'pressure' | 'length';

export interface Unit {
  /** In eV, Å and their powers. */
  readonly factor: number;
  readonly dimension: Dimension;
  /** The quantity is given for each atom, and has to be multiplied by their number. */
  readonly perAtom: boolean;
}

const EXAMPLES: Readonly<Record<Dimension, string>> = {
  energy: 'eV, meV, hartree, Ry, kcal/mol, kJ/mol, each also per atom (eV/atom)',
  force: 'eV/Å, hartree/bohr, Ry/bohr, kcal/mol/Å',
  pressure: 'eV/Å³, GPa, kbar, bar, hartree/bohr³, Ry/bohr³',
  length: 'Å, bohr, nm',
};

/**
 * A unit of one of the dimensions wanted; 'au' and 'a.u.' are the atomic unit of the first of them.
 * @throws ForcewrightError when the text is none
 */
export function unitOf(text: string, ...wanted: readonly Dimension[]): Unit {
  const unit = isAtomic(text) ? atomicUnit(wanted[0]) : parsed(text);
  if (unit === undefined || !wanted.includes(unit.dimension)) {
    throw new ForcewrightError(
      `Expected a unit of ${wanted.join(' or ')}, such as ${wanted.map((dimension) => EXAMPLES[dimension]).join(', ')}, found "${text.slice(0, 40)}".`,
    );
  }
  return unit;
}

/** Whether a word is a unit of energy. */
export function isEnergyUnit(text: string): boolean {
  return parsed(text)?.dimension === 'energy';
}

function isAtomic(text: string): boolean {
  return /^(?:a\.?u\.?|atomic)$/i.test(text.trim());
}

function atomicUnit(dimension: Dimension): Unit {
  const lengths = { energy: 0, force: -1, pressure: -3, length: 1 }[dimension];
  return {
    factor: (dimension === 'length' ? 1 : HARTREE_IN_EV) * BOHR_IN_A ** lengths,
    dimension,
    perAtom: false,
  };
}

function parsed(text: string): Unit | undefined {
  const words = text
    .toLowerCase()
    .replaceAll(/[\s()]/g, '')
    .replaceAll('*', '^')
    .replaceAll('^^', '^')
    .split('/');
  const [first, ...below] = words.flatMap((word) =>
    word.startsWith('mol^') ? ['mol', word.slice(4)] : [word],
  );
  const perAtom = take(below, 'atom');
  if (below.length === 0 && !perAtom) {
    if (Object.hasOwn(PRESSURES, first)) return { factor: PRESSURES[first], dimension: 'pressure', perAtom };
    if (Object.hasOwn(LENGTHS, first)) return { factor: LENGTHS[first], dimension: 'length', perAtom };
  }
  const molar = Object.hasOwn(MOLAR, first) && take(below, 'mol');
  const energy = molar ? MOLAR[first] : Object.hasOwn(ENERGIES, first) ? ENERGIES[first] : undefined;
  if (energy === undefined || below.length > 1) return undefined;
  if (below.length === 0) return { factor: energy, dimension: 'energy', perAtom };
  const [length, power] = withPower(below[0]);
  if (length === undefined || (power !== 1 && power !== 3)) return undefined;
  return { factor: energy / length ** power, dimension: power === 1 ? 'force' : 'pressure', perAtom };
}

/** Removes a word from a list; whether it was there. */
function take(words: string[], word: string): boolean {
  const at = words.indexOf(word);
  if (at >= 0) words.splice(at, 1);
  return at >= 0;
}

/** 'bohr^3', 'a3', 'å³': the length in Å and the power. */
function withPower(word: string): [number | undefined, number] {
  if (Object.hasOwn(LENGTHS, word)) return [LENGTHS[word], 1];
  const match = /^([a-zå]+|a0)\^?([13³])$/.exec(word);
  if (match === null || !Object.hasOwn(LENGTHS, match[1])) return [undefined, 0];
  return [LENGTHS[match[1]], match[2] === '1' ? 1 : 3];
}
