/**
 * The one number of per-atom heads that only the energy knows: a constant c per atom with
 * ⟨E − Σ_i A_i·φ_i⟩ = N c, the mean over frames with forgetting. Kept as means of E and of every φ_i, so that it is
 * exact for coefficients that came later than the frames.
 */
export class EnergyLevel {
  /** Σ ω^age, Σ ω^age E */
  #count = 0;
  #energy = 0;
  /** Σ ω^age φ_i, atoms × K */
  readonly #features: Float64Array;

  constructor(size: number) {
    this.#features = new Float64Array(size);
  }

  /** @param features φ of all atoms, which are added to the sums */
  add(energy: number, features: Float64Array, forgetting: number): void {
    this.#count = forgetting * this.#count + 1;
    this.#energy = forgetting * this.#energy + energy;
    for (let k = 0; k < features.length; k++) {
      this.#features[k] = forgetting * this.#features[k] + features[k];
    }
  }

  /** ⟨E − Σ_i A_i·φ_i⟩ */
  residual(coefficients: Float64Array): number {
    if (this.#count === 0) return 0;
    let sum = this.#energy;
    for (let k = 0; k < coefficients.length; k++) sum -= coefficients[k] * this.#features[k];
    return sum / this.#count;
  }

  /** Sums of another stream, its energies counted from here. */
  merge(count: number, energy: number, features: Float64Array): void {
    this.#count += count;
    this.#energy += energy;
    for (let k = 0; k < features.length; k++) this.#features[k] += features[k];
  }

  /** count, energy, features */
  save(): Float64Array {
    const saved = new Float64Array(2 + this.#features.length);
    saved.set([this.#count, this.#energy]);
    saved.set(this.#features, 2);
    return saved;
  }

  restore(saved: Float64Array): void {
    [this.#count, this.#energy] = saved;
    this.#features.set(saved.subarray(2));
  }
}
