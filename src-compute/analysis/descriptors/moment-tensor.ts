/**
 * Scalars of moment tensors as a descriptor of atom environments: the basis functions B_α of a moment tensor potential
 * (docs/physics.md §1; Shapeev 2016), smooth to second order at the cutoff. The radial functions are a potential's own, or
 * fixed ones: f_μ(r) = s(Z_j) T_μ(x)(1 − r/r_c)², with T_μ the Chebyshev polynomials.
 *
 * Elements enter through s(Z) = √Z/4 as the weight of a neighbour, and s(Z_i) of the central atom is one more number at
 * the end of the row, so that any element is defined and no list of elements is needed. The numbers are of very
 * different size: they are meant to be standardised.
 */
import { StructureError } from '../../errors.ts';
import { generateMomentGraph } from '../../potentials/moment-tensor/basis.ts';
import {
  basicCount,
  maximumRank,
  radialOffset,
  type MomentGraph,
  type MomentTensorModel,
} from '../../potentials/moment-tensor/model.ts';
import {
  adjointMoments,
  evaluateProducts,
  radialBasis,
  speciesOfKinds,
} from '../../potentials/moment-tensor/reference.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import type { Descriptor, DescriptorMatrix, DescriptorPullback } from './descriptor.ts';
import { elementWeight } from './element-weight.ts';
import { environmentPairs } from './environment-pairs.ts';

/** Values and slopes of the radial functions f_μ between two kinds of atoms. */
type RadialFunctions = (
  r: number,
  centreKind: number,
  neighbourKind: number,
  value: Float64Array,
  slope: Float64Array,
) => void;

/**
 * Scalars up to a level with the fixed radial functions.
 * @param level 2, 4, … 26
 * @param cutoff Å
 * @throws PotentialError for an impossible level, StructureError for an impossible cutoff
 */
export function momentTensorDescriptor(level: number, cutoff: number): Descriptor {
  if (!(cutoff > 0) || !Number.isFinite(cutoff)) {
    throw new StructureError('The cutoff of the descriptor must be a positive length in Å.');
  }
  const graph = generateMomentGraph({ level });
  const functions = graph.radialFunctionCount;
  const basis = new Float64Array(functions);
  const basisSlope = new Float64Array(functions);
  return descriptorOf({
    name: `mtp:${level}`,
    key: `mtp/1 level=${level} cutoff=${cutoff}`,
    graph,
    cutoff,
    radial: (configuration) => {
      const weights = configuration.symbols.map(elementWeight);
      return (r, _centre, neighbour, value, slope) => {
        radialBasis(r, 0, cutoff, 1 / cutoff ** 2, basis, basisSlope);
        for (let mu = 0; mu < functions; mu++) {
          value[mu] = weights[neighbour] * basis[mu];
          slope[mu] = weights[neighbour] * basisSlope[mu];
        }
      };
    },
  });
}

/** Scalars of a fitted potential, with its own radial functions; knows the potential's elements only. */
export function potentialDescriptor(model: MomentTensorModel, key: string): Descriptor {
  const basis = new Float64Array(model.radialBasisSize);
  const basisSlope = new Float64Array(model.radialBasisSize);
  return descriptorOf({
    name: 'mtp',
    key: `mtp/1 potential=${key}`,
    graph: model,
    cutoff: model.cutoff,
    radial: (configuration) => {
      const species = speciesOfKinds(model.species, configuration);
      return (r, centre, neighbour, value, slope) => {
        radialBasis(r, model.minimumDistance, model.cutoff, model.scaling, basis, basisSlope);
        for (let mu = 0; mu < model.radialFunctionCount; mu++) {
          const offset = radialOffset(model, species[centre], species[neighbour], mu);
          value[mu] = 0;
          slope[mu] = 0;
          for (let k = 0; k < basis.length; k++) {
            value[mu] += model.radialCoefficients[offset + k] * basis[k];
            slope[mu] += model.radialCoefficients[offset + k] * basisSlope[k];
          }
        }
      };
    },
  });
}

interface Form {
  readonly name: string;
  readonly key: string;
  readonly graph: MomentGraph;
  readonly cutoff: number;
  readonly radial: (configuration: Configuration) => RadialFunctions;
}

function descriptorOf(form: Form): Descriptor {
  const scalars = form.graph.scalarMoments.length;
  return {
    name: form.name,
    dimension: scalars + 1,
    cutoff: form.cutoff,
    needsStandardisation: true,
    centreColumn: scalars,
    seesElements: true,
    key: form.key,
    compute: (configuration) => new Moments(form, configuration).matrix(),
    pullback: (configuration, weights) => new Moments(form, configuration).pullback(weights),
  };
}

/** Moments of one configuration, atom by atom. */
class Moments {
  private readonly form: Form;
  private readonly configuration: Configuration;
  private readonly pairs: PairList;
  private readonly radial: RadialFunctions;
  private readonly basics: number;
  private readonly moments: Float64Array;
  private readonly value: Float64Array;
  private readonly slope: Float64Array;
  /** Powers of the unit vector, rank + 1 per axis. */
  private readonly powers: Float64Array;
  private readonly ranks: number;

  constructor(form: Form, configuration: Configuration) {
    this.form = form;
    this.configuration = configuration;
    this.pairs = environmentPairs(configuration, form.cutoff);
    this.radial = form.radial(configuration);
    this.basics = basicCount(form.graph);
    this.moments = new Float64Array(form.graph.momentCount);
    this.value = new Float64Array(form.graph.radialFunctionCount);
    this.slope = new Float64Array(form.graph.radialFunctionCount);
    this.ranks = maximumRank(form.graph) + 1;
    this.powers = new Float64Array(3 * this.ranks);
  }

  matrix(): DescriptorMatrix {
    const { graph } = this.form;
    const n = atomCount(this.configuration);
    const scalars = graph.scalarMoments.length;
    const dimension = scalars + 1;
    const values = new Float64Array(n * dimension);
    const weights = this.configuration.symbols.map(elementWeight);
    for (let i = 0; i < n; i++) {
      this.gather(i);
      for (let a = 0; a < scalars; a++) values[i * dimension + a] = this.moments[graph.scalarMoments[a]];
      values[i * dimension + scalars] = weights[this.configuration.kinds[i]];
    }
    return { values, rows: n, dimension };
  }

  pullback(weights: Float64Array): DescriptorPullback {
    const { graph } = this.form;
    const n = atomCount(this.configuration);
    const scalars = graph.scalarMoments.length;
    const gradient = new Float64Array(3 * n);
    const strainGradient = new Float64Array(9);
    const onPair = new Float64Array(3);
    for (let i = 0; i < n; i++) {
      this.gather(i);
      const own = weights.subarray(i * (scalars + 1), i * (scalars + 1) + scalars);
      const adjoint = adjointMoments(graph, own, this.moments);
      for (let p = this.pairs.start[i]; p < this.pairs.start[i + 1]; p++) {
        this.pairGradient(i, p, adjoint, onPair);
        const j = this.pairs.neighbours[p];
        for (let axis = 0; axis < 3; axis++) {
          gradient[3 * j + axis] += onPair[axis];
          gradient[3 * i + axis] -= onPair[axis];
          for (let b = 0; b < 3; b++) {
            strainGradient[3 * b + axis] += this.pairs.vectors[3 * p + b] * onPair[axis];
          }
        }
      }
    }
    return { gradient, strainGradient };
  }

  /** All moments of atom i. */
  private gather(i: number): void {
    const { graph } = this.form;
    const { basics } = graph;
    this.moments.fill(0);
    for (let p = this.pairs.start[i]; p < this.pairs.start[i + 1]; p++) {
      this.loadPair(i, p);
      for (let b = 0; b < this.basics; b++) {
        this.moments[b] +=
          this.value[basics[4 * b]] * this.monomial(basics[4 * b + 1], basics[4 * b + 2], basics[4 * b + 3]);
      }
    }
    evaluateProducts(graph, this.moments);
  }

  /** Radial functions and powers of the unit vector of a pair; gives the distance. */
  private loadPair(i: number, p: number): number {
    const { kinds } = this.configuration;
    const { vectors, neighbours } = this.pairs;
    const r = Math.hypot(vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]);
    this.radial(r, kinds[i], kinds[neighbours[p]], this.value, this.slope);
    for (let axis = 0; axis < 3; axis++) {
      const u = vectors[3 * p + axis] / r;
      let power = 1;
      for (let k = 0; k < this.ranks; k++) {
        this.powers[axis * this.ranks + k] = power;
        power *= u;
      }
    }
    return r;
  }

  private monomial(a: number, b: number, c: number): number {
    const { powers, ranks } = this;
    return powers[a] * powers[ranks + b] * powers[2 * ranks + c];
  }

  /** ∂(Σ adjoint · moments)/∂r_ij of one neighbour. */
  private pairGradient(i: number, p: number, adjoint: Float64Array, out: Float64Array): void {
    const { basics } = this.form.graph;
    const r = this.loadPair(i, p);
    let radial = 0;
    let [x, y, z] = [0, 0, 0]; // Σ a f ∂m/∂u
    for (let b = 0; b < this.basics; b++) {
      const [mu, ax, ay, az] = [basics[4 * b], basics[4 * b + 1], basics[4 * b + 2], basics[4 * b + 3]];
      const weight = adjoint[b];
      radial += weight * this.slope[mu] * this.monomial(ax, ay, az);
      const f = weight * this.value[mu];
      if (ax > 0) x += f * ax * this.monomial(ax - 1, ay, az);
      if (ay > 0) y += f * ay * this.monomial(ax, ay - 1, az);
      if (az > 0) z += f * az * this.monomial(ax, ay, az - 1);
    }
    const [u, v, w] = [0, 1, 2].map((axis) => this.pairs.vectors[3 * p + axis] / r);
    // the part of the angular gradient along the bond does not exist: unit vectors cannot grow
    const along = x * u + y * v + z * w;
    out[0] = radial * u + (x - along * u) / r;
    out[1] = radial * v + (y - along * v) / r;
    out[2] = radial * w + (z - along * w) / r;
  }
}
