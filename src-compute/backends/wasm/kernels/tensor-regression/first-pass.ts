/**
 * The first pass over the neighbours of one atom, neighbours as lanes: distance, radial functions (kept in the record with
 * their slopes) and the sums over neighbours. Functions: shape.ts.
 */
import { i32 } from '../../encoder/index.ts';
import type { FunctionBody, Local, ModuleBuilder, Vector } from '../../encoder/index.ts';
import {
  angularConstants,
  constants,
  planePowers,
  polarFunctions,
  radialConstants,
  radialFunctions,
  type VectorLocal,
} from './basis.ts';
import { HANDOVER_NUMBERS } from '../../../../potentials/handover.ts';
import { seenDistance } from '../../../../programs/handover.ts';
import { WasmCode } from '../../../../programs/wasm/code.ts';
import { eachRadial, SPECIES_ENTRY, type Pass } from './pass-code.ts';
import {
  DISTANCE,
  harmonicIndex,
  INVERSE,
  selfIndex,
  slopeField,
  UX,
  UY,
  UZ,
  valueField,
  type TensorShape,
} from './shape.ts';

/**
 * The function (slot, accumulators, handover) that adds to one vector per number, which the caller has zeroed. Handover:
 * address of the numbers of the central atom's pairs, unused by models without a hand-over.
 * @param table address of the species' entries
 */
export function generateFirstPass(module: ModuleBuilder, shape: TensorShape, table: number): Pass {
  const { lanes, records, layout } = shape;
  const weighted = layout.channels < layout.weights.length / layout.channels;
  return module.function({ parameters: ['i32', 'i32', 'i32'] }, (code, slot, accumulators, handover) => {
    const constant = constants(code, lanes, [
      ...radialConstants(shape),
      ...angularConstants(layout.angularSize),
    ]);
    const real = new WasmCode(code, lanes);
    const bucketBytes = code.let(records.bucketBytesCode());
    const species = code.local('i32');
    code.for(species, 0, shape.speciesCount, 1, () => {
      const entry = code.let(i32.add(table, i32.mul(species, SPECIES_ENTRY.bytes)));
      const block = (place: number) =>
        code.let(i32.add(accumulators, i32.mul(i32.load(entry, place), lanes.width)));
      const radialBlock = block(SPECIES_ENTRY.radial);
      const harmonics = block(SPECIES_ENTRY.harmonics);
      const weight = weighted ? code.let(lanes.loadSplat(entry, SPECIES_ENTRY.weight)) : undefined;
      forEachRecordPair(code, shape, slot, species, bucketBytes, (record, count) => {
        const neighbours = Array.from({ length: count }, (_, n) => {
          const at = (field: number) => n * records.bytes + records.field(field);
          const store = (field: number, value: Vector) =>
            code.store(lanes.storeKind, record, value, at(field));
          const r = code.let(lanes.sqrt(lanes.load(record, at(3))));
          const inverse = code.let(lanes.div(constant(1), r));
          const u = [UX, UY, UZ].map((field) => code.let(lanes.mul(lanes.load(record, at(field)), inverse)));
          u.forEach((value, axis) => store(UX + axis, value));
          store(INVERSE, inverse);
          store(DISTANCE, r);
          const number = (k: number) => [lanes.loadSplat(handover, k * lanes.bytes)];
          const seen = seenDistance(real, [r], shape.handsOver ? number : undefined);
          const [distance] = seen.distance;
          const { values, slopes } = radialFunctions(code, shape, constant, code.let(distance), weight);
          seen
            .chain(slopes.map((slope) => [slope]))
            .forEach(([slope], p) => store(slopeField(shape, p), slope));
          values.slice(0, shape.angularRadial).forEach((value, a) => store(valueField(a), value));
          return { u, values };
        });
        addRadialSums(
          code,
          shape,
          radialBlock,
          neighbours.map(({ values }) => values),
        );
        if (layout.angularSize > 0) {
          const directions = neighbours.map(({ u }) => u);
          addHarmonics(code, shape, constant, harmonics, record, directions);
        }
      });
      if (shape.handsOver) code.set(handover, i32.add(handover, HANDOVER_NUMBERS * lanes.bytes));
    });
  });
}

/**
 * Loops over the records of one species two at a time, so that sums are loaded and stored once for both; the last one
 * may be alone. The second record lies `records.bytes` behind the first.
 */
function forEachRecordPair(
  code: FunctionBody,
  { records, lanes }: TensorShape,
  slot: Local<'i32'>,
  species: Local<'i32'>,
  bucketBytes: Local<'i32'>,
  body: (record: Local<'i32'>, count: 1 | 2) => void,
): void {
  const record = code.local('i32');
  const offset = i32.add(records.headerBytes, i32.mul(species, bucketBytes));
  const start = code.let(i32.add(slot, offset));
  const neighbours = i32.load(i32.add(slot, i32.shl(species, 2)));
  const count = code.let(i32.divUnsigned(i32.add(neighbours, lanes.width - 1), lanes.width));
  const end = code.let(i32.add(start, i32.mul(i32.and(count, -2), records.bytes)));
  code.for(record, start, end, 2 * records.bytes, () => body(record, 2));
  code.if(i32.and(count, 1), () => {
    code.set(record, end);
    body(record, 1);
  });
}

function accumulate(
  code: FunctionBody,
  { lanes, records }: TensorShape,
  base: Local<'i32'>,
  index: number,
  terms: readonly Vector[],
): void {
  const offset = index * records.fieldBytes;
  const term = terms.reduce((a, b) => lanes.add(a, b));
  code.store(lanes.storeKind, base, lanes.add(lanes.load(base, offset), term), offset);
}

function addRadialSums(
  code: FunctionBody,
  shape: TensorShape,
  block: Local<'i32'>,
  values: readonly (readonly VectorLocal[])[],
): void {
  const { lanes, angularRadial, selfStart, layout } = shape;
  for (let p = 0; p < layout.radialSize; p++) {
    accumulate(
      code,
      shape,
      block,
      p,
      values.map((value) => value[p]),
    );
  }
  for (let a = 0; a < angularRadial; a++) {
    for (let b = a; b < angularRadial; b++) {
      const place = selfStart + selfIndex(angularRadial, a, b);
      const products = values.map((value) => lanes.mul(value[a], value[b]));
      accumulate(code, shape, block, place, products);
    }
  }
}

/** Adds Õ_a Q̂_l^m (c_m, s_m) of one or two records. */
function addHarmonics(
  code: FunctionBody,
  shape: TensorShape,
  constant: (value: number) => VectorLocal,
  harmonics: Local<'i32'>,
  record: Local<'i32'>,
  directions: readonly (readonly VectorLocal[])[],
): void {
  const { lanes, records, layout } = shape;
  const size = layout.angularSize;
  const functions = directions.map(([x, y, z]) => ({
    polar: polarFunctions(code, shape, constant, z),
    powers: planePowers(code, lanes, x, y, size),
  }));
  eachRadial(code, shape, harmonics, records.fieldBytes, record, (block, offset, fields, fieldOffset) => {
    const values = functions.map((_, n) =>
      code.let(lanes.load(fields, fieldOffset + n * records.bytes + records.field(valueField(0)))),
    );
    for (let m = 0; m <= size; m++) {
      for (const sine of m === 0 ? [false] : [false, true]) {
        const terms = functions.map(({ powers }, n) => {
          if (m === 0) return values[n];
          return code.let(lanes.mul(sine ? powers[m - 1].s : powers[m - 1].c, values[n]));
        });
        for (let l = Math.max(1, m); l <= size; l++) {
          const products = functions.map(({ polar }, n) => {
            const q = polar[l][m];
            return q ? lanes.mul(terms[n], q) : terms[n];
          });
          const index = offset / records.fieldBytes + harmonicIndex(l, m, sine);
          accumulate(code, shape, block, index, products);
        }
      }
    }
  });
}
