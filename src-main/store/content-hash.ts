/**
 * Digests and fingerprints of configurations, by which duplicates are found and results are cached. Digests are
 * SHA-256 over the raw numbers, cut to 16 bytes: equal only when every number is equal to the last bit.
 */
import { createHash, hash as digestOf } from 'node:crypto';
import { atomicNumber } from '../../src-compute/structure/elements.ts';
import { inverseInto, readableCell } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { PROPERTIES } from '../../src-compute/structure/properties.ts';
import { bytesOf } from './binary.ts';

const DIGEST_BYTES = 16;

/** What is content, in the order of the table: rows that come to its end leave the digests of old frames as they were. */
const CONTENT = PROPERTIES.filter((row) => row.isContent);

/** Below this many bytes one call over a copy of the numbers costs less than a hash object that is fed piece by piece. */
const SMALL = 16_384;
const scratch = Buffer.alloc(SMALL);
const reals = new Float64Array(SMALL / 8);
const realBytes = bytesOf(reals);

/** Digests of the structure alone and of structure and labels. */
export function configurationHashes(configuration: Configuration): { structure: Buffer; content: Buffer } {
  const { positions, cell } = configuration;
  const structure: (string | Float64Array)[] = [speciesText(configuration), positions, cell];
  structure.push(configuration.periodic.map(Number).join(''));
  const labels: (string | Float64Array)[] = [];
  const kinds = sortedKinds(configuration);
  let numbers = positions.length + 9;
  for (const { key } of CONTENT) {
    const value = configuration[key];
    if (value === undefined) continue;
    const values = typeof value === 'number' ? Float64Array.of(value) : value;
    labels.push(key, values);
    numbers += values.length + 4; // the key has fewer than 32 characters
  }
  const bytes = 8 * numbers + kinds.byteLength + 3 * structure[0].length + 64;
  return bytes > SMALL ? fed(structure, kinds, labels) : copied(structure, kinds, labels);
}

type Pieces = readonly (string | Float64Array)[];

/** By way of a copy in one place. */
function copied([species, ...structure]: Pieces, kinds: Buffer, labels: Pieces) {
  let end = scratch.write(species as string, 0);
  end += kinds.copy(scratch, end);
  const add = (piece: string | Float64Array) => {
    if (typeof piece === 'string') {
      end += scratch.write(piece, end);
      return;
    }
    // −0 and 0 are the same number to a user: files differ in how they round towards it
    for (let k = 0; k < piece.length; k++) reals[k] = piece[k] + 0;
    realBytes.copy(scratch, end, 0, 8 * piece.length);
    end += 8 * piece.length;
  };
  for (const piece of structure) add(piece);
  const first = digestOf('sha256', scratch.subarray(0, end), 'buffer').subarray(0, DIGEST_BYTES);
  for (const piece of labels) add(piece);
  const second = digestOf('sha256', scratch.subarray(0, end), 'buffer').subarray(0, DIGEST_BYTES);
  return { structure: first, content: second };
}

function fed([species, ...structure]: Pieces, kinds: Buffer, labels: Pieces) {
  const hash = createHash('sha256')
    .update(species as string)
    .update(kinds);
  const add = (piece: string | Float64Array) =>
    hash.update(typeof piece === 'string' ? piece : bytesOf(withoutNegativeZeros(piece)));
  for (const piece of structure) add(piece);
  const first = hash.copy().digest().subarray(0, DIGEST_BYTES);
  for (const piece of labels) add(piece);
  return { structure: first, content: hash.digest().subarray(0, DIGEST_BYTES) };
}

/** −0 and 0 are the same number to a user. */
function withoutNegativeZeros(values: Float64Array): Float64Array {
  for (let k = 0; k < values.length; k++)
    if (values[k] === 0 && Object.is(values[k], -0)) return values.map((value) => value + 0);
  return values;
}

/** The species, whatever order the file names them in. */
function speciesText({ symbols }: Configuration): string {
  return `${symbols.length === 1 ? symbols[0] : [...symbols].sort().join(' ')}\n`;
}

/** The species of each atom as its place in that text. */
function sortedKinds({ symbols, kinds }: Configuration): Buffer {
  if (symbols.length === 1) return bytesOf(kinds);
  const sorted = [...symbols].sort();
  const place = symbols.map((symbol) => sorted.indexOf(symbol));
  return bytesOf(kinds.map((kind) => place[kind]));
}

/** How many fingerprints a structure has: each narrows the search for near-identical ones. */
export const FINGERPRINTS = 4;

// an import asks for the fingerprints of millions of small structures: making arrays would cost more than filling them
const scratchTerms = new Float64Array(9 * FINGERPRINTS);
const scratchSquares = new Float64Array(FINGERPRINTS);
const scratchFractional = new Float64Array(3);
const scratchSlope = new Float64Array(3);
const scratchProduct = new Float64Array(9);
const scratchMatrix = new Float64Array(9);

/**
 * Smooth numbers of a structure, F_q = Σ_i w_qi Z_i Σ_a cos(2π s_ia + φ_a) + Σ_k h_k, with s fractional coordinates
 * (Cartesian/10 Å along axes that are not periodic), h the cell and w_q fixed pseudo-random weights in [−1, 1]. They do
 * not change when an atom is moved by a lattice vector. Near-identical structures have near-identical F, and are then
 * compared in full.
 * @returns F_q, then for each q how much it changes when every number of the file is rounded by up to 1 Å (to be
 *   scaled down): six standard deviations for the atoms, whose errors are independent and uniform, and the worst case
 *   for the cell; 2 × FINGERPRINTS
 */
export function fingerprints(configuration: Configuration): Float64Array {
  const { positions, kinds, cell, periodic } = configuration;
  const inv = fractionalMatrix(configuration);
  const numbers = configuration.symbols.map((symbol, kind) => atomicNumber(symbol) ?? kind + 1);
  const result = new Float64Array(2 * FINGERPRINTS);
  const squares = scratchSquares.fill(0); // Σ |∂F/∂x|²
  const cellTerms = scratchTerms; // ∂F/∂h_ab = 1 − Σ_i s_ia (∂F/∂x_i)_b
  for (let q = 0; q < FINGERPRINTS; q++) {
    for (let k = 0; k < 9; k++) result[q] += cell[k];
    cellTerms.fill(1, 9 * q, 9 * q + 9);
  }
  const s = scratchFractional;
  const slope = scratchSlope;
  const product = scratchProduct; // s_a (∂F/∂x)_b of one atom at weight 1
  let state = 12345;
  for (let atom = 0; atom < kinds.length; atom++) {
    const x = positions[3 * atom];
    const y = positions[3 * atom + 1];
    const z = positions[3 * atom + 2];
    let sum = 0;
    for (let axis = 0; axis < 3; axis++) {
      const along = x * inv[axis] + y * inv[3 + axis] + z * inv[6 + axis];
      s[axis] = periodic[axis] ? along - Math.floor(along) : along;
      turn(2 * Math.PI * s[axis] + axis + 0.3);
      sum += turned.cosine;
      slope[axis] = -2 * Math.PI * turned.sine;
    }
    let squared = 0;
    for (let b = 0; b < 3; b++) {
      const gradient = inv[3 * b] * slope[0] + inv[3 * b + 1] * slope[1] + inv[3 * b + 2] * slope[2];
      squared += gradient * gradient;
      for (let a = 0; a < 3; a++) product[3 * a + b] = s[a] * gradient;
    }
    for (let q = 0; q < FINGERPRINTS; q++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0; // linear congruential; its high bits are good enough
      const weight = ((state >>> 8) / 0x800000 - 1) * numbers[kinds[atom]];
      result[q] += weight * sum;
      squares[q] += weight * weight * squared;
      for (let k = 0; k < 9; k++) cellTerms[9 * q + k] -= weight * product[k];
    }
  }
  for (let q = 0; q < FINGERPRINTS; q++) {
    let cellSlope = 0;
    for (let k = 9 * q; k < 9 * q + 9; k++) cellSlope += Math.abs(cellTerms[k]);
    result[FINGERPRINTS + q] = (6 / Math.sqrt(3)) * Math.sqrt(squares[q]) + cellSlope;
  }
  return result;
}

const turned = { sine: 0, cosine: 0 };

/**
 * Sine and cosine of one angle together, within 2 units of the last place, for a third of what two calls cost. The angle
 * is taken to [−π/4, π/4] with π/2 in two parts; there the polynomials of fdlibm (Sun Microsystems, k_sin.c and k_cos.c)
 * are exact to 2⁻⁵⁸.
 */
function turn(angle: number): void {
  const quarter = Math.round(angle * (2 / Math.PI));
  if (!(Math.abs(quarter) < 1e5)) {
    turned.sine = Math.sin(angle);
    turned.cosine = Math.cos(angle);
    return;
  }
  const x = angle - quarter * 1.5707963267341256 - quarter * 6.077100506506192e-11;
  const z = x * x;
  const s = -1.66666666666666324348e-1 + z * (8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))); // prettier-ignore
  const c = 4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * (2.48015872894767294178e-5 + z * (-2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 - z * 1.13596475577881948265e-11)))); // prettier-ignore
  const sine = x + x * z * s;
  const cosine = 1 - (0.5 * z - z * z * c);
  const odd = (quarter & 1) !== 0;
  turned.sine = (quarter & 2) !== 0 ? -(odd ? cosine : sine) : odd ? cosine : sine;
  turned.cosine = ((quarter + 1) & 2) !== 0 ? -(odd ? sine : cosine) : odd ? sine : cosine;
}

/** Matrix that takes Cartesian to fractional coordinates; /10 Å along axes that are not periodic. */
function fractionalMatrix(configuration: Configuration): Float64Array {
  const completed = readableCell(configuration.cell, configuration.periodic);
  const matrix = inverseInto(completed, scratchMatrix);
  for (let axis = 0; axis < 3; axis++) {
    if (configuration.periodic[axis]) continue;
    const length = Math.hypot(completed[3 * axis], completed[3 * axis + 1], completed[3 * axis + 2]);
    for (let row = 0; row < 3; row++) matrix[3 * row + axis] *= length / 10;
  }
  return matrix;
}

/** Digest of a sequence of digests: the hash of a dataset or of a selection from it, hexadecimal. */
export class SequenceHash {
  private readonly hash = createHash('sha256');
  /** Waits for more: a call for each of millions of digests would cost more than the hashing. */
  private readonly waiting = new Uint8Array(4096);
  private filled = 0;

  add(digest: Uint8Array): void {
    if (this.filled + digest.length > this.waiting.length) this.flush();
    if (digest.length > this.waiting.length) {
      this.hash.update(digest);
      return;
    }
    this.waiting.set(digest, this.filled);
    this.filled += digest.length;
  }

  digest(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    this.hash.update(this.waiting.subarray(0, this.filled));
    this.filled = 0;
  }
}

/** SHA-256 of text or bytes, hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
