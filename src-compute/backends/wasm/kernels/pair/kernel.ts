/**
 * Pair potentials for the WASM backend: E = Σ_{i<j} φ(r_ij), every pair met from both of its atoms, so that each atom
 * sums its own force and no thread writes to another's; neighbours as lanes.
 */
import { call, i32 } from '../../encoder/index.ts';
import type {
  Callable,
  Expression,
  FunctionBody,
  LaneType,
  Lanes,
  Local,
  ModuleBuilder,
  Vector,
} from '../../encoder/index.ts';
import { tabulatedFunctions } from '../../../../potentials/pair/index.ts';
import type { PairModel, TabulatedPairModel } from '../../../../potentials/pair/index.ts';
import { align } from '../../layout.ts';
import { coefficientView } from '../kernel.ts';
import type { Kernel } from '../kernel.ts';
import { forEachRecord, generateGather, RecordLayout } from '../neighbour-records.ts';
import { addEnergy, PairSums, speciesOf } from '../pair-sums.ts';
import { lennardJonesForm, morseForm, zblForm } from './forms.ts';
import type { PairForm, PairInput, PairValue } from './forms.ts';
import { generateLookup, tableNumbers } from './tabulated.ts';

type VectorLocal = Local<LaneType>;

/**
 * Atoms at distances that round to the cutoff count as inside, as the exact test of the gathering pass had it; what
 * fills up records lies further out.
 */
const ROUNDING = 1e-5;

export class PairKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = false;
  private readonly lanes: Lanes;
  private readonly records: RecordLayout;
  private readonly own: readonly number[];
  private readonly ownCount: number;
  private readonly form: PairForm | undefined;
  /** Tables by pair of species, for tabulated potentials. */
  private readonly tables: readonly (readonly number[])[] = [];

  constructor(model: PairModel, lanes: Lanes, species: readonly string[]) {
    this.lanes = lanes;
    this.cutoff = model.cutoff;
    this.own = species.map((name) => model.species.indexOf(name));
    this.ownCount = model.species.length;
    this.records = new RecordLayout(lanes, species.length, 0);
    if (model.form === 'tabulated-pair') {
      this.tables = tablesOf(model);
    } else {
      this.form = formOf(model);
    }
  }

  /** Numbers per pair of species in lane precision: the cutoff, then those of the form. */
  private get pairNumbers(): number {
    return 1 + (this.form?.parameters[0].length ?? 0);
  }

  /** The pairs' numbers, then for tabulated potentials the address of each pair's table, then the tables. */
  private get places() {
    const pairs = this.own.length ** 2;
    const addresses = align(pairs * this.pairNumbers * this.lanes.bytes, 16);
    const tables = align(addresses + 4 * pairs, 16);
    const end = this.tables.reduce((sum, table) => sum + 8 * table.length, tables);
    return { addresses, tables, end: align(end, 16) };
  }

  get coefficientBytes(): number {
    return this.places.end;
  }

  scratchBytes(longestRow: number): number {
    return this.records.slotBytes(longestRow);
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { lanes, records, own } = this;
    const gather = generateGather(module, records, this.cutoff, this.cutoff * (1 + 10 * ROUNDING));
    const lookup = this.tables.length > 0 ? generateLookup(module) : undefined;
    return module.function({ parameters: ['i32', 'i32', 'i32', 'i32'] }, (code, slice, slot, first, last) => {
      const local = code.local('i32');
      const bucketBytes = code.let(records.bucketBytesCode());
      code.for(local, first, last, 1, () => {
        code.call(gather, slice, slot, local);
        const sums = new PairSums(code, lanes, slice, local);
        const energy = code.local(lanes.type);
        sums.reset();
        code.set(energy, lanes.constant(0));
        const pair = code.let(i32.mul(speciesOf(local), own.length));
        const species = code.local('i32');
        code.for(species, 0, own.length, 1, () => {
          forEachRecord(code, records, slot, species, bucketBytes, (record) => {
            this.record(code, record, coefficients, pair, lookup, sums, energy);
          });
          code.set(pair, i32.add(pair, 1));
        });
        sums.finish(0.5);
        addEnergy(code, lanes, local, energy, 0.5);
      });
    });
  }

  /** One record of neighbours. */
  private record(
    code: FunctionBody,
    record: Local<'i32'>,
    coefficients: number,
    pair: Local<'i32'>,
    lookup: ReturnType<typeof generateLookup> | undefined,
    sums: PairSums,
    energy: VectorLocal,
  ): void {
    const { lanes, records } = this;
    const d = [0, 1, 2].map((field) => code.let(lanes.load(record, records.field(field))));
    const r = code.let(lanes.sqrt(lanes.load(record, records.field(3))));
    const inverse = code.let(lanes.div(lanes.constant(1), r));
    const numbers = code.let(i32.mul(pair, this.pairNumbers * lanes.bytes));
    const parameter = (n: number) => lanes.loadSplat(numbers, coefficients + n * lanes.bytes);
    const input: PairInput = { code, lanes, r, inverse, parameter: (n) => parameter(n + 1) };
    const value: PairValue = lookup
      ? this.lookUp(code, r, i32.load(i32.shl(pair, 2), coefficients + this.places.addresses), lookup)
      : (this.form?.evaluate(input) ?? { energy: lanes.constant(0), slope: lanes.constant(0) });
    const zero = lanes.constant(0);
    const limit = code.let(parameter(0));
    const inside = (x: Vector) => code.let(lanes.selectLess(r, limit, x, zero));
    code.set(energy, lanes.add(energy, inside(value.energy)));
    const factor = inside(lanes.mul(value.slope, inverse));
    sums.add(
      d,
      d.map((component) => code.let(lanes.mul(component, factor))),
    );
  }

  /** φ and φ′ from a table, lane by lane. */
  private lookUp(
    code: FunctionBody,
    r: VectorLocal,
    table: Expression<'i32'>,
    lookup: {
      piece: Callable & { readonly result: 'i32' };
      energy: (piece: Expression<'i32'>, r: Expression<'f64'>) => Expression<'f64'>;
      slope: (piece: Expression<'i32'>, r: Expression<'f64'>) => Expression<'f64'>;
    },
  ): PairValue {
    const { lanes } = this;
    const [energy, slope] = [code.let(lanes.constant(0)), code.let(lanes.constant(0))];
    for (let k = 0; k < lanes.width; k++) {
      const distance = code.let(lanes.extractF64(r, k));
      const piece = code.let(call(lookup.piece, distance, table));
      code.set(energy, lanes.replaceF64(energy, k, lookup.energy(piece, distance)));
      code.set(slope, lanes.replaceF64(slope, k, lookup.slope(piece, distance)));
    }
    return { energy, slope };
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    const { own, ownCount, form, lanes, places } = this;
    const pairs = own.flatMap((zi) => own.map((zj) => zi * ownCount + zj));
    const view = coefficientView(lanes, memory, address, pairs.length * this.pairNumbers);
    pairs.forEach((pair, k) => {
      const cutoff = form ? form.cutoffs[pair] : this.cutoffOfTable(pair);
      const isLongest = Math.abs(cutoff - this.cutoff) <= 1e-9 * cutoff;
      const numbers = [isLongest ? cutoff * (1 + ROUNDING) : cutoff, ...(form?.parameters[pair] ?? [])];
      view.set(numbers, k * this.pairNumbers);
    });
    if (this.tables.length === 0) return;
    const addresses = new Int32Array(memory, address + places.addresses, pairs.length);
    const starts: number[] = [];
    let end = address + places.tables;
    for (const table of this.tables) {
      starts.push(end);
      new Float64Array(memory, end, table.length).set(table);
      end += 8 * table.length;
    }
    pairs.forEach((pair, k) => (addresses[k] = starts[pair]));
  }

  /** Where a table ends: cells are equally wide. */
  private cutoffOfTable(pair: number): number {
    return this.tables[pair][1] / this.tables[pair][0];
  }
}

function formOf(model: Exclude<PairModel, TabulatedPairModel>): PairForm {
  switch (model.form) {
    case 'lennard-jones':
      return lennardJonesForm(model);
    case 'morse':
      return morseForm(model);
    case 'zbl':
      return zblForm(model);
  }
}

function tablesOf(model: TabulatedPairModel): number[][] {
  const functions = tabulatedFunctions(model);
  const { species, pairs } = model;
  return functions.map((phi, k) => {
    const names = [species[Math.floor(k / species.length)], species[k % species.length]];
    const pair = pairs.find(
      ({ species: [a, b] }) => (a === names[0] && b === names[1]) || (a === names[1] && b === names[0]),
    );
    return pair ? tableNumbers(pair, phi) : [];
  });
}
