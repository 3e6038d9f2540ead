/** Messages of the i-PI socket protocol as its clients read and write them; the layout is described in messages.ts. */
import type { Evaluation } from '../../../src-compute/potentials/potential.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../../src-compute/units.ts';
import { headerBytes } from './messages.ts';

/** Atomic units, as the server has them: its constants decide what the numbers on the socket mean. */
export interface AtomicUnits {
  /** Å */
  readonly bohr: number;
  /** eV */
  readonly hartree: number;
}

/**
 * What a server may mean by atomic units. ASE makes its own from the constants of CODATA 2014
 * (https://wiki.fysik.dtu.dk/ase/ase/units.html; the values are those of ase.units in ASE 3.22): they differ from CODATA
 * 2018 by 1e-8, which an energy of −1e4 eV shows.
 */
export const ATOMIC_UNITS = {
  'codata-2018': { bohr: BOHR_IN_A, hartree: HARTREE_IN_EV },
  ase: { bohr: 0.5291772105638411, hartree: 27.211386024367243 },
} as const satisfies Record<string, AtomicUnits>;

/** Bytes between the header POSDATA and the positions: cell, inverse cell, number of atoms. */
export const POSITION_HEAD_BYTES = 18 * 8 + 4;

/** Cell (rows, Å; 9) and number of atoms of POSDATA. The inverse cell is not needed. */
export function positionHead(bytes: Buffer, units: AtomicUnits): { cell: Float64Array; atoms: number } {
  const cell = new Float64Array(9);
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 3; column++)
      cell[3 * column + row] = bytes.readDoubleLE(8 * (3 * row + column)) * units.bohr;
  return { cell, atoms: bytes.readInt32LE(18 * 8) };
}

/** Writes the positions of POSDATA (3N, bohr) over `positions` (3N, Å). */
export function readPositions(bytes: Buffer, units: AtomicUnits, positions: Float64Array): void {
  for (let k = 0; k < positions.length; k++) positions[k] = bytes.readDoubleLE(8 * k) * units.bohr;
}

/**
 * FORCEREADY: energy, number of atoms, forces, virial, and text for whoever reads it.
 * The virial is W = −∂E/∂ε, positive when the structure wants to expand, as i-PI has it (P = tr(2K + W)/3V).
 */
export function forceMessage(
  { energy, forces, virial }: Pick<Evaluation, 'energy' | 'forces' | 'virial'>,
  units: AtomicUnits,
  extra = '',
): Buffer {
  const header = headerBytes('FORCEREADY');
  const text = Buffer.from(extra, 'utf8');
  const message = Buffer.alloc(header.length + 8 + 4 + 8 * forces.length + 72 + 4 + text.length);
  header.copy(message);
  let offset = message.writeDoubleLE(energy / units.hartree, header.length);
  offset = message.writeInt32LE(forces.length / 3, offset);
  const perForce = units.bohr / units.hartree;
  for (const force of forces) offset = message.writeDoubleLE(force * perForce, offset);
  for (const w of virial) offset = message.writeDoubleLE(w / units.hartree, offset);
  offset = message.writeInt32LE(text.length, offset);
  text.copy(message, offset);
  return message;
}
