/** ACE as a many-body program: potentials/ace says what it computes, the files beside this one how. */
import { bondOf, densityCount, type AceModel } from '../../potentials/ace/model.ts';
import { radialTable, type RadialTable } from '../../potentials/ace/radial.ts';
import type { Code, Reals, TableData, TableShape } from '../code.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import { atomEnergy, nodePlace, numberPlaces, workCount, type AtomShape } from './atom.ts';
import { hasPower } from './embedding.ts';
import {
  addNeighbour,
  fieldCount,
  neighbourGradient,
  pairNumberCount,
  pairPlace,
  type NeighbourShape,
} from './neighbour.ts';
import { ProductCollection, type ProductGraph } from './products.ts';
import { sumList } from './sums.ts';

/** Sums of a channel above which code would grow too large. */
const MOST_SUMS = 3000;
/** Products of sums in all functions, above which tables take too long to make. */
const MOST_COMBINATIONS = 1_000_000;
/** Numbers in the tables of all pairs. */
const MOST_NUMBERS = 40_000_000;

const isLinear = (model: AceModel) =>
  model.embeddings.every(({ exponents }) => exponents.every((m) => m === 1));

function neighbourShape(model: AceModel): NeighbourShape {
  const pieces = Math.max(...model.bonds.map(({ cutoff }) => Math.trunc(cutoff / model.tableSpacing)));
  return { sums: sumList(model), baseCount: model.bonds[0].baseCount, pieces };
}

/** Why there is no program for a model; undefined when there is one. */
export function whyNoAceProgram(model: AceModel): string | undefined {
  if (model.core === 'zbl') return 'its nuclear repulsion goes by the closest neighbour alone';
  const shape = neighbourShape(model);
  if (model.bonds.some(({ baseCount }) => baseCount !== shape.baseCount))
    return 'its pairs of species have different numbers of radial functions';
  if (shape.sums.core && model.embeddings.some(({ coreWidth }) => coreWidth === 0))
    return 'its expansion ends at once inside the core';
  const odd = model.embeddings.flatMap(({ exponents }) => [...exponents]).find((m) => !hasPower(m));
  if (odd !== undefined) return `its embedding has the exponent ${odd}, which is no multiple of 1/8 up to 8`;
  if (shape.sums.count > MOST_SUMS) return `it has more than ${MOST_SUMS} sums over neighbours`;
  const combinations = model.functions
    .flat()
    .reduce((sum, { orders, neighbours }) => sum + orders.length / neighbours.length, 0);
  if (combinations > MOST_COMBINATIONS) return `it has more than ${MOST_COMBINATIONS} products`;
  if (pairNumberCount(shape) * model.bonds.length > MOST_NUMBERS) return 'its tables are too long';
  return undefined;
}

export class AceProgram implements ManyBodyProgram {
  readonly cutoff: number;
  readonly sums: number;
  readonly channels: number;
  readonly work: number;
  readonly fields: number;
  readonly pairNumbers: number;
  readonly atomNumbers: number;
  readonly tables: readonly TableShape[];
  private readonly model: AceModel;
  /** The model's species of the backend's, then the rest. */
  private readonly species: readonly number[];
  private readonly neighbourShape: NeighbourShape;
  private readonly shape: AtomShape;
  private readonly contents: readonly (readonly TableData[])[];

  /** @param species index in the model of each of the backend's species */
  constructor(model: AceModel, species: readonly number[]) {
    this.model = model;
    this.species = [...species, ...model.species.map((_, s) => s).filter((s) => !species.includes(s))];
    this.cutoff = model.cutoff;
    this.channels = model.species.length;
    this.neighbourShape = neighbourShape(model);
    const { sums } = this.neighbourShape;
    this.sums = sums.count;
    const linear = isLinear(model);
    const densities = linear ? 1 : Math.max(...model.species.map((_, s) => densityCount(model, s)));
    const graph = this.graph(species.length, densities, linear);
    this.shape = {
      ...{ sums, channels: this.channels, leaves: graph.leaves, linear, densities },
      ...{ products: graph.products.length, groups: graph.groups.length },
      embeddings: linear ? [] : embeddingsOf(model),
    };
    this.work = workCount(this.shape);
    this.fields = fieldCount(this.neighbourShape);
    this.pairNumbers = pairNumberCount(this.neighbourShape);
    this.atomNumbers = numberPlaces(this.shape).end;
    const terms = graph.groups.reduce((sum, group) => sum + group.terms.length, 0);
    const products: TableShape = { words: ['work', 'work', 'work'], reals: 0, rows: graph.products.length };
    this.tables = [
      products,
      { words: ['work', { rowsOf: 2 }, { rowsOf: 2 }], reals: 0, rows: graph.groups.length },
      { words: ['work'], reals: densities, rows: terms },
    ];
    const rows = graph.products.map(({ left, right }, k) =>
      [left, right, graph.leaves.length + k].map(nodePlace),
    );
    const forwards = { words: rows.flat(), reals: [] };
    this.contents = species.map((_, s) => [forwards, ...termTables(graph, s, densities)]);
  }

  /** Channel of a species of the model. */
  private channel(own: number): number {
    return this.species.indexOf(own);
  }

  /** c̃ of a function's combination and density; of the energy itself, where it is linear. */
  private graph(centres: number, densities: number, linear: boolean): ProductGraph {
    const products = new ProductCollection(centres * densities);
    for (let centre = 0; centre < centres; centre++) {
      const own = this.species[centre];
      const count = densityCount(this.model, own);
      for (const f of this.model.functions[own]) {
        const rank = f.neighbours.length;
        if (rank === 1) continue;
        for (let c = 0; c < f.orders.length / rank; c++) {
          const leaves = Array.from({ length: rank }, (_, t) => ({
            ...{ channel: this.channel(f.neighbours[t]), n: f.radial[t] },
            ...{ l: f.angular[t], m: f.orders[c * rank + t] },
          }));
          for (let p = 0; p < count; p++) {
            const share = linear ? this.model.embeddings[own].weights[p] : 1;
            const value = share * f.couplings[c * count + p] * f.weights[p];
            products.add(leaves, centre * densities + (linear ? 0 : p), value);
          }
        }
      }
    }
    return products.graph();
  }

  pairNumbersOf(centre: number, neighbour: number): Float64Array {
    const { model, neighbourShape: shape } = this;
    const [a, b] = [this.species[centre], this.species[neighbour]];
    const bond = bondOf(model, a, b);
    const table = radialTable(model, a, b);
    const out = new Float64Array(this.pairNumbers);
    out.set(pieces(table));
    out[pairPlace(shape, 'cutoff')] = bond.cutoff;
    out[pairPlace(shape, 'perLength')] = 1 / table.step;
    out[pairPlace(shape, 'last')] = table.numbers.length / (2 * table.functions) - 2;
    shape.sums.radial.forEach(({ n, l }, k) => {
      if (n > bond.radialCount || l > bond.lmax) return;
      const from = ((n - 1) * (bond.lmax + 1) + l) * bond.baseCount;
      const row = bond.coefficients.subarray(from, from + bond.baseCount);
      out.set(row, pairPlace(shape, 'coefficients') + k * bond.baseCount);
    });
    return out;
  }

  atomNumbersOf(centre: number): Float64Array {
    const { model, shape } = this;
    const own = this.species[centre];
    const { weights, exponents, kind, coreCutoff, coreWidth } = model.embeddings[own];
    const places = numberPlaces(shape);
    const out = new Float64Array(this.atomNumbers);
    out[places.coreEnd] = coreCutoff;
    out[places.coreWidth] = coreWidth;
    const { base } = shape.sums;
    for (const f of model.functions[own]) {
      if (f.neighbours.length > 1) continue;
      const k = this.channel(f.neighbours[0]) * base.length + base.indexOf(f.radial[0]);
      f.weights.forEach((weight, p) => {
        const value = (f.couplings[p] ?? 0) * weight;
        if (shape.linear) out[places.base + k] += weights[p] * value;
        else out[places.base + k * shape.densities + p] += value;
      });
    }
    if (shape.linear) return out;
    weights.forEach((weight, p) => {
      const v = shape.embeddings.findIndex((one) => one.kind === kind && one.exponent === exponents[p]);
      out[places.weights + p * shape.embeddings.length + v] = weight;
    });
    return out;
  }

  tablesOf(centre: number): readonly TableData[] {
    return this.contents[centre];
  }

  constantEnergy(centre: number): number {
    return this.model.isolated[this.species[centre]];
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    addNeighbour(code, this.neighbourShape, at, sums);
  }

  atom<R, I>(code: Code<R, I>, at: Parameters<typeof atomEnergy<R, I>>[2]): R {
    return atomEnergy(code, this.shape, at);
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    return neighbourGradient(code, this.neighbourShape, at, adjoints);
  }
}

/** c₀ … c₃ of every function in every interval of a table, t from 0 to 1: c₀ + t (c₁ + t (c₂ + t c₃)). */
function pieces({ numbers, functions }: RadialTable): Float64Array {
  const out = new Float64Array(2 * (numbers.length - 2 * functions));
  for (let k = 0; 2 * k < out.length / 2; k++) {
    const right = 2 * (k + functions);
    const [f0, d0, f1, d1] = [numbers[2 * k], numbers[2 * k + 1], numbers[right], numbers[right + 1]];
    const rise = f1 - f0;
    out.set([f0, d0, 3 * rise - d1 - 2 * d0, d1 + d0 - 2 * rise], 4 * k);
  }
  return out;
}

/** The embedding functions that any density of any species has. */
function embeddingsOf(model: AceModel): AtomShape['embeddings'] {
  const found = new Map<string, AtomShape['embeddings'][number]>();
  for (const { kind, exponents } of model.embeddings)
    for (const exponent of exponents) found.set(`${kind} ${exponent}`, { kind, exponent });
  return [...found.values()];
}

/** Groups and terms with the coefficients of a central species. */
function termTables(graph: ProductGraph, centre: number, densities: number): TableData[] {
  const [groups, terms, reals]: number[][] = [[], [], []];
  for (const { first, terms: own } of graph.groups) {
    groups.push(nodePlace(first), terms.length, terms.length + own.length);
    for (const { second, coefficients } of own) {
      terms.push(nodePlace(second));
      for (let p = 0; p < densities; p++) reals.push(coefficients[centre * densities + p]);
    }
  }
  return [
    { words: groups, reals: [] },
    { words: terms, reals },
  ];
}
