/**
 * Radial functions of a fit as tables of cubic pieces that are made anew for every set of parameters, so that a neighbour costs
 * the same however many g_k a function is made of; and backwards: derivatives by values and slopes at the points of a table,
 * which become those by the coefficients once for all neighbours.
 */
import { radialTable, type RadialTable } from '../../../potentials/ace/radial.ts';
import type { AceDescriptorSettings } from '../descriptors.ts';
import type { AceTerms } from './terms.ts';

/** Å; cubic pieces of this length are within 1e-8 of functions as smooth as these. */
const SPACING = 0.005;

export interface RadialParameters {
  /** w of every species, function and density. */
  readonly weights: Float64Array;
  /** c_nlk of every ordered pair of species. */
  readonly radial: Float64Array;
}

export class RadialTables {
  /** R_nl in the order of the terms, then the functions of single neighbours by density. */
  readonly columns: number;
  /** Of every pair: point, column, value and slope times spacing. */
  readonly numbers: Float64Array[];
  /** ∂/∂ of the same. */
  readonly gradients: Float64Array[];
  /** Å */
  readonly spacings: readonly number[];
  private readonly settings: AceDescriptorSettings;
  private readonly terms: AceTerms;
  private readonly densities: number;
  private readonly base: readonly RadialTable[];

  constructor(settings: AceDescriptorSettings, terms: AceTerms, densities: number) {
    const { species, bonds } = settings;
    this.settings = settings;
    this.terms = terms;
    this.densities = densities;
    this.columns = terms.n.length + densities;
    const model = {
      ...{ form: 'ace' as const, species, cutoff: settings.cutoff, tableSpacing: SPACING },
      ...{ core: settings.core, isolated: new Float64Array(species.length) },
      ...{ embeddings: [], bonds, functions: [] },
    };
    this.base = species.flatMap((_, a) => species.map((_name, b) => radialTable(model, a, b)));
    this.numbers = this.base.map((table) => new Float64Array(2 * this.columns * pointsOf(table)));
    this.gradients = this.numbers.map(({ length }) => new Float64Array(length));
    this.spacings = this.base.map(({ step }) => step);
  }

  /** Number of c_nlk of a pair. */
  get radialSize(): number {
    const { radialCount, baseCount, lmax } = this.settings.bonds[0];
    return radialCount * (lmax + 1) * baseCount;
  }

  /** Makes the tables of a set of parameters, and forgets derivatives. */
  begin({ weights, radial }: RadialParameters): void {
    this.each((column, pair, k, source) => {
      const { numbers: base, functions } = this.base[pair];
      const share = source.kind === 'radial' ? radial[source.place] : weights[source.place];
      if (share === 0) return;
      const out = this.numbers[pair];
      for (
        let from = 2 * k, to = 2 * column;
        to < out.length;
        from += 2 * functions, to += 2 * this.columns
      ) {
        out[to] += share * base[from];
        out[to + 1] += share * base[from + 1];
      }
    }, true);
    for (const gradient of this.gradients) gradient.fill(0);
  }

  /** Adds ∂/∂ of the parameters. */
  end(byWeights: Float64Array, byRadial: Float64Array): void {
    this.each((column, pair, k, source) => {
      const { numbers: base, functions } = this.base[pair];
      const by = this.gradients[pair];
      let sum = 0;
      for (let from = 2 * k, at = 2 * column; at < by.length; from += 2 * functions, at += 2 * this.columns)
        sum += by[at] * base[from] + by[at + 1] * base[from + 1];
      if (source.kind === 'radial') byRadial[source.place] += sum;
      else byWeights[source.place] += sum;
    }, false);
  }

  /** Every share that a g_k has in a column of a pair: the place of its parameter. */
  private each(
    visit: (
      column: number,
      pair: number,
      k: number,
      source: { kind: 'radial' | 'weight'; place: number },
    ) => void,
    clear: boolean,
  ): void {
    const { terms, densities } = this;
    const { species, bonds } = this.settings;
    const functions = terms.single.length;
    for (let pair = 0; pair < bonds.length; pair++) {
      if (clear) this.numbers[pair].fill(0);
      const { baseCount, lmax } = bonds[pair];
      terms.n.forEach((n, u) => {
        const row = pair * this.radialSize + ((n - 1) * (lmax + 1) + terms.l[u]) * baseCount;
        for (let k = 0; k < baseCount; k++) visit(u, pair, k, { kind: 'radial', place: row + k });
      });
      const [centre, channel] = [Math.floor(pair / species.length), pair % species.length];
      for (let f = 0; f < functions; f++) {
        if (terms.singleChannel[f] !== channel) continue;
        for (let p = 0; p < densities; p++)
          visit(terms.n.length + p, pair, terms.single[f], {
            kind: 'weight',
            place: (centre * functions + f) * densities + p,
          });
      }
    }
  }
}

const pointsOf = ({ numbers, functions }: RadialTable): number => numbers.length / (2 * functions);
