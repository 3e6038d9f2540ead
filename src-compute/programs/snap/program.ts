/** SNAP as a many-body program: potentials/snap says what it computes, the files beside this one how. */
import { triples } from '../../potentials/snap/bispectrum.ts';
import { coefficientCount, pairCutoff, type SnapModel } from '../../potentials/snap/model.ts';
import type { Code, Reals, TableData, TableShape } from '../code.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import { atomEnergy, workPlaces, type AtomPart, type AtomShape, type WorkPlaces } from './atom.ts';
import { elementList } from './elements.ts';
import { addNeighbour, FIELDS, neighbourGradient, PAIR_NUMBERS, type SphereShape } from './neighbour.ts';
import { groupedProducts, PRODUCT_KINDS, type Group, type ProductKind } from './products.ts';

/** Finest expansion: above it, programs and tables grow too large for what they gain. */
export const LARGEST_PROGRAM_TWOJMAX = 14;
/** Products that are visited when tables are made, all species together. */
const MOST_PRODUCTS = 3_000_000;

/** Triple, channels and normalisation of a component. */
interface ComponentPlace {
  readonly triple: number;
  readonly channels: readonly [number, number, number];
  readonly factor: number;
}

const channelsOf = (model: SnapModel) => (model.elementsApart ? model.species.length : 1);

/** Why there is no program for a model; undefined when there is one. */
export function whyNoSnapProgram(model: SnapModel): string | undefined {
  if (model.twojmax > LARGEST_PROGRAM_TWOJMAX)
    return `its twojmax of ${model.twojmax} is above ${LARGEST_PROGRAM_TWOJMAX}`;
  const products = triples(model.twojmax).reduce((sum, { factor }) => sum + factor.length, 0);
  const sets = model.quadratic ? 1 : model.species.length;
  if (products * channelsOf(model) ** 3 * sets > MOST_PRODUCTS)
    return 'its elements apart make too many products';
  const shortest = pairCutoff(model, 0, 0) * (Math.min(...model.radii) / model.radii[0]);
  if ((model.rfac0 * Math.abs(model.rmin0)) / (shortest - model.rmin0) > 1)
    return 'its rmin0 turns close neighbours by more than half a turn';
  return undefined;
}

export class SnapProgram implements ManyBodyProgram {
  readonly cutoff: number;
  readonly sums: number;
  readonly channels: number;
  readonly work: number;
  readonly fields = FIELDS;
  readonly pairNumbers = PAIR_NUMBERS;
  readonly atomNumbers: number;
  readonly tables: readonly TableShape[];
  private readonly model: SnapModel;
  /** Model's own species of the backend's species, then the rest. */
  private readonly species: readonly number[];
  private readonly sphere: SphereShape;
  private readonly shape: AtomShape;
  private readonly places: WorkPlaces;
  private readonly contents: readonly (readonly TableData[])[];

  /** @param species index in the model of each of the backend's species */
  constructor(model: SnapModel, species: readonly number[]) {
    this.model = model;
    this.species = [...species, ...model.species.map((_, s) => s).filter((s) => !species.includes(s))];
    this.cutoff = model.cutoff;
    const list = elementList(model.twojmax);
    this.channels = channelsOf(model);
    this.sums = list.sums.length;
    this.sphere = {
      list,
      rmin0: model.rmin0,
      switching: model.switching,
      inner: model.inner !== undefined,
    };
    const components = this.componentTriples();
    const formed = model.quadratic ? components.length : 0;
    this.places = workPlaces(list, this.channels, formed);
    this.work = this.places.end;
    this.atomNumbers = this.channels + 2 * formed;
    const sets = formed > 0 ? [0] : species.map((_, s) => s);
    const groups = groupedProducts(
      list,
      components.map((component, k) => ({
        ...component,
        factors: sets.map((s) => component.factor * (formed > 0 ? 1 : this.beta(s, k))),
        target: formed > 0 ? k : 0,
      })),
    );
    this.shape = { list, channels: this.channels, components: formed, groups: groupRows(groups) };
    const made = sets.map((_, set) => productTables(groups, set));
    this.tables = [
      {
        words: ['work', 'work', { rowsOf: 1 }, { rowsOf: 1 }],
        reals: 0,
        rows: made[0].groups.words.length / 4,
      },
      { words: ['work', 'work'], reals: 1, rows: made[0].terms.reals.length },
      ...(formed > 0 ? quadraticShapes(formed) : []),
    ];
    this.contents = species.map((_, s) => [
      made[formed > 0 ? 0 : s].groups,
      made[formed > 0 ? 0 : s].terms,
      ...(formed > 0 ? this.quadraticTables(s, formed) : []),
    ]);
  }

  /** Triples and channels of the components in the order of the coefficients, as the tables count channels. */
  private componentTriples(): ComponentPlace[] {
    const { model, channels, species } = this;
    const place = (own: number) => (channels === 1 ? 0 : species.indexOf(own));
    const list = triples(model.twojmax);
    const all: ComponentPlace[] = [];
    for (let e1 = 0; e1 < channels; e1++)
      for (let e2 = 0; e2 < channels; e2++)
        for (let e3 = 0; e3 < channels; e3++)
          list.forEach(({ twoJ }, triple) =>
            all.push({
              triple,
              channels: [place(e1), place(e2), place(e3)],
              factor: model.normalised ? 1 / (twoJ + 1) : 1,
            }),
          );
    return all;
  }

  private coefficients(centre: number): Float64Array {
    const per = coefficientCount(this.model);
    const own = this.species[centre];
    return this.model.coefficients.subarray(own * per, (own + 1) * per);
  }

  private beta(centre: number, component: number): number {
    return this.coefficients(centre)[1 + component];
  }

  /** What is taken off a component of an atom of a species. */
  private isolated(centre: number, component: ComponentPlace): number {
    const { model } = this;
    const { twoJ } = triples(model.twojmax)[component.triple];
    const own =
      model.selfInAll || !model.elementsApart || component.channels.every((channel) => channel === centre);
    if (!model.subtractIsolated || !own) return 0;
    return (twoJ + 1) * component.factor;
  }

  pairNumbersOf(centre: number, neighbour: number): readonly number[] {
    const { model, species } = this;
    const [a, b] = [species[centre], species[neighbour]];
    const cutoff = pairCutoff(model, a, b);
    const perLength = Math.PI / (cutoff - model.rmin0);
    const mean = (list?: Float64Array) => (list ? (list[a] + list[b]) / 2 : 1);
    return [
      cutoff,
      model.rfac0 * perLength,
      perLength,
      model.weights[b],
      mean(model.inner?.centres),
      mean(model.inner?.widths),
    ];
  }

  atomNumbersOf(centre: number): readonly number[] {
    const { model, channels, shape } = this;
    const own = Array.from({ length: channels }, (_, channel) =>
      !model.elementsApart || model.selfInAll || channel === centre ? 1 : 0,
    );
    if (shape.components === 0) return own;
    const components = this.componentTriples();
    return [
      ...own,
      ...components.map((component) => this.isolated(centre, component)),
      ...components.map((_, k) => this.beta(centre, k)),
    ];
  }

  tablesOf(centre: number): readonly TableData[] {
    return this.contents[centre];
  }

  constantEnergy(centre: number): number {
    const [constant] = this.coefficients(centre);
    if (this.shape.components > 0) return constant;
    return this.componentTriples().reduce(
      (sum, component, k) => sum - this.beta(centre, k) * this.isolated(centre, component),
      constant,
    );
  }

  /** Rows of α of a species: a component and where its entries lie; entries: the other component and α. */
  private quadraticTables(centre: number, n: number): TableData[] {
    const alpha = this.coefficients(centre).subarray(1 + n);
    const [rows, others, values]: number[][] = [[], [], []];
    for (let k = 0, at = 0; k < n; k++) {
      rows.push(k, at, at + n - k);
      for (let l = k; l < n; l++, at++) {
        others.push(l);
        values.push(l === k ? alpha[at] / 2 : alpha[at]);
      }
    }
    return [
      { words: rows, reals: [] },
      { words: others, reals: values },
    ];
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    addNeighbour(code, this.sphere, at, sums);
  }

  atom<R, I>(code: Code<R, I>, at: AtomPart<R, I>): R {
    return atomEnergy(code, this.shape, this.places, at);
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    return neighbourGradient(code, this.sphere, at, adjoints);
  }
}

function quadraticShapes(components: number): TableShape[] {
  return [
    { words: ['work', { rowsOf: 3 }, { rowsOf: 3 }], reals: 0, rows: components },
    { words: ['work'], reals: 1, rows: (components * (components + 1)) / 2 },
  ];
}

function groupRows(groups: Record<ProductKind, Group[]>): Record<ProductKind, readonly [number, number]> {
  const plain = groups.plain.length;
  const second = plain + groups['second conjugate'].length;
  const conjugate = second + groups.conjugate.length;
  return { plain: [0, plain], 'second conjugate': [plain, second], conjugate: [second, conjugate] };
}

/** Tables of groups and terms for one set of coefficients. Words of elements count reals, two per element. */
function productTables(
  groups: Record<ProductKind, Group[]>,
  set: number,
): { groups: TableData; terms: TableData & { readonly reals: readonly number[] } } {
  const [groupWords, termWords, reals]: number[][] = [[], [], []];
  for (const kind of PRODUCT_KINDS)
    for (const { first, second, terms } of groups[kind]) {
      groupWords.push(2 * first, 2 * second, reals.length, reals.length + terms.length);
      for (const { third, component, factors } of terms) {
        termWords.push(2 * third, component);
        reals.push(factors[set]);
      }
    }
  return { groups: { words: groupWords, reals: [] }, terms: { words: termWords, reals } };
}
