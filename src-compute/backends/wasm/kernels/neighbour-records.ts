/**
 * First pass of every kernel: of the listed neighbours of one atom, those inside the cutoff are written to records
 * of `width` neighbours each (lanes), grouped by species, so that later passes need no test and use one set of
 * coefficients per record. The last record of a species is filled up with neighbours at a distance where the potential
 * and its slope vanish: the cutoff, or a little more for potentials that jump there.
 *
 * A slot holds the records of one atom: counts (i32 per species), then one bucket of records per species.
 * A record holds fields of `width` numbers: dx, dy, dz, r², then what the kernel wants, then the neighbours' force
 * offsets (i32, bytes). Differences are taken in f64 and rounded afterwards, so that f32 loses nothing far from the origin.
 */
import { f32, f64, i32 } from '../encoder/index.ts';
import type { Callable, Expression, FunctionBody, Lanes, Local, ModuleBuilder } from '../encoder/index.ts';
import { align, CONTEXT, SLICE, SMALLEST_DISTANCE } from '../layout.ts';
import { forceStride } from './kernel.ts';
import { zeroWords } from './loops.ts';

export class RecordLayout {
  readonly lanes: Lanes;
  readonly speciesCount: number;
  /** Bytes of one field. */
  readonly fieldBytes: number;
  readonly fieldCount: number;
  /** Bytes of one record. */
  readonly bytes: number;
  /** Where the force offsets lie in a record. */
  readonly indexOffset: number;
  readonly headerBytes: number;

  /** @param extraFields number of fields after dx, dy, dz, r² */
  constructor(lanes: Lanes, speciesCount: number, extraFields: number) {
    this.lanes = lanes;
    this.speciesCount = speciesCount;
    this.fieldBytes = lanes.width * lanes.bytes;
    this.fieldCount = 4 + extraFields;
    this.indexOffset = this.fieldCount * this.fieldBytes;
    this.bytes = align(this.indexOffset + 4 * lanes.width, 16);
    this.headerBytes = align(4 * speciesCount, 16);
  }

  /** Offset of a field in a record. */
  field(index: number): number {
    return index * this.fieldBytes;
  }

  /** Bytes of one bucket for rows of at most so many neighbours (plus padding). */
  bucketBytes(longestRow: number): number {
    return (Math.floor(longestRow / this.lanes.width) + 2) * this.bytes;
  }

  /** Bytes of the slot of one atom. */
  slotBytes(longestRow: number): number {
    return this.headerBytes + this.speciesCount * this.bucketBytes(longestRow);
  }

  /** The same as code: bucketBytes of the present longest row. */
  bucketBytesCode(): Expression<'i32'> {
    const rows = i32.divUnsigned(i32.load(CONTEXT.longestRow), this.lanes.width);
    return i32.mul(i32.add(rows, 2), this.bytes);
  }
}

/** Loops over the records of one species in a slot; `body` gets the record's address. */
export function forEachRecord(
  code: FunctionBody,
  layout: RecordLayout,
  slot: Expression<'i32'>,
  species: Expression<'i32'> | number,
  bucketBytes: Expression<'i32'>,
  body: (record: Local<'i32'>) => void,
): void {
  const { width } = layout.lanes;
  const record = code.local('i32');
  const offset = i32.add(layout.headerBytes, i32.mul(species, bucketBytes));
  const start = code.let(i32.add(slot, offset));
  const count = i32.load(i32.add(slot, i32.shl(species, 2)));
  const records = i32.divUnsigned(i32.add(count, width - 1), width);
  const end = code.let(i32.add(start, i32.mul(records, layout.bytes)));
  code.for(record, start, end, layout.bytes, body);
}

/**
 * The function (slice, slot, local) that fills a slot with the neighbours of one local atom.
 * @param cutoff Å
 * @param padding distance of the neighbours that fill up records, Å
 */
export function generateGather(
  module: ModuleBuilder,
  layout: RecordLayout,
  cutoff: number,
  padding = cutoff,
): Callable & { readonly result: undefined } {
  const { lanes } = layout;
  const stride = forceStride(lanes);
  const storeNumber = (
    code: FunctionBody,
    address: Expression<'i32'>,
    value: Expression<'f64'>,
    field: number,
  ) => {
    const offset = layout.field(field);
    if (lanes.bytes === 8) code.store(f64, address, value, offset);
    else code.store(f32, address, f32.demoteF64(value), offset);
  };
  /** Address of the lane that the n-th neighbour of a bucket fills. */
  const laneAddress = (bucket: Expression<'i32'>, n: Local<'i32'>) =>
    lanes.width === 1
      ? i32.add(bucket, i32.mul(n, layout.bytes))
      : i32.add(
          i32.add(bucket, i32.mul(i32.shrUnsigned(n, Math.log2(lanes.width)), layout.bytes)),
          i32.mul(i32.and(n, lanes.width - 1), lanes.bytes),
        );
  /** Address of the force offset beside it. */
  const indexAddress = (address: Local<'i32'>, n: Local<'i32'>) =>
    lanes.bytes === 4 ? address : i32.sub(address, i32.mul(i32.and(n, lanes.width - 1), 4));
  return module.function({ parameters: ['i32', 'i32', 'i32'] }, (code, slice, slot, local) => {
    const bucketBytes = code.let(layout.bucketBytesCode());
    const buckets = code.let(i32.add(slot, layout.headerBytes));
    const positions = code.let(i32.load(CONTEXT.positions));
    const species = code.let(i32.load(CONTEXT.species));
    const fourLocal = code.let(i32.shl(local, 2));
    const self = code.let(i32.load(i32.add(i32.load(CONTEXT.locals), fourLocal)));
    const own = code.let(i32.add(positions, i32.shl(self, 5)));
    const [x, y, z] = [0, 8, 16].map((offset) => code.let(f64.load(own, offset)));
    const row = code.let(i32.load(i32.add(i32.load(CONTEXT.rowAddresses), fourLocal)));
    const rowEnd = code.let(
      i32.add(row, i32.shl(i32.load(i32.add(i32.load(CONTEXT.rowCounts), fourLocal)), 2)),
    );
    const n = code.local('i32');
    const [bucket, countAddress] = [code.local('i32'), code.local('i32')];
    const several = layout.speciesCount > 1;
    if (several) zeroWords(code, slot, layout.speciesCount);
    else code.set(bucket, buckets);
    const address = code.local('i32');
    const pointer = code.local('i32');
    code.for(pointer, row, rowEnd, 4, () => {
      const j = code.let(i32.load(pointer));
      const other = code.let(i32.add(positions, i32.shl(j, 5)));
      if (several) {
        const z4 = code.let(i32.shl(i32.load(i32.add(species, i32.shl(j, 2))), 2));
        code.set(countAddress, i32.add(slot, z4));
        code.set(n, i32.load(countAddress));
        code.set(bucket, i32.add(buckets, i32.mul(i32.shrUnsigned(z4, 2), bucketBytes)));
      }
      const dx = code.let(f64.sub(f64.load(other), x));
      const dy = code.let(f64.sub(f64.load(other, 8), y));
      const dz = code.let(f64.sub(f64.load(other, 16), z));
      const squared = code.let(f64.add(f64.add(f64.mul(dx, dx), f64.mul(dy, dy)), f64.mul(dz, dz)));
      // written always and kept if near: no branch to mispredict
      code.set(address, laneAddress(bucket, n));
      [dx, dy, dz, squared].forEach((value, field) => storeNumber(code, address, value, field));
      code.store(i32, indexAddress(address, n), i32.mul(j, stride), layout.indexOffset);
      const next = i32.add(n, f64.lt(squared, cutoff * cutoff));
      if (several) code.store(i32, countAddress, next);
      else code.set(n, next);
      code.if(f64.lt(squared, SMALLEST_DISTANCE ** 2), () => {
        code.store(i32, slice, i32.add(local, 1), SLICE.tooClose);
      });
    });
    const pad = () => {
      const at = code.local('i32');
      code.set(at, n);
      code.block((full) => {
        code.loop((again) => {
          code.branchIf(full, i32.eqz(i32.and(at, lanes.width - 1)));
          code.set(address, laneAddress(bucket, at));
          [padding, 0, 0, padding * padding].forEach((value, field) => {
            storeNumber(code, address, paddingNumber(lanes, value, field), field);
          });
          code.store(i32, indexAddress(address, at), i32.mul(self, stride), layout.indexOffset);
          code.set(at, i32.add(at, 1));
          code.branch(again);
        });
      });
    };
    if (several) {
      const s = code.local('i32');
      code.for(s, 0, layout.speciesCount, 1, () => {
        code.set(n, i32.load(i32.add(slot, i32.shl(s, 2))));
        code.set(bucket, i32.add(buckets, i32.mul(s, bucketBytes)));
        if (lanes.width > 1) pad();
      });
    } else {
      code.store(i32, slot, n);
      if (lanes.width > 1) pad();
    }
  });
}

/** A distance and its square such that √(r²) is exactly the rounded cutoff also in f32. */
function paddingNumber(lanes: Lanes, value: number, field: number): Expression<'f64'> {
  if (lanes.bytes === 8 || field < 3) return f64.const(value);
  const rounded = Math.fround(Math.sqrt(value));
  return f64.const(Math.fround(rounded * rounded));
}
