/**
 * Moment tensor potential: the model as data. docs/physics.md §1; Shapeev, Multiscale Model. Simul. 14 (2016) 1153.
 *
 *   E = Σ_i [ e_{z_i} + Σ_α ξ_α B_α(n_i) ]
 *   M_{μ,ν}(i) = Σ_j f_μ(r_ij, z_i, z_j) r̂_ij^{⊗ν}
 *   f_μ = s Σ_k c^{(k)}_{μ,z_i,z_j} T_k(x) (r_c − r)²,   x = (2r − r_min − r_c)/(r_c − r_min)
 *
 * | symbol | field | shape | unit |
 * |---|---|---|---|
 * | r_min, r_c | minimumDistance, cutoff | scalar | Å |
 * | s | scaling | scalar | – |
 * | c | radialCoefficients | species × species × radialFunctionCount × radialBasisSize | – |
 * | (μ, a, b, c) | basics | 4 per basic moment | Σ_j f_μ x^a y^b z^c / r^{a+b+c} |
 * | (i, j, m, k) | products | 4 per product | M_k += m M_i M_j |
 * | α ↦ moment | scalarMoments | one per scalar | – |
 * | ξ | momentCoefficients | one per scalar | eV |
 * | e | speciesCoefficients | one per species | eV |
 *
 * With `handover`, f_μ is evaluated at s(r) in place of r (handover.ts).
 */
import { PotentialError } from '../../errors.ts';
import { LONGEST_CUTOFF, MOST_MOMENTS } from '../bounds.ts';
import { handoverFault, type Handover } from '../handover.ts';
import type { PotentialModelBase } from '../potential.ts';

/** The contraction graph: which moments exist and how products make scalars. Independent of any fit. */
export interface MomentGraph {
  /** Number of moments, basic ones first. */
  readonly momentCount: number;
  /** (μ, a, b, c) per basic moment. */
  readonly basics: Int32Array;
  /** (i, j, m, k) per product, in an order that can be evaluated from front to back. */
  readonly products: Int32Array;
  /** Moment index of each scalar B_α. */
  readonly scalarMoments: Int32Array;
  /** Number of radial functions f_μ. */
  readonly radialFunctionCount: number;
}

export interface MomentTensorModel extends PotentialModelBase, MomentGraph {
  readonly form: 'moment-tensor';
  readonly minimumDistance: number;
  readonly scaling: number;
  readonly radialBasisSize: number;
  readonly radialCoefficients: Float64Array;
  readonly speciesCoefficients: Float64Array;
  readonly momentCoefficients: Float64Array;
  /** Where pairs are handed over to a repulsion; without it the polynomials go on below the data. */
  readonly handover?: Handover;
}

/** Number of basic moments. */
export function basicCount(graph: MomentGraph): number {
  return graph.basics.length / 4;
}

/** Number of products. */
export function productCount(graph: MomentGraph): number {
  return graph.products.length / 4;
}

/** Offset of c_{μ, zi, zj} (K consecutive numbers) in `radialCoefficients`. */
export function radialOffset(model: MomentTensorModel, zi: number, zj: number, mu: number): number {
  return ((zi * model.species.length + zj) * model.radialFunctionCount + mu) * model.radialBasisSize;
}

/** Highest power of a unit-vector component and highest total rank among the basic moments. */
export function maximumRank(graph: MomentGraph): number {
  let rank = 0;
  for (let b = 0; b < graph.basics.length; b += 4) {
    rank = Math.max(rank, graph.basics[b + 1] + graph.basics[b + 2] + graph.basics[b + 3]);
  }
  return rank;
}

/**
 * Checks that the tables fit together.
 * @throws PotentialError with the first broken invariant
 */
export function validateMomentTensorModel(model: MomentTensorModel): void {
  const fail = (what: string): never => {
    throw new PotentialError(`This moment tensor potential is inconsistent: ${what}.`, {
      remedy: 'The file may be cut short or edited; export it again.',
    });
  };
  const { species, radialFunctionCount, radialBasisSize, momentCount } = model;
  if (!(model.cutoff > model.minimumDistance) || !(model.minimumDistance >= 0)) {
    fail(`the cutoff ${model.cutoff} Å must be larger than the minimum distance ${model.minimumDistance} Å`);
  }
  if (model.cutoff > LONGEST_CUTOFF)
    fail(`the cutoff is ${model.cutoff} Å, and at most ${LONGEST_CUTOFF} are taken`);
  if (species.length < 1) fail('it has no species');
  const radialCount = species.length ** 2 * radialFunctionCount * radialBasisSize;
  if (model.radialCoefficients.length !== radialCount) {
    fail(`${radialCount} radial coefficients were expected and ${model.radialCoefficients.length} found`);
  }
  if (model.speciesCoefficients.length !== species.length)
    fail('one species coefficient per species was expected');
  if (model.momentCoefficients.length !== model.scalarMoments.length) {
    fail(
      `${model.scalarMoments.length} moment coefficients were expected and ${model.momentCoefficients.length} found`,
    );
  }
  validateGraph(model, fail);
  const fault = model.handover && handoverFault(model.handover, species.length, model.cutoff);
  if (fault) fail(fault);
  for (const numbers of [model.radialCoefficients, model.speciesCoefficients, model.momentCoefficients]) {
    if (!numbers.every(Number.isFinite)) fail('a coefficient is not a finite number');
  }
  if (!Number.isFinite(model.scaling) || momentCount < 1) fail('scaling or moment count is not usable');
}

function validateGraph(graph: MomentGraph, fail: (what: string) => never): void {
  const basics = basicCount(graph);
  for (let b = 0; b < basics; b++) {
    const [mu, x, y, z] = graph.basics.subarray(4 * b, 4 * b + 4);
    if (mu < 0 || mu >= graph.radialFunctionCount) fail(`basic moment ${b} uses radial function ${mu}`);
    if (x < 0 || y < 0 || z < 0 || x + y + z > 40) fail(`basic moment ${b} has an impossible rank`);
  }
  if (!(graph.momentCount >= basics && graph.momentCount <= MOST_MOMENTS))
    fail(`momentCount is ${graph.momentCount}, with ${basics} basic moments`);
  const used = new Uint8Array(graph.momentCount);
  const finished = new Uint8Array(graph.momentCount);
  finished.fill(1, 0, basics);
  for (let p = 0; p < productCount(graph); p++) {
    const [i, j, , k] = graph.products.subarray(4 * p, 4 * p + 4);
    for (const index of [i, j, k]) {
      if (index < 0 || index >= graph.momentCount) fail(`product ${p} names moment ${index}`);
    }
    if (k < basics) fail(`product ${p} would overwrite a basic moment`);
    if (!finished[i] || !finished[j]) fail(`product ${p} uses a moment before it is computed`);
    if (used[k] || k === i || k === j) fail(`product ${p} changes moment ${k} after it was used`);
    used[i] = used[j] = 1;
    finished[k] = 1;
  }
  for (const moment of graph.scalarMoments) {
    if (moment < 0 || moment >= graph.momentCount) fail(`a scalar names moment ${moment}`);
    if (!finished[moment]) fail(`scalar moment ${moment} is never computed`);
  }
}
