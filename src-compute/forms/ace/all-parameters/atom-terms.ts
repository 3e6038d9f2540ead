/**
 * Products of an atom's sums, forwards with their change along a displacement and backwards, for gradients of a fit's objective.
 *
 * For E = Σ_p w_p F_p(ρ_p), ρ_p = Σ_T c̃_Tp Re(z_a z_b) and its derivative Ė along a displacement, the derivatives of α E + Ė by
 * everything that it is made of: with dots for derivatives along the displacement,
 *
 *   ∂/∂ρ_p = w_p (α F_p′ + F_p″ ρ̇_p),  ∂/∂ρ̇_p = w_p F_p′
 *
 * and then back through Re(z_a z_b), Re(ż_a z_b + z_a ż_b) and the products. Derivatives w by a node mean dE = Re(w dz).
 */
import { embeddingDerivatives } from '../../../potentials/ace/embedding.ts';
import type { AceEmbedding } from '../../../potentials/ace/model.ts';
import type { AceTerms } from './terms.ts';

/** Sums of an atom and derivatives by them, all channels together. */
export class AtomTerms {
  readonly sums: Float64Array;
  /** Change of the sums along the displacement. */
  readonly changes: Float64Array;
  /** What functions of single neighbours give to every density, and its change. */
  readonly singles: Float64Array;
  readonly singleChanges: Float64Array;
  /** Derivatives of α E + Ė by the densities and by their changes. */
  readonly byRho: Float64Array;
  readonly byRhoChange: Float64Array;
  /** ∂(αE + Ė)/∂A, and ∂E/∂A (which is ∂Ė/∂Ȧ, too). */
  readonly bySums: Float64Array;
  readonly byChanges: Float64Array;
  private readonly terms: AceTerms;
  private readonly densities: number;
  /** Nodes, their changes and derivatives: real and imaginary parts. */
  private readonly z: Float64Array;
  private readonly dz: Float64Array;
  private readonly w: Float64Array;
  private readonly dw: Float64Array;
  private readonly rho: Float64Array;
  private readonly rhoChange: Float64Array;

  constructor(terms: AceTerms, channels: number, densities: number) {
    this.terms = terms;
    this.densities = densities;
    const size = channels * terms.channelSize;
    [this.sums, this.changes] = [new Float64Array(size), new Float64Array(size)];
    [this.bySums, this.byChanges] = [new Float64Array(size), new Float64Array(size)];
    const nodes = 2 * (terms.leafPlace.length + terms.left.length);
    [this.z, this.dz] = [new Float64Array(nodes), new Float64Array(nodes)];
    [this.w, this.dw] = [new Float64Array(nodes), new Float64Array(nodes)];
    [this.rho, this.rhoChange] = [new Float64Array(densities), new Float64Array(densities)];
    [this.byRho, this.byRhoChange] = [new Float64Array(densities), new Float64Array(densities)];
    [this.singles, this.singleChanges] = [new Float64Array(densities), new Float64Array(densities)];
  }

  /**
   * Energy from the sums; ∂E/∂A goes to byChanges.
   * @param coefficients c̃ by term and density
   */
  energy(coefficients: Float64Array, embedding: AceEmbedding): number {
    const { terms, densities: count, z, rho, byRho } = this;
    this.formNodes(z, this.sums);
    rho.set(this.singles);
    const { first, second } = terms;
    for (let t = 0, c = 0; t < first.length; t++) {
      const [a, b] = [2 * first[t], 2 * second[t]];
      const value = z[a] * z[b] - z[a + 1] * z[b + 1];
      for (let p = 0; p < count; p++) rho[p] += coefficients[c++] * value;
    }
    let energy = 0;
    for (let p = 0; p < count; p++) {
      const { value, slope } = embeddingDerivatives(embedding, p, rho[p]);
      energy += value;
      byRho[p] = slope;
    }
    this.backThrough(coefficients, byRho, undefined, this.byChanges);
    return energy;
  }

  /**
   * Derivatives of α E + Ė: by the sums and their changes, and by the coefficients, which are added up.
   * @param gradient as coefficients
   */
  gradient(coefficients: Float64Array, embedding: AceEmbedding, alpha: number, gradient: Float64Array): void {
    const { terms, densities: count, z, dz, rho, rhoChange, byRho, byRhoChange } = this;
    this.formNodes(z, this.sums);
    this.formChanges();
    rho.set(this.singles);
    rhoChange.set(this.singleChanges);
    const { first, second } = terms;
    for (let t = 0, c = 0; t < first.length; t++) {
      const [a, b] = [2 * first[t], 2 * second[t]];
      const value = z[a] * z[b] - z[a + 1] * z[b + 1];
      const change = dz[a] * z[b] - dz[a + 1] * z[b + 1] + z[a] * dz[b] - z[a + 1] * dz[b + 1];
      for (let p = 0; p < count; p++, c++) {
        rho[p] += coefficients[c] * value;
        rhoChange[p] += coefficients[c] * change;
      }
    }
    for (let p = 0; p < count; p++) {
      const { slope, curvature } = embeddingDerivatives(embedding, p, rho[p]);
      byRho[p] = alpha * slope + curvature * rhoChange[p];
      byRhoChange[p] = slope;
    }
    this.backThrough(coefficients, byRho, gradient, this.bySums);
  }

  /** Leaves from sums, products from leaves. */
  private formNodes(z: Float64Array, sums: Float64Array): void {
    const { leafPlace, leafRe, leafIm, left, right } = this.terms;
    for (let k = 0; k < leafPlace.length; k++) {
      z[2 * k] = leafRe[k] * sums[leafPlace[k]];
      z[2 * k + 1] = leafIm[k] * sums[leafPlace[k] + 1];
    }
    for (let k = 0, to = 2 * leafPlace.length; k < left.length; k++, to += 2) {
      const [a, b] = [2 * left[k], 2 * right[k]];
      z[to] = z[a] * z[b] - z[a + 1] * z[b + 1];
      z[to + 1] = z[a] * z[b + 1] + z[a + 1] * z[b];
    }
  }

  private formChanges(): void {
    const { z, dz, changes } = this;
    const { leafPlace, leafRe, leafIm, left, right } = this.terms;
    for (let k = 0; k < leafPlace.length; k++) {
      dz[2 * k] = leafRe[k] * changes[leafPlace[k]];
      dz[2 * k + 1] = leafIm[k] * changes[leafPlace[k] + 1];
    }
    for (let k = 0, to = 2 * leafPlace.length; k < left.length; k++, to += 2) {
      const [a, b] = [2 * left[k], 2 * right[k]];
      dz[to] = dz[a] * z[b] - dz[a + 1] * z[b + 1] + z[a] * dz[b] - z[a + 1] * dz[b + 1];
      dz[to + 1] = dz[a] * z[b + 1] + dz[a + 1] * z[b] + z[a] * dz[b + 1] + z[a + 1] * dz[b];
    }
  }

  /**
   * From derivatives by densities to those by sums. With a gradient, derivatives by the changes are carried along (they go to
   * byChanges) and those by coefficients added.
   */
  private backThrough(
    coefficients: Float64Array,
    byRho: Float64Array,
    gradient: Float64Array | undefined,
    to: Float64Array,
  ): void {
    const { terms, densities: count, z, dz, w, dw, byRhoChange } = this;
    const { first, second } = terms;
    w.fill(0);
    if (gradient) dw.fill(0);
    for (let t = 0, c = 0; t < first.length; t++) {
      const [a, b] = [2 * first[t], 2 * second[t]];
      let [beta, gamma] = [0, 0];
      if (gradient) {
        const value = z[a] * z[b] - z[a + 1] * z[b + 1];
        const change = dz[a] * z[b] - dz[a + 1] * z[b + 1] + z[a] * dz[b] - z[a + 1] * dz[b + 1];
        for (let p = 0; p < count; p++, c++) {
          beta += byRho[p] * coefficients[c];
          gamma += byRhoChange[p] * coefficients[c];
          gradient[c] += byRho[p] * value + byRhoChange[p] * change;
        }
        w[a] += beta * z[b] + gamma * dz[b];
        w[a + 1] += beta * z[b + 1] + gamma * dz[b + 1];
        w[b] += beta * z[a] + gamma * dz[a];
        w[b + 1] += beta * z[a + 1] + gamma * dz[a + 1];
        dw[a] += gamma * z[b];
        dw[a + 1] += gamma * z[b + 1];
        dw[b] += gamma * z[a];
        dw[b + 1] += gamma * z[a + 1];
      } else {
        for (let p = 0; p < count; p++) beta += byRho[p] * coefficients[c++];
        w[a] += beta * z[b];
        w[a + 1] += beta * z[b + 1];
        w[b] += beta * z[a];
        w[b + 1] += beta * z[a + 1];
      }
    }
    this.backProducts(gradient !== undefined);
    this.readLeaves(w, to);
    if (gradient) this.readLeaves(dw, this.byChanges);
  }

  private backProducts(withChanges: boolean): void {
    const { z, dz, w, dw } = this;
    const { leafPlace, left, right } = this.terms;
    for (let k = left.length - 1, o = 2 * (leafPlace.length + k); k >= 0; k--, o -= 2) {
      const [a, b] = [2 * left[k], 2 * right[k]];
      const [wr, wi] = [w[o], w[o + 1]];
      let [ar, ai] = [wr * z[b] - wi * z[b + 1], wr * z[b + 1] + wi * z[b]];
      let [br, bi] = [wr * z[a] - wi * z[a + 1], wr * z[a + 1] + wi * z[a]];
      if (withChanges) {
        const [dr, di] = [dw[o], dw[o + 1]];
        ar += dr * dz[b] - di * dz[b + 1];
        ai += dr * dz[b + 1] + di * dz[b];
        br += dr * dz[a] - di * dz[a + 1];
        bi += dr * dz[a + 1] + di * dz[a];
        dw[a] += dr * z[b] - di * z[b + 1];
        dw[a + 1] += dr * z[b + 1] + di * z[b];
        dw[b] += dr * z[a] - di * z[a + 1];
        dw[b + 1] += dr * z[a + 1] + di * z[a];
      }
      w[a] += ar;
      w[a + 1] += ai;
      w[b] += br;
      w[b + 1] += bi;
    }
  }

  /** Derivatives by real and imaginary parts of the sums from those by leaves. */
  private readLeaves(w: Float64Array, to: Float64Array): void {
    const { leafPlace, leafRe, leafIm } = this.terms;
    to.fill(0);
    for (let k = 0; k < leafPlace.length; k++) {
      to[leafPlace[k]] += leafRe[k] * w[2 * k];
      to[leafPlace[k] + 1] -= leafIm[k] * w[2 * k + 1];
    }
  }
}
