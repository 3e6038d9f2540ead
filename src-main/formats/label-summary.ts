/**
 * The few numbers of a configuration that the checks of a whole dataset compare. Millions of configurations are
 * checked while they are read: their arrays need not be held for that.
 */
import { volume } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { atomicNumber } from '../../src-compute/structure/elements.ts';

export interface LabelSummary {
  /** Symbols and their fractions, the same text for the same composition. */
  readonly composition: string;
  readonly atoms: number;
  /** eV */
  readonly energy: number | undefined;
  /** Σ F² over all components, (eV/Å)². */
  readonly forceSquares: number;
  readonly forceCount: number;
  /** Root mean square of the force components, eV/Å; 0 without forces. */
  readonly forceSize: number;
  /** Å³ */
  readonly volume: number;
  /** tr W/(3V), eV/Å³; only with a virial and a cell that is periodic along all axes. */
  readonly pressure: number | undefined;
  /** Σ of the total energies of the free atoms, hartree; NaN where a species is no element. */
  readonly freeAtoms: number;
  /** Largest atomic number; NaN where a species is no element. */
  readonly heaviest: number;
}

/** What follows from the numbers of atoms of each species; most configurations share it with others. */
type Atoms = Pick<LabelSummary, 'composition' | 'freeAtoms' | 'heaviest'>;

const known = new Map<string, Atoms>();
const MOST_KNOWN = 1000;

export function summaryOf(configuration: Configuration): LabelSummary {
  const { forces, virial, periodic, cell, energy } = configuration;
  const { composition, freeAtoms, heaviest } = atomsOf(configuration);
  let forceSquares = 0;
  const forceCount = forces?.length ?? 0;
  if (forces !== undefined) for (let k = 0; k < forceCount; k++) forceSquares += forces[k] * forces[k];
  const space = volume(cell);
  const bulk = periodic[0] && periodic[1] && periodic[2] && space > 0 && configuration.kinds.length > 0;
  return {
    composition,
    atoms: configuration.kinds.length,
    energy,
    forceSquares,
    forceCount,
    forceSize: forceCount === 0 ? 0 : Math.sqrt(forceSquares / forceCount),
    volume: space,
    pressure: bulk && virial !== undefined ? (virial[0] + virial[4] + virial[8]) / (3 * space) : undefined,
    freeAtoms,
    heaviest,
  };
}

function atomsOf({ symbols, kinds }: Configuration): Atoms {
  const counts = new Uint32Array(symbols.length);
  for (let atom = 0; atom < kinds.length; atom++) counts[kinds[atom]]++;
  let key = '';
  for (let kind = 0; kind < symbols.length; kind++) key += `${symbols[kind]} ${counts[kind]} `;
  let atoms = known.get(key);
  if (atoms === undefined) {
    atoms = composed(symbols, counts, kinds.length);
    if (known.size < MOST_KNOWN) known.set(key, atoms);
  }
  return atoms;
}

function composed(symbols: readonly string[], counts: Uint32Array, atoms: number): Atoms {
  let [freeAtoms, heaviest] = [0, 0];
  const words: string[] = [];
  symbols.forEach((symbol, kind) => {
    if (counts[kind] === 0) return;
    const number = atomicNumber(symbol) ?? NaN;
    freeAtoms += counts[kind] * ofFreeAtom(number);
    heaviest = Math.max(heaviest, number);
    words.push(`${symbol}${(counts[kind] / atoms).toFixed(6)}`);
  });
  return { composition: words.sort().join(' '), freeAtoms, heaviest };
}

/**
 * Total energy of a free atom by the statistical formula (see magnitudes.ts), hartree; negative. It errs by 8 % for
 * hydrogen alone, which is put right.
 */
function ofFreeAtom(z: number): number {
  return z === 1 ? -0.5 : -0.768745 * z ** (7 / 3) + 0.5 * z * z - 0.2699 * z ** (5 / 3);
}
