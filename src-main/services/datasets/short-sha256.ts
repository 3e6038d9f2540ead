/**
 * SHA-256 of short messages (FIPS 180-4), as numbers: splits ask for one for each of millions of configurations, and a
 * call of the system's library costs several times what the hashing of a single block does.
 */

/** Longest message that fits into one block with its end mark and its length, bytes. */
export const MOST_BYTES = 55;

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2). */
const K = Int32Array.from(primes(64), (prime) => fractionBits(Math.cbrt(prime)));
/** The same of the square roots of the first eight (section 5.3.3). */
const START = Int32Array.from(primes(8), (prime) => fractionBits(Math.sqrt(prime)));

function fractionBits(x: number): number {
  return ((x - Math.floor(x)) * 2 ** 32) | 0;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

const schedule = new Int32Array(64);

/**
 * The first 48 bits of the SHA-256 of a message as a number in [0, 1).
 * @param message at most MOST_BYTES of it are read
 */
export function uniformOf(message: Uint8Array, length: number): number {
  const w = schedule;
  for (let t = 0; t < 16; t++) w[t] = 0;
  for (let k = 0; k < length; k++) w[k >> 2] |= message[k] << (24 - 8 * (k & 3));
  w[length >> 2] |= 0x80 << (24 - 8 * (length & 3));
  w[15] = 8 * length;
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15];
    const y = w[t - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
  }
  let a = START[0];
  let b = START[1];
  let c = START[2];
  let d = START[3];
  let e = START[4];
  let f = START[5];
  let g = START[6];
  let h = START[7];
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  // 32 bits of the first word, 16 of the second
  return (((a + START[0]) >>> 0) * 65536 + (((b + START[1]) | 0) >>> 16)) / 2 ** 48;
}
