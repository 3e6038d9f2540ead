/**
 * Messages of the i-PI socket protocol, both sides (Kapil et al., Comput. Phys. Commun. 236 (2019) 214).
 *
 * Every message begins with a header: 12 ASCII bytes, padded with spaces. Numbers are little endian, lengths i32,
 * reals f64, in atomic units. The cell travels with its lattice vectors as columns, row by row.
 */
import { inverse } from '../../../src-compute/structure/cell.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../../src-compute/units.ts';

export const HEADER_BYTES = 12;

/** What a client may say. */
export const CLIENT_HEADERS = ['NEEDINIT', 'READY', 'HAVEDATA', 'FORCEREADY'] as const;
export type ClientHeader = (typeof CLIENT_HEADERS)[number];
/** What the server says. */
const SERVER_HEADERS = ['STATUS', 'INIT', 'POSDATA', 'GETFORCE', 'EXIT'] as const;
export type ServerHeader = (typeof SERVER_HEADERS)[number];

/** A header as bytes. */
export function headerBytes(header: ServerHeader | ClientHeader): Buffer {
  return Buffer.from(header.padEnd(HEADER_BYTES), 'latin1');
}

/** The header that 12 bytes hold, or undefined when no client says that. */
export function clientHeader(bytes: Buffer): ClientHeader | undefined {
  const text = headerText(bytes);
  return CLIENT_HEADERS.find((header) => header === text);
}

/** The header that 12 bytes hold, or undefined when no server says that. */
export function serverHeader(bytes: Buffer): ServerHeader | undefined {
  const text = headerText(bytes);
  return SERVER_HEADERS.find((header) => header === text);
}

/** Fortran pads with spaces, C programs with zeros. */
function headerText(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll('\0', ' ').trimEnd();
}

/**
 * INIT: number of the bead and text for the client.
 */
export function initMessage(bead: number, text: string): Buffer {
  const body = Buffer.from(text, 'latin1');
  const head = Buffer.alloc(8);
  head.writeInt32LE(bead, 0);
  head.writeInt32LE(body.length, 4);
  return Buffer.concat([headerBytes('INIT'), head, body]);
}

/**
 * POSDATA: cell, its inverse, number of atoms, positions.
 * @param cell lattice vectors as rows, Å; 9
 * @param positions Å; 3N
 */
export function positionMessage(cell: Float64Array, positions: Float64Array): Buffer {
  const atoms = positions.length / 3;
  const message = Buffer.alloc(HEADER_BYTES + 8 * 18 + 4 + 8 * positions.length);
  headerBytes('POSDATA').copy(message);
  const inverted = inverse(cell);
  let offset = HEADER_BYTES;
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++, offset += 8) {
      message.writeDoubleLE(cell[3 * column + row] / BOHR_IN_A, offset);
      // the inverse of the transpose is the transpose of the inverse
      message.writeDoubleLE(inverted[3 * column + row] * BOHR_IN_A, offset + 72);
    }
  }
  offset += 72;
  message.writeInt32LE(atoms, offset);
  offset += 4;
  for (const x of positions) offset = message.writeDoubleLE(x / BOHR_IN_A, offset);
  return message;
}

/** What follows FORCEREADY, in eV and Å. */
export interface ForceMessage {
  readonly energy: number;
  readonly forces: Float64Array;
  /** W = −∂E/∂ε, eV; 9 */
  readonly virial: Float64Array;
  /** What the client adds, as text. */
  readonly extra: string;
}

/** Forces (3N, hartree/bohr) as eV/Å. */
export function forcesOf(bytes: Buffer): Float64Array {
  return reals(bytes, HARTREE_IN_EV / BOHR_IN_A);
}

/**
 * The virial in eV. Some clients fill the upper triangle only (LAMMPS): then it is mirrored.
 */
export function virialOf(bytes: Buffer): Float64Array {
  const virial = reals(bytes, HARTREE_IN_EV);
  if (virial[3] === 0 && virial[6] === 0 && virial[7] === 0) {
    virial[3] = virial[1];
    virial[6] = virial[2];
    virial[7] = virial[5];
  }
  return virial;
}

export function energyOf(bytes: Buffer): number {
  return bytes.readDoubleLE(0) * HARTREE_IN_EV;
}

function reals(bytes: Buffer, factor: number): Float64Array {
  return Float64Array.from({ length: bytes.length / 8 }, (_, k) => bytes.readDoubleLE(8 * k) * factor);
}
