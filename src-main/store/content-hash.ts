/**
 * Digests and fingerprints of configurations, by which duplicates are found and results are cached. Digests are
 * SHA-256 over the raw numbers, cut to 16 bytes: equal only when every number is equal to the last bit.
 */
import { createHash, type Hash } from 'node:crypto';
import { atomicNumber } from '../../src-compute/structure/elements.ts';
import { completedCell, inverse } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { bytesOf } from './binary.ts';

const DIGEST_BYTES = 16;

/** Digests of the structure alone and of structure and labels. */
export function configurationHashes(configuration: Configuration): { structure: Buffer; content: Buffer } {
  const hash = createHash('sha256');
  addSpecies(hash, configuration);
  hash.update(bytesOf(withoutNegativeZeros(configuration.positions)));
  hash.update(bytesOf(withoutNegativeZeros(configuration.cell)));
  hash.update(configuration.periodic.map(Number).join(''));
  const structure = hash.copy().digest().subarray(0, DIGEST_BYTES);
  const labels: [string, Float64Array | undefined][] = [
    ['energy', configuration.energy === undefined ? undefined : Float64Array.of(configuration.energy)],
    ['forces', configuration.forces],
    ['virial', configuration.virial],
    ['atomEnergies', configuration.atomEnergies],
  ];
  for (const [name, values] of labels) {
    if (values !== undefined) hash.update(name).update(bytesOf(withoutNegativeZeros(values)));
  }
  return { structure, content: hash.digest().subarray(0, DIGEST_BYTES) };
}

/** −0 and 0 are the same number to a user: files differ in how they round towards it. */
function withoutNegativeZeros(values: Float64Array): Float64Array {
  if (!values.some((value) => Object.is(value, -0))) return values;
  return values.map((value) => (value === 0 ? 0 : value));
}

/** The species of each atom, whatever order the file names them in. */
function addSpecies(hash: Hash, configuration: Configuration): void {
  const sorted = [...configuration.symbols].sort();
  const place = configuration.symbols.map((symbol) => sorted.indexOf(symbol));
  hash.update(sorted.join(' ') + '\n');
  hash.update(bytesOf(configuration.kinds.map((kind) => place[kind])));
}

/**
 * A smooth number of the structure, F = Σ_i w_i Z_i Σ_a cos(2π s_ia + φ_a) + Σ_k c_k h_k, with h the cell, s fractional coordinates (Cartesian/10 Å
 * along axes that are not periodic), w_i fixed pseudo-random weights in [½, 1] and c_k = 1, 1.1, … It does not change
 * when an atom is moved by a lattice vector, and little when the numbers are rounded: near-identical structures are
 * found among those with near-identical F, and then compared in full.
 */
export function fingerprint(configuration: Configuration): number {
  const { positions, kinds } = configuration;
  const toFractional = fractionalMatrix(configuration);
  const numbers = configuration.symbols.map((symbol, kind) => atomicNumber(symbol) ?? kind + 1);
  let sum = 0;
  for (let k = 0; k < 9; k++) sum += (1 + 0.1 * k) * configuration.cell[k];
  let state = 12345;
  for (let atom = 0; atom < kinds.length; atom++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0; // linear congruential, high bits only
    const weight = (0.5 + 0.5 * ((state >>> 8) / 0x1000000)) * numbers[kinds[atom]];
    const [x, y, z] = [positions[3 * atom], positions[3 * atom + 1], positions[3 * atom + 2]];
    for (let axis = 0; axis < 3; axis++) {
      const s = x * toFractional[axis] + y * toFractional[3 + axis] + z * toFractional[6 + axis];
      sum += weight * Math.cos(2 * Math.PI * s + axis + 0.3);
    }
  }
  return sum;
}

/** Matrix that takes Cartesian to fractional coordinates; /10 Å along axes that are not periodic. */
function fractionalMatrix(configuration: Configuration): Float64Array {
  const completed = completedCell(configuration.cell, configuration.periodic);
  const matrix = inverse(completed);
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

  add(digest: Uint8Array): void {
    this.hash.update(digest);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}

/** SHA-256 of text or bytes, hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
