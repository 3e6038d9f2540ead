/**
 * Small engines for the tests of samplers: pair potentials with minimum images by trying all pairs, and independent
 * oscillators with exact answers. No neighbour lists, no threads, nothing that could hide an error of a sampler.
 */
import type { PairFunction } from '../../src-compute/potentials/pair/index.ts';
import {
  emptyEvaluation,
  type Evaluation,
  type ForceEngine,
} from '../../src-compute/potentials/potential.ts';
import { faceDistances, inverse } from '../../src-compute/structure/cell.ts';

abstract class TestEngine implements ForceEngine {
  readonly backend = 'reference';
  readonly threads = 1;
  readonly neighbourListBuilds = 0;
  readonly result: Evaluation;
  calls = 0;

  constructor(count: number) {
    this.result = emptyEvaluation(count);
  }

  abstract evaluate(positions: Float64Array, cell: Float64Array): void;

  compute(positions: Float64Array, cell: Float64Array): void {
    this.calls++;
    this.evaluate(positions, cell);
  }

  forgetNeighbours(): void {
    // there are none
  }

  setKinds(kinds: Uint16Array): void {
    throw new Error(`one species only, not ${kinds.length} kinds`);
  }

  dispose(): void {
    // nothing to free
  }
}

/** Σ φ(r) over all pairs and their minimum images in a fully periodic cell; by kinds when φ is a table. */
export class PairEngine extends TestEngine {
  readonly #functions: readonly PairFunction[];
  readonly #species: number;
  #kinds: Uint16Array;

  constructor(kinds: Uint16Array, functions: readonly PairFunction[]) {
    super(kinds.length);
    this.#functions = functions;
    this.#species = Math.sqrt(functions.length);
    this.#kinds = kinds.slice();
  }

  override setKinds(kinds: Uint16Array): void {
    this.#kinds = kinds.slice();
  }

  evaluate(r: Float64Array, cell: Float64Array): void {
    const { result } = this;
    const cutoff = Math.max(...this.#functions.map((phi) => phi.cutoff));
    if (Math.min(...faceDistances(cell)) < 2 * cutoff)
      throw new Error('the test box is smaller than twice the cutoff');
    const inv = inverse(cell);
    const out = new Float64Array(3);
    result.energy = 0;
    result.atomEnergies.fill(0);
    result.forces.fill(0);
    result.virial.fill(0);
    const f = result.forces;
    const w = result.virial;
    for (let i = 0; i < this.#kinds.length; i++) {
      for (let j = i + 1; j < this.#kinds.length; j++) {
        let x = r[3 * j] - r[3 * i];
        let y = r[3 * j + 1] - r[3 * i + 1];
        let z = r[3 * j + 2] - r[3 * i + 2];
        const a = Math.round(x * inv[0] + y * inv[3] + z * inv[6]);
        const b = Math.round(x * inv[1] + y * inv[4] + z * inv[7]);
        const c = Math.round(x * inv[2] + y * inv[5] + z * inv[8]);
        x -= a * cell[0] + b * cell[3] + c * cell[6];
        y -= a * cell[1] + b * cell[4] + c * cell[7];
        z -= a * cell[2] + b * cell[5] + c * cell[8];
        const square = x * x + y * y + z * z;
        if (square >= cutoff * cutoff) continue;
        const d = Math.sqrt(square);
        this.#functions[this.#kinds[i] * this.#species + this.#kinds[j]].evaluate(d, out);
        result.energy += out[0];
        result.atomEnergies[i] += out[0] / 2;
        result.atomEnergies[j] += out[0] / 2;
        const g = out[1] / d;
        f[3 * i] += g * x;
        f[3 * i + 1] += g * y;
        f[3 * i + 2] += g * z;
        f[3 * j] -= g * x;
        f[3 * j + 1] -= g * y;
        f[3 * j + 2] -= g * z;
        w[0] -= g * x * x;
        w[4] -= g * y * y;
        w[8] -= g * z * z;
        w[1] -= g * x * y;
        w[2] -= g * x * z;
        w[5] -= g * y * z;
      }
    }
    w[3] = w[1];
    w[6] = w[2];
    w[7] = w[5];
  }
}

/** U = Σ_k ½ s_k (x_k − x⁰_k)²: every moment is known. */
export class OscillatorEngine extends TestEngine {
  readonly #stiffness: Float64Array;
  readonly #centres: Float64Array;

  constructor(stiffness: Float64Array, centres: Float64Array = new Float64Array(stiffness.length)) {
    super(stiffness.length / 3);
    this.#stiffness = stiffness;
    this.#centres = centres;
  }

  evaluate(r: Float64Array): void {
    const { result } = this;
    result.energy = 0;
    result.atomEnergies.fill(0);
    for (let k = 0; k < r.length; k++) {
      const d = r[k] - this.#centres[k];
      result.forces[k] = -this.#stiffness[k] * d;
      const e = 0.5 * this.#stiffness[k] * d * d;
      result.energy += e;
      result.atomEnergies[(k - (k % 3)) / 3] += e;
    }
  }
}

/** Any function of the positions of a few atoms in the open. */
export class FunctionEngine extends TestEngine {
  readonly #energy: (r: Float64Array, forces: Float64Array) => number;

  constructor(count: number, energy: (r: Float64Array, forces: Float64Array) => number) {
    super(count);
    this.#energy = energy;
  }

  evaluate(r: Float64Array): void {
    this.result.energy = this.#energy(r, this.result.forces);
  }
}
