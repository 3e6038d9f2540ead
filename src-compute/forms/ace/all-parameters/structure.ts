/**
 * Energy, forces and virial of a structure, and the derivatives of
 *
 *   α E + dE(r⃗ + ε v⃗)/dε,   neighbours displaced by v⃗_j − v⃗_i + η r⃗_ij,
 *
 * by all parameters of an ACE potential: with v⃗ and η made of residuals this is the gradient of a fit's objective, as forces
 * and virials are derivatives of the energy themselves. AtomTerms has what happens at an atom, this file what its neighbours
 * do. What depends on their places alone is kept from evaluate() to addGradient().
 */
import type { AceEmbedding } from '../../../potentials/ace/model.ts';
import type { PairList } from '../../../structure/reference-pairs.ts';
import type { AceDescriptorSettings } from '../descriptors.ts';
import { HarmonicGradients } from '../harmonic-gradients.ts';
import { AtomTerms } from './atom-terms.ts';
import { RadialTables } from './radial-tables.ts';
import { aceTerms, type AceTerms } from './terms.ts';

/** Everything that a fit may change. */
export interface AceParameters {
  /** E₀ of every species, eV. */
  readonly constants: Float64Array;
  /** w of every species, function and density. */
  readonly weights: Float64Array;
  /** c_nlk of every ordered pair of species, radial × (lmax + 1) × base. */
  readonly radial: Float64Array;
}

/** One structure of the data. */
export interface StructureAtoms {
  readonly list: PairList;
  /** Species per atom. */
  readonly species: ArrayLike<number>;
  readonly atoms: number;
}

/** Weights of the value and of the derivative by r: two points, value and slope each. */
const HERMITE = 8;

export class AceStructure {
  readonly terms: AceTerms;
  readonly energyOf = { energy: 0, virial: new Float64Array(9) };
  forces = new Float64Array(0);
  private readonly settings: AceDescriptorSettings;
  private readonly embeddings: readonly AceEmbedding[];
  private readonly densities: number;
  private readonly atom: AtomTerms;
  private readonly tables: RadialTables;
  private readonly harmonics: HarmonicGradients;
  /** c̃ of every species, and what is added to their gradient. */
  private readonly coefficients: Float64Array[];
  private readonly gradients: Float64Array[];
  private readonly byConstant: Float64Array;
  private parameters: AceParameters;
  // of all pairs of the structure: first point of the table (−1 beyond the cutoff) and its weights, values and slopes of the
  // columns, harmonics with their derivatives, directions
  private point = new Int32Array(0);
  private hermite = new Float64Array(0);
  private radial = new Float64Array(0);
  private angular = new Float64Array(0);
  private units = new Float64Array(0);
  // of the neighbours of one atom: change of the distance and of the harmonics
  private lengthening = new Float64Array(0);
  private turning = new Float64Array(0);
  /** By (l, m): Σ_n R ∂E/∂A and Σ_n R′ ∂E/∂A. */
  private readonly across: Float64Array;

  constructor(settings: AceDescriptorSettings, embeddings: readonly AceEmbedding[]) {
    const { species, functions, bonds } = settings;
    this.settings = settings;
    this.embeddings = embeddings;
    this.densities = embeddings[0].weights.length;
    this.terms = aceTerms(functions);
    this.atom = new AtomTerms(this.terms, species.length, this.densities);
    this.tables = new RadialTables(settings, this.terms, this.densities);
    this.harmonics = new HarmonicGradients(this.terms.lmax);
    this.across = new Float64Array(this.harmonics.values.length / 2);
    const size = this.densities * this.terms.first.length;
    this.coefficients = species.map(() => new Float64Array(size));
    this.gradients = species.map(() => new Float64Array(size));
    this.byConstant = new Float64Array(species.length);
    this.parameters = {
      constants: new Float64Array(species.length),
      weights: new Float64Array(species.length * functions.length * this.densities),
      radial: new Float64Array(bonds.length * this.tables.radialSize),
    };
  }

  /** Takes parameters and forgets the gradient so far. */
  begin(parameters: AceParameters): void {
    this.parameters = parameters;
    this.tables.begin(parameters);
    const { terms, densities: count } = this;
    const functions = terms.single.length;
    this.coefficients.forEach((own, s) => {
      own.fill(0);
      for (let f = 0; f < functions; f++)
        for (let p = 0; p < count; p++) {
          const w = parameters.weights[(s * functions + f) * count + p];
          for (let e = terms.start[f]; e < terms.start[f + 1]; e++)
            own[terms.term[e] * count + p] += terms.share[e] * w;
        }
    });
    for (const gradient of this.gradients) gradient.fill(0);
    this.byConstant.fill(0);
  }

  /** The gradient so far. */
  end(): AceParameters {
    const { terms, densities: count } = this;
    const functions = terms.single.length;
    const weights = new Float64Array(this.parameters.weights.length);
    const radial = new Float64Array(this.parameters.radial.length);
    this.gradients.forEach((own, s) => {
      for (let f = 0; f < functions; f++)
        for (let p = 0; p < count; p++) {
          let sum = 0;
          for (let e = terms.start[f]; e < terms.start[f + 1]; e++)
            sum += terms.share[e] * own[terms.term[e] * count + p];
          weights[(s * functions + f) * count + p] = sum;
        }
    });
    this.tables.end(weights, radial);
    return { constants: this.byConstant.slice(), weights, radial };
  }

  /** Fills energyOf and forces. */
  evaluate(structure: StructureAtoms): void {
    const { list, species, atoms } = structure;
    const { energyOf, atom } = this;
    if (this.forces.length < 3 * atoms) this.forces = new Float64Array(3 * atoms);
    this.forces.fill(0, 0, 3 * atoms);
    energyOf.energy = 0;
    energyOf.virial.fill(0);
    this.placeAll(structure);
    for (let i = 0; i < atoms; i++) {
      const s = species[i];
      this.sumUp(structure, i);
      energyOf.energy += this.parameters.constants[s] + atom.energy(this.coefficients[s], this.embeddings[s]);
      for (let p = list.start[i]; p < list.start[i + 1]; p++)
        if (this.point[p] >= 0) this.push(structure, i, p);
    }
  }

  /**
   * Adds the gradient of α E + dE/dε of the structure that was evaluated last.
   * @param moves v⃗, 3 per atom
   * @param strain η, by rows
   */
  addGradient(structure: StructureAtoms, alpha: number, moves: Float64Array, strain: Float64Array): void {
    const { list, species, atoms } = structure;
    const { atom, settings } = this;
    for (let i = 0; i < atoms; i++) {
      const s = species[i];
      this.sumUp(structure, i);
      this.sumChanges(structure, i, moves, strain);
      this.byConstant[s] += alpha;
      atom.gradient(this.coefficients[s], this.embeddings[s], alpha, this.gradients[s]);
      for (let p = list.start[i], q = 0; p < list.start[i + 1]; p++, q++) {
        const channel = species[list.neighbours[p]];
        if (this.point[p] >= 0) this.radialGradient(s * settings.species.length + channel, channel, p, q);
      }
    }
  }

  /** Radial functions and harmonics of all pairs. */
  private placeAll({ list, species, atoms }: StructureAtoms): void {
    const { bonds, species: names } = this.settings;
    const { vectors, neighbours, start } = list;
    const pairs = start[atoms];
    let most = 0;
    for (let i = 0; i < atoms; i++) most = Math.max(most, start[i + 1] - start[i]);
    this.reserve(pairs, most);
    for (let i = 0; i < atoms; i++)
      for (let p = start[i]; p < start[i + 1]; p++) {
        const pair = species[i] * names.length + species[neighbours[p]];
        const [x, y, z] = [vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]];
        const r = Math.sqrt(x * x + y * y + z * z);
        this.point[p] = -1;
        if (!(r < bonds[pair].cutoff)) continue;
        this.interpolate(pair, p, r);
        if (this.point[p] < 0) continue;
        this.units[3 * p] = x / r;
        this.units[3 * p + 1] = y / r;
        this.units[3 * p + 2] = z / r;
        this.harmonics.compute(x / r, y / r, z / r, r);
        this.angular.set(this.harmonics.values, p * this.harmonics.values.length);
      }
  }

  private reserve(pairs: number, most: number): void {
    const { columns } = this.tables;
    const size = this.harmonics.values.length;
    if (this.point.length < pairs) {
      this.point = new Int32Array(pairs);
      this.hermite = new Float64Array(HERMITE * pairs);
      this.radial = new Float64Array(2 * columns * pairs);
      this.angular = new Float64Array(size * pairs);
      this.units = new Float64Array(3 * pairs);
    }
    if (this.lengthening.length < most) {
      this.lengthening = new Float64Array(most);
      this.turning = new Float64Array((size / 4) * most);
    }
  }

  private interpolate(pair: number, p: number, r: number): void {
    const { tables, hermite, radial } = this;
    const { columns } = tables;
    const step = tables.spacings[pair];
    const numbers = tables.numbers[pair];
    const n = Math.max(1, Math.floor(r / step));
    const from = 2 * columns * n;
    if (from + 2 * columns >= numbers.length) return;
    const t = r / step - n;
    const h = HERMITE * p;
    hermite[h] = 1 + t * t * (2 * t - 3);
    hermite[h + 1] = t * (1 + t * (t - 2));
    hermite[h + 2] = t * t * (3 - 2 * t);
    hermite[h + 3] = t * t * (t - 1);
    hermite[h + 4] = (6 * t * (t - 1)) / step;
    hermite[h + 5] = (1 + t * (3 * t - 4)) / step;
    hermite[h + 6] = (6 * t * (1 - t)) / step;
    hermite[h + 7] = (t * (3 * t - 2)) / step;
    this.point[p] = from;
    const [a, b, c, d] = [hermite[h], hermite[h + 1], hermite[h + 2], hermite[h + 3]];
    const [e, f, g, k] = [hermite[h + 4], hermite[h + 5], hermite[h + 6], hermite[h + 7]];
    for (let u = 0, at = from, next = from + 2 * columns, to = 2 * columns * p; u < columns; u++) {
      const [v0, s0, v1, s1] = [numbers[at], numbers[at + 1], numbers[next], numbers[next + 1]];
      radial[to] = a * v0 + b * s0 + c * v1 + d * s1;
      radial[to + 1] = e * v0 + f * s0 + g * v1 + k * s1;
      at += 2;
      next += 2;
      to += 2;
    }
  }

  private sumUp({ list, species }: StructureAtoms, i: number): void {
    const { terms, atom, radial, angular, densities } = this;
    const { columns } = this.tables;
    const size = this.harmonics.values.length;
    const { sums, singles } = atom;
    sums.fill(0);
    singles.fill(0);
    for (let p = list.start[i]; p < list.start[i + 1]; p++) {
      if (this.point[p] < 0) continue;
      const channel = species[list.neighbours[p]] * terms.channelSize;
      const r = 2 * columns * p;
      for (let u = 0; u < terms.n.length; u++) {
        const value = radial[r + 2 * u];
        const l = terms.l[u];
        let to = channel + terms.place[u];
        let k = p * size + 4 * l * (l + 1);
        for (let m = 0; m <= l; m++, k += 8, to += 2) {
          sums[to] += value * angular[k];
          sums[to + 1] += value * angular[k + 1];
        }
      }
      for (let d = 0; d < densities; d++) singles[d] += radial[r + 2 * (terms.n.length + d)];
    }
  }

  private sumChanges(
    { list, species }: StructureAtoms,
    i: number,
    moves: Float64Array,
    strain: Float64Array,
  ): void {
    const { terms, atom, radial, angular, turning, densities } = this;
    const { columns } = this.tables;
    const { vectors, neighbours } = list;
    const size = this.harmonics.values.length;
    const { changes, singleChanges } = atom;
    changes.fill(0);
    singleChanges.fill(0);
    for (let p = list.start[i], q = 0; p < list.start[i + 1]; p++, q++) {
      if (this.point[p] < 0) continue;
      const j = neighbours[p];
      const [x, y, z] = [vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]];
      this.displace(
        p,
        q,
        moves[3 * j] - moves[3 * i] + strain[0] * x + strain[1] * y + strain[2] * z,
        moves[3 * j + 1] - moves[3 * i + 1] + strain[3] * x + strain[4] * y + strain[5] * z,
        moves[3 * j + 2] - moves[3 * i + 2] + strain[6] * x + strain[7] * y + strain[8] * z,
      );
      const longer = this.lengthening[q];
      const channel = species[j] * terms.channelSize;
      const r = 2 * columns * p;
      for (let u = 0; u < terms.n.length; u++) {
        const [value, slope] = [radial[r + 2 * u], radial[r + 2 * u + 1] * longer];
        const l = terms.l[u];
        const harmonic = (l * (l + 1)) / 2;
        let to = channel + terms.place[u];
        let [k, t] = [p * size + 8 * harmonic, (q * size) / 4 + 2 * harmonic];
        for (let m = 0; m <= l; m++, k += 8, t += 2, to += 2) {
          changes[to] += slope * angular[k] + value * turning[t];
          changes[to + 1] += slope * angular[k + 1] + value * turning[t + 1];
        }
      }
      for (let d = 0; d < densities; d++)
        singleChanges[d] += radial[r + 2 * (terms.n.length + d) + 1] * longer;
    }
  }

  /** û·u⃗ and the changes of the harmonics along u⃗. */
  private displace(p: number, q: number, ux: number, uy: number, uz: number): void {
    const { angular, units, turning } = this;
    const size = this.harmonics.values.length;
    this.lengthening[q] = units[3 * p] * ux + units[3 * p + 1] * uy + units[3 * p + 2] * uz;
    for (let k = p * size, to = (q * size) / 4; k < (p + 1) * size; k += 8, to += 2) {
      turning[to] = angular[k + 2] * ux + angular[k + 3] * uy + angular[k + 4] * uz;
      turning[to + 1] = angular[k + 5] * ux + angular[k + 6] * uy + angular[k + 7] * uz;
    }
  }

  /** Forces and virial of a neighbour from ∂E/∂A and ∂E/∂ρ. */
  private push({ list, species }: StructureAtoms, i: number, p: number): void {
    const { terms, radial, angular, units, atom, across, densities } = this;
    const { columns } = this.tables;
    const j = list.neighbours[p];
    const channel = species[j] * terms.channelSize;
    const by = atom.byChanges;
    const size = this.harmonics.values.length;
    across.fill(0);
    const r = 2 * columns * p;
    for (let u = 0; u < terms.n.length; u++) {
      const [value, slope] = [radial[r + 2 * u], radial[r + 2 * u + 1]];
      const l = terms.l[u];
      let [from, to] = [channel + terms.place[u], 2 * l * (l + 1)];
      for (let m = 0; m <= l; m++, from += 2, to += 4) {
        across[to] += value * by[from];
        across[to + 1] += value * by[from + 1];
        across[to + 2] += slope * by[from];
        across[to + 3] += slope * by[from + 1];
      }
    }
    let [along, x, y, z] = [0, 0, 0, 0];
    for (let d = 0; d < densities; d++) along += atom.byRho[d] * radial[r + 2 * (terms.n.length + d) + 1];
    for (let k = p * size, a = 0; a < across.length; a += 4, k += 8) {
      const [re, im] = [across[a], across[a + 1]];
      along += across[a + 2] * angular[k] + across[a + 3] * angular[k + 1];
      x += re * angular[k + 2] + im * angular[k + 5];
      y += re * angular[k + 3] + im * angular[k + 6];
      z += re * angular[k + 4] + im * angular[k + 7];
    }
    x += along * units[3 * p];
    y += along * units[3 * p + 1];
    z += along * units[3 * p + 2];
    const { forces } = this;
    forces[3 * i] += x;
    forces[3 * i + 1] += y;
    forces[3 * i + 2] += z;
    forces[3 * j] -= x;
    forces[3 * j + 1] -= y;
    forces[3 * j + 2] -= z;
    const { virial } = this.energyOf;
    for (let a = 0; a < 3; a++) {
      const component = list.vectors[3 * p + a];
      virial[3 * a] -= component * x;
      virial[3 * a + 1] -= component * y;
      virial[3 * a + 2] -= component * z;
    }
  }

  /** Adds the gradient by the tables' points at a neighbour. */
  private radialGradient(pair: number, channel: number, p: number, q: number): void {
    const { terms, angular, turning, atom, hermite, densities } = this;
    const { columns } = this.tables;
    const gradient = this.tables.gradients[pair];
    const size = this.harmonics.values.length;
    const longer = this.lengthening[q];
    const h = HERMITE * p;
    const [a, b, c, d] = [hermite[h], hermite[h + 1], hermite[h + 2], hermite[h + 3]];
    const [e, f, g, k4] = [hermite[h + 4], hermite[h + 5], hermite[h + 6], hermite[h + 7]];
    const first = channel * terms.channelSize;
    let [at, next] = [this.point[p], this.point[p] + 2 * columns];
    for (let u = 0; u < columns; u++, at += 2, next += 2) {
      let [byValue, bySlope] = [0, 0];
      if (u < terms.n.length) {
        const l = terms.l[u];
        const harmonic = (l * (l + 1)) / 2;
        let from = first + terms.place[u];
        let [k, t] = [p * size + 8 * harmonic, (q * size) / 4 + 2 * harmonic];
        for (let m = 0; m <= l; m++, k += 8, t += 2, from += 2) {
          const [re, im] = [atom.byChanges[from], atom.byChanges[from + 1]];
          byValue +=
            atom.bySums[from] * angular[k] +
            atom.bySums[from + 1] * angular[k + 1] +
            re * turning[t] +
            im * turning[t + 1];
          bySlope += re * angular[k] + im * angular[k + 1];
        }
      } else if (u < terms.n.length + densities) {
        byValue = atom.byRho[u - terms.n.length];
        bySlope = atom.byRhoChange[u - terms.n.length];
      }
      bySlope *= longer;
      gradient[at] += byValue * a + bySlope * e;
      gradient[at + 1] += byValue * b + bySlope * f;
      gradient[next] += byValue * c + bySlope * g;
      gradient[next + 1] += byValue * d + bySlope * k4;
    }
  }
}
