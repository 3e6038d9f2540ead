/**
 * Random numbers with a state that can be saved: xoshiro128** 1.1 (Blackman & Vigna, ACM Trans. Math. Softw. 47
 * (2021) 36), seeded through splitmix32. Normal deviates by Marsaglia's polar method, gamma deviates by Marsaglia &
 * Tsang (ACM Trans. Math. Softw. 26 (2000) 363).
 */

/** Everything needed to continue a stream: 4 words, then the spare normal deviate (NaN when there is none). */
export type RandomState = readonly [number, number, number, number, number];

export class Random {
  readonly #words = new Uint32Array(4);
  #spare = NaN;

  /**
   * @param seed any number; its integer part counts
   * @param stream numbers of different streams with one seed are independent (chains, replicas)
   */
  constructor(seed: number, stream = 0) {
    let mix = (Math.floor(seed) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) >>> 0;
    mix = (mix + Math.imul(stream, 0x632be5ab)) >>> 0;
    for (let k = 0; k < 4; k++) {
      mix = (mix + 0x9e3779b9) >>> 0;
      let word = mix ^ stream;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#words[k] = word ^ (word >>> 15);
    }
    if (this.#words.every((word) => word === 0)) this.#words[0] = 1;
    for (let k = 0; k < 16; k++) this.next32();
  }

  get state(): RandomState {
    const [a, b, c, d] = this.#words;
    return [a, b, c, d, this.#spare];
  }

  set state(state: RandomState) {
    for (let k = 0; k < 4; k++) this.#words[k] = state[k];
    this.#spare = state[4];
  }

  /** 32 random bits. */
  next32(): number {
    const s = this.#words;
    const scrambled = Math.imul(s[1], 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.next32() >>> 5;
    const low = this.next32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal deviate. */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      this.#spare = v * factor;
      return u * factor;
    }
  }

  /** Gamma deviate of unit scale; shape ≥ 1. */
  gamma(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Sum of the squares of n standard normal deviates. */
  chiSquared(n: number): number {
    if (n <= 0) return 0;
    if (n === 1) return this.normal() ** 2;
    return 2 * this.gamma(n / 2);
  }
}
