/**
 * The skeleton of many-body forms for WebAssembly: gathers the neighbours of a group of atoms of one species (neighbours as
 * lanes), turns the sums over lanes (atoms as lanes) for the atoms' part, and visits the neighbours again with what that
 * says, atom by atom.
 */
import { f32, f64, i32, select } from '../../backends/wasm/encoder/index.ts';
import type {
  Expression,
  FunctionBody,
  Lanes,
  Local,
  ModuleBuilder,
} from '../../backends/wasm/encoder/index.ts';
import { coefficientView, type Kernel } from '../../backends/wasm/kernels/kernel.ts';
import { zeroFill } from '../../backends/wasm/kernels/loops.ts';
import {
  forEachRecord,
  generateGather,
  RecordLayout,
} from '../../backends/wasm/kernels/neighbour-records.ts';
import { PairSums, scatterForces, speciesOf, transposedSum } from '../../backends/wasm/kernels/pair-sums.ts';
import { align, CONTEXT } from '../../backends/wasm/layout.ts';
import type { Reals } from '../code.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import { realsOffset, rowBytes, WasmCode, type Place, type Real } from './code.ts';

/** Vectors of atoms that go through the tables together. */
const TABLE_VECTORS = 2;

type Function = ReturnType<ModuleBuilder['function']> & { readonly result: undefined };

export class ManyBodyKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = true;
  private readonly program: ManyBodyProgram;
  private readonly lanes: Lanes;
  private readonly records: RecordLayout;
  private readonly species: number;
  private readonly fieldBytes: number;
  /** Vectors of atoms in a group. */
  private readonly vectors: number;
  private readonly groupWidth: number;

  /** @param species number of the backend's species */
  constructor(program: ManyBodyProgram, lanes: Lanes, species: number) {
    this.program = program;
    this.lanes = lanes;
    this.species = species;
    this.cutoff = program.cutoff;
    this.records = new RecordLayout(lanes, species, program.fields);
    this.fieldBytes = lanes.width * lanes.bytes;
    this.vectors = program.straight ? 1 : TABLE_VECTORS;
    this.groupWidth = lanes.width * this.vectors;
  }

  /** Whether atoms of all species are computed together. */
  private get alike(): boolean {
    return this.species === 1 || this.program.alike === true;
  }

  private get sumCount(): number {
    return this.program.sums * this.program.channels;
  }

  /** Coefficients: constant energies (f64), numbers of atoms, of pairs, then the tables of each species. */
  private get places() {
    const { program, lanes, species } = this;
    const atoms = align(8 * species, 16);
    const pairs = align(atoms + species * program.atomNumbers * lanes.bytes, 16);
    const tables = align(pairs + species ** 2 * program.pairNumbers * lanes.bytes, 16);
    let end = 0;
    const starts = program.tables.map((shape) => {
      const start = end;
      end = align(start + shape.rows * rowBytes(shape, lanes), 16);
      return start;
    });
    const copies = this.alike ? 1 : species;
    return { atoms, pairs, tables, starts, tableBytes: end, end: tables + copies * end };
  }

  get coefficientBytes(): number {
    return this.places.end;
  }

  /** Work space: energies and members of a group, sums, derivatives, work, then the slots. */
  private get work() {
    const { fieldBytes, groupWidth, program, sumCount } = this;
    const stride = this.vectors * fieldBytes;
    const members = stride;
    const sums = align(members + 4 * groupWidth, 16);
    const adjoints = sums + groupWidth * sumCount * fieldBytes;
    const { inWork } = program;
    const work = inWork ? adjoints : adjoints + sumCount * stride;
    const slots = work + program.work * stride;
    return {
      stride,
      members,
      sums,
      adjoints: inWork ? work + inWork.adjoints * stride : adjoints,
      work,
      slots,
    };
  }

  scratchBytes(longestRow: number): number {
    return this.work.slots + this.groupWidth * this.records.slotBytes(longestRow);
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { lanes, records, work, groupWidth, species } = this;
    const gather = generateGather(module, records, this.cutoff, this.cutoff * 1.01);
    const first = this.generateFirst(module, coefficients);
    const atoms = this.generateAtoms(module, coefficients);
    const second = this.generateSecond(module, coefficients);
    const sumBytes = this.sumCount * this.fieldBytes;
    return module.function({ parameters: ['i32', 'i32', 'i32', 'i32'] }, (code, slice, scratch, from, to) => {
      const [centre, member] = [code.local('i32'), code.local('i32')];
      const slotBytes = code.let(i32.add(records.headerBytes, i32.mul(records.bucketBytesCode(), species)));
      const slotOf = () => i32.add(i32.add(scratch, work.slots), i32.mul(member, slotBytes));
      this.eachGroup(code, { scratch, centre, member }, from, to, (eachMember) => {
        zeroFill(code, lanes, i32.add(scratch, work.sums), groupWidth * sumBytes);
        eachMember((local) => {
          const slot = code.let(slotOf());
          code.call(gather, slice, slot, local);
          const sums = i32.add(i32.add(scratch, work.sums), i32.mul(member, sumBytes));
          code.call(first, slot, sums, centre);
        });
        code.call(atoms, scratch, centre);
        eachMember((local) => {
          this.addEnergy(code, coefficients, centre, scratch, member, local);
          const adjoints = code.let(i32.add(i32.add(scratch, work.adjoints), i32.mul(member, lanes.bytes)));
          const visit = () => code.call(second, slotOf(), adjoints, slice, local, centre);
          if (this.program.quiet) code.if(this.hasDerivatives(adjoints), visit);
          else visit();
        });
      });
    });
  }

  /**
   * Runs through the atoms in groups that are computed together: neighbours in the list, or atoms of one species. Sets the
   * member of a group and its species.
   */
  private eachGroup(
    code: FunctionBody,
    at: { scratch: Local<'i32'>; centre: Local<'i32'>; member: Local<'i32'> },
    from: Local<'i32'>,
    to: Local<'i32'>,
    body: (eachMember: (visit: (local: Local<'i32'>) => void) => void) => void,
  ): void {
    const { scratch, centre, member } = at;
    const [cursor, count, local] = [0, 1, 2].map(() => code.local('i32'));
    if (this.alike) {
      code.for(cursor, from, to, this.groupWidth, () => {
        code.set(
          count,
          select(
            i32.lt(i32.sub(to, cursor), this.groupWidth),
            i32.sub(to, cursor),
            i32.const(this.groupWidth),
          ),
        );
        body((visit) => {
          code.for(member, 0, count, 1, () => {
            code.set(local, i32.add(cursor, member));
            if (this.species > 1) code.set(centre, speciesOf(local));
            visit(local);
          });
        });
      });
      return;
    }
    code.for(centre, 0, this.species, 1, () => {
      code.set(cursor, from);
      code.block((done) => {
        code.loop((again) => {
          this.collect(code, scratch, { centre, cursor, count }, to);
          code.branchIf(done, i32.eqz(count));
          body((visit) => {
            code.for(member, 0, count, 1, () => {
              code.set(local, i32.load(i32.add(scratch, i32.shl(member, 2)), this.work.members));
              visit(local);
            });
          });
          code.branch(again);
        });
      });
    });
  }

  /** Whether a derivative of an atom is not zero. */
  private hasDerivatives(adjoints: Local<'i32'>): Expression<'i32'> {
    const differs = (k: number) => {
      const offset = k * this.work.stride;
      if (this.lanes.bytes === 8) return f64.ne(f64.load(adjoints, offset), 0);
      return f64.ne(f64.promoteF32(f32.load(adjoints, offset)), 0);
    };
    return Array.from({ length: this.sumCount }, (_, k) => differs(k)).reduce((a, b) => i32.or(a, b));
  }

  /** Lists the next atoms of a species, as many as fill a group. */
  private collect(
    code: FunctionBody,
    scratch: Local<'i32'>,
    at: { centre: Local<'i32'>; cursor: Local<'i32'>; count: Local<'i32'> },
    to: Local<'i32'>,
  ): void {
    const { centre, cursor, count } = at;
    code.set(count, 0);
    code.block((full) => {
      code.loop((again) => {
        code.branchIf(full, i32.ge(cursor, to));
        code.branchIf(full, i32.eq(count, this.groupWidth));
        const place = i32.add(scratch, i32.shl(count, 2));
        code.store(i32, place, cursor, this.work.members);
        code.set(count, i32.add(count, i32.eq(speciesOf(cursor), centre)));
        code.set(cursor, i32.add(cursor, 1));
        code.branch(again);
      });
    });
  }

  private neighbourPart(
    code: FunctionBody,
    real: WasmCode,
    record: Local<'i32'>,
    pair: Local<'i32'>,
    coefficients: number,
  ): NeighbourPart<Real, Place> {
    const { lanes, records } = this;
    const field = (n: number): Real => [code.let(lanes.load(record, records.field(n)))];
    return {
      difference: [field(0), field(1), field(2)],
      squared: [lanes.load(record, records.field(3))],
      pair: real.shared(pair, coefficients + this.places.pairs, lanes.bytes),
      fields: real.array({ base: record, offset: records.field(4), stride: records.fieldBytes, shift: 0 }),
    };
  }

  /** Loops over the records of an atom's neighbours of every species. */
  private eachNeighbour(
    code: FunctionBody,
    slot: Local<'i32'>,
    centre: Local<'i32'>,
    visit: (species: Local<'i32'>, record: Local<'i32'>, pair: Local<'i32'>) => void,
  ): void {
    const bucketBytes = code.let(this.records.bucketBytesCode());
    const species = code.local('i32');
    const pairBytes = this.program.pairNumbers * this.lanes.bytes;
    code.for(species, 0, this.species, 1, () => {
      const pair = code.let(i32.mul(i32.add(i32.mul(centre, this.species), species), pairBytes));
      forEachRecord(code, this.records, slot, species, bucketBytes, (record) => visit(species, record, pair));
    });
  }

  /** Base of the numbers of a neighbour's channel. */
  private channelBase(
    code: FunctionBody,
    base: Local<'i32'>,
    species: Local<'i32'>,
    stride: number,
  ): Local<'i32'> {
    if (this.program.channels === 1) return base;
    return code.let(i32.add(base, i32.mul(species, this.program.sums * stride)));
  }

  /** The function (slot, sums, centre). */
  private generateFirst(module: ModuleBuilder, coefficients: number): Function {
    const { lanes, program, fieldBytes } = this;
    return module.function({ parameters: ['i32', 'i32', 'i32'] }, (code, slot, sums, centre) => {
      const real = new WasmCode(code, lanes);
      this.eachNeighbour(code, slot, centre, (species, record, pair) => {
        const base = this.channelBase(code, sums, species, fieldBytes);
        const array = real.array({ base, offset: 0, stride: fieldBytes, shift: 0 });
        program.neighbour(real, this.neighbourPart(code, real, record, pair, coefficients), array);
      });
    });
  }

  /** The function (scratch, centre): the atoms' part of a group. */
  private generateAtoms(module: ModuleBuilder, coefficients: number): Function {
    const { lanes, program, fieldBytes, work, places } = this;
    return module.function({ parameters: ['i32', 'i32'] }, (code, scratch, centre) => {
      const ownTables = this.alike ? 0 : i32.mul(centre, places.tableBytes);
      const tables = code.let(i32.add(ownTables, coefficients + places.tables));
      const shapes = program.tables.map((shape, t) => ({ shape, start: places.starts[t] }));
      const real = new WasmCode(code, lanes, this.vectors, shapes, tables);
      const perAtom = { base: scratch, stride: work.stride, shift: fieldBytes };
      const numbers = code.let(i32.mul(centre, program.atomNumbers * lanes.bytes));
      const workArray = real.array({ ...perAtom, offset: work.work });
      if (program.inWork) this.turnSums(code, scratch, program.inWork.sums);
      const energy = program.atom(real, {
        sums: this.turnedSums(code, scratch),
        adjoints: real.array({ ...perAtom, offset: work.adjoints }),
        work: workArray,
        numbers: real.shared(numbers, coefficients + places.atoms, lanes.bytes),
      });
      real.array({ ...perAtom, offset: 0 }).store(0, energy);
    });
  }

  /** Puts the sums over neighbours, atoms as lanes, among the atom's numbers. */
  private turnSums(code: FunctionBody, scratch: Local<'i32'>, place: number): void {
    const { lanes, fieldBytes, work, sumCount } = this;
    const atomBytes = sumCount * fieldBytes;
    const sum = code.local('i32');
    code.for(sum, 0, sumCount, 1, () => {
      const from = code.let(i32.add(scratch, i32.mul(sum, fieldBytes)));
      const to = code.let(i32.add(scratch, i32.mul(sum, work.stride)));
      for (let v = 0; v < this.vectors; v++) {
        const turned = transposedSum(code, lanes, from, atomBytes, work.sums + v * lanes.width * atomBytes);
        code.store(lanes.storeKind, to, turned, work.work + place * work.stride + v * fieldBytes);
      }
    });
  }

  /** Sums over neighbours, atoms as lanes; read only. */
  private turnedSums(code: FunctionBody, scratch: Local<'i32'>): Reals<Real, Place> {
    const { lanes, fieldBytes, work, sumCount } = this;
    const atomBytes = sumCount * fieldBytes;
    return {
      load: (index) =>
        Array.from({ length: this.vectors }, (_, v) => {
          const offset = work.sums + v * lanes.width * atomBytes + index * fieldBytes;
          return transposedSum(code, lanes, scratch, atomBytes, offset);
        }),
      store: () => {
        throw new RangeError('sums cannot be written by the part of the atom');
      },
    };
  }

  /** The function (slot, adjoints, slice, local, centre): forces and virial. */
  private generateSecond(module: ModuleBuilder, coefficients: number): Function {
    const { lanes, records, program, work } = this;
    return module.function(
      { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
      (code, slot, adjoints, slice, local, centre) => {
        const real = new WasmCode(code, lanes);
        const sums = new PairSums(code, lanes, slice, local);
        this.eachNeighbour(code, slot, centre, (species, record, pair) => {
          const base = this.channelBase(code, adjoints, species, work.stride);
          const at = this.neighbourPart(code, real, record, pair, coefficients);
          const gradient = program.gradient(real, at, real.shared(base, 0, work.stride));
          const [g, d] = [gradient, at.difference].map((vector) => vector.map(([x]) => code.let(x)));
          sums.add(d, g);
          scatterForces(code, lanes, records, record, sums.forces, g);
        });
        sums.finish();
      },
    );
  }

  /** Energy of an atom += its constant and what its lane says. */
  private addEnergy(
    code: FunctionBody,
    coefficients: number,
    centre: Local<'i32'>,
    scratch: Local<'i32'>,
    member: Local<'i32'>,
    local: Local<'i32'>,
  ): void {
    const address = code.let(i32.add(i32.load(CONTEXT.energies), i32.shl(local, 3)));
    const own = f64.load(i32.shl(centre, 3), coefficients);
    const lane = i32.add(scratch, i32.mul(member, this.lanes.bytes));
    const value = this.lanes.bytes === 8 ? f64.load(lane) : f64.promoteF32(f32.load(lane));
    code.store(f64, address, f64.add(f64.load(address), f64.add(own, value)));
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    const { program, lanes, places, species } = this;
    const each = Array.from({ length: species }, (_, s) => s);
    new Float64Array(memory, address, species).set(each.map((s) => program.constantEnergy(s)));
    const numbers = coefficientView(lanes, memory, address + places.atoms, species * program.atomNumbers);
    each.forEach((s) => numbers.set(program.atomNumbersOf(s), s * program.atomNumbers));
    const pairs = coefficientView(lanes, memory, address + places.pairs, species ** 2 * program.pairNumbers);
    each.forEach((a) =>
      each.forEach((b) => {
        pairs.set(program.pairNumbersOf(a, b), (a * species + b) * program.pairNumbers);
      }),
    );
    (this.alike ? [0] : each).forEach((s) =>
      this.writeTables(memory, address + places.tables + s * places.tableBytes, s),
    );
  }

  private writeTables(memory: ArrayBufferLike, address: number, centre: number): void {
    const { program, lanes, places, work } = this;
    const contents = program.tablesOf(centre);
    const view = new DataView(memory, address, places.tableBytes);
    program.tables.forEach((shape, t) => {
      const { words, reals } = contents[t];
      const bytes = rowBytes(shape, lanes);
      for (let row = 0; row < shape.rows; row++) {
        const at = places.starts[t] + row * bytes;
        shape.words.forEach((kind, k) => {
          const word = words[row * shape.words.length + k];
          const place =
            kind === 'work'
              ? word * work.stride
              : places.starts[kind.rowsOf] + word * rowBytes(program.tables[kind.rowsOf], lanes);
          view.setInt32(at + 4 * k, place, true);
        });
        for (let k = 0; k < shape.reals; k++) {
          const to = at + realsOffset(shape, lanes) + k * lanes.bytes;
          const value = reals[row * shape.reals + k];
          if (lanes.bytes === 8) view.setFloat64(to, value, true);
          else view.setFloat32(to, value, true);
        }
      }
    });
  }
}
