/** What every kernel does with the gradients of neighbours: forces on both atoms and the virial. */
import { f32, f32x4, f64, f64x2, i32, v128 } from '../encoder/index.ts';
import type { Expression, FunctionBody, LaneType, Lanes, Local, Vector } from '../encoder/index.ts';
import { CONTEXT, SLICE } from '../layout.ts';
import { forceStride } from './kernel.ts';
import type { RecordLayout } from './neighbour-records.ts';

type VectorLocal = Local<LaneType>;

/** Byte indices of v128.shuffle. */
export const SHUFFLE = {
  /** (a₀ b₀) of 64-bit lanes */
  low64: [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
  /** (a₁ b₁) of 64-bit lanes */
  high64: [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
  /** (a₀ b₀ a₁ b₁) of 32-bit lanes */
  interleaveLow32: [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23],
  /** (a₂ b₂ a₃ b₃) of 32-bit lanes */
  interleaveHigh32: [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31],
} as const;

/** Components of the virial in the order in which slices keep them. */
const VIRIAL_COMPONENTS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** Sums over the neighbours of one atom, lanes apart until `finish`. */
export class PairSums {
  /** Address of the (virtual) force on entry 0. */
  readonly forces: Local<'i32'>;
  private readonly code: FunctionBody;
  private readonly lanes: Lanes;
  private readonly slice: Local<'i32'>;
  private readonly local: Local<'i32'>;
  private readonly total: VectorLocal[];
  private readonly virial: VectorLocal[];

  constructor(code: FunctionBody, lanes: Lanes, slice: Local<'i32'>, local: Local<'i32'>) {
    this.code = code;
    this.lanes = lanes;
    this.slice = slice;
    this.local = local;
    this.forces = code.let(i32.load(slice, SLICE.forces));
    this.total = [0, 1, 2].map(() => code.local(lanes.type));
    this.virial = VIRIAL_COMPONENTS.map(() => code.local(lanes.type));
  }

  /** Back to zero: for code that runs once per atom inside a loop. */
  reset(): void {
    for (const sum of [...this.total, ...this.virial]) this.code.set(sum, this.lanes.constant(0));
  }

  /**
   * Adds one record.
   * @param difference r_j − r_i
   * @param gradient ∂E/∂r_ij, of which the atom gets +g
   */
  add(difference: readonly VectorLocal[], gradient: readonly VectorLocal[]): void {
    const { code, lanes, total, virial } = this;
    total.forEach((sum, axis) => code.set(sum, lanes.add(sum, gradient[axis])));
    VIRIAL_COMPONENTS.forEach(([a, b], k) => {
      code.set(virial[k], lanes.add(virial[k], lanes.mul(difference[a], gradient[b])));
    });
  }

  /**
   * Adds the sums to the atom's force and to the slice's virial (in f64).
   * @param virialShare ½ when every pair is met from both sides
   */
  finish(virialShare = 1): void {
    const { code, lanes, slice } = this;
    const self = i32.load(i32.add(i32.load(CONTEXT.locals), i32.shl(this.local, 2)));
    const own = code.let(i32.add(this.forces, i32.mul(self, forceStride(lanes))));
    this.total.forEach((value, axis) => {
      const offset = axis * lanes.bytes;
      const sum = lanes.sumF64(value);
      if (lanes.bytes === 8) code.store(f64, own, f64.add(f64.load(own, offset), sum), offset);
      else code.store(f32, own, f32.add(f32.load(own, offset), f32.demoteF64(sum)), offset);
    });
    this.virial.forEach((value, k) => {
      const offset = SLICE.virial + 8 * k;
      const sum = lanes.sumF64(value);
      const share = virialShare === 1 ? sum : f64.mul(sum, virialShare);
      code.store(f64, slice, f64.add(f64.load(slice, offset), share), offset);
    });
  }
}

/** Energy of a local atom += the sum over lanes times a share. */
export function addEnergy(
  code: FunctionBody,
  lanes: Lanes,
  local: Local<'i32'>,
  energy: VectorLocal,
  share: number,
): void {
  const address = code.let(i32.add(i32.load(CONTEXT.energies), i32.shl(local, 3)));
  code.store(f64, address, f64.add(f64.load(address), f64.mul(lanes.sumF64(energy), share)));
}

/** Species of a local atom. */
export function speciesOf(local: Local<'i32'>): Expression<'i32'> {
  const entry = i32.load(i32.add(i32.load(CONTEXT.locals), i32.shl(local, 2)));
  return i32.load(i32.add(i32.load(CONTEXT.species), i32.shl(entry, 2)));
}

/** Force on each lane's neighbour −= its gradient. */
export function scatterForces(
  code: FunctionBody,
  lanes: Lanes,
  records: RecordLayout,
  record: Local<'i32'>,
  forces: Local<'i32'>,
  gradient: readonly VectorLocal[],
): void {
  const target = (lane: number) =>
    code.let(i32.add(forces, i32.load(record, records.indexOffset + 4 * lane)));
  const [x, y, z] = gradient as unknown as Local<'v128'>[];
  if (lanes.name === 'f64x2') {
    for (const lane of [0, 1]) {
      const address = target(lane);
      const xy = v128.shuffle(x, y, lane === 0 ? SHUFFLE.low64 : SHUFFLE.high64);
      code.store(v128, address, f64x2.sub(v128.load(address), xy));
      code.store(f64, address, f64.sub(f64.load(address, 16), f64x2.extract(z, lane)), 16);
    }
  } else if (lanes.name === 'f32x4') {
    const zero = code.let(f32x4.splat(0));
    for (const interleave of [SHUFFLE.interleaveLow32, SHUFFLE.interleaveHigh32]) {
      const xy = code.let(v128.shuffle(x, y, interleave));
      const z0 = code.let(v128.shuffle(z, zero, interleave));
      const first = interleave === SHUFFLE.interleaveLow32 ? 0 : 2;
      for (const [lane, half] of [SHUFFLE.low64, SHUFFLE.high64].entries()) {
        const address = target(first + lane);
        code.store(v128, address, f32x4.sub(v128.load(address), v128.shuffle(xy, z0, half)));
      }
    }
  } else {
    const address = target(0);
    gradient.forEach((value, axis) => {
      const offset = axis * lanes.bytes;
      code.store(lanes.storeKind, address, lanes.sub(lanes.load(address, offset), value), offset);
    });
  }
}

/**
 * Sum over lanes of the first pass's accumulators of `width` atoms, atom by lane.
 * @param accumulators address of the accumulators of the first atom
 * @param atomBytes from one atom's accumulators to the next atom's
 */
export function transposedSum(
  code: FunctionBody,
  lanes: Lanes,
  accumulators: Local<'i32'>,
  atomBytes: number,
  offset: number,
): Vector {
  const load = (atom: number) =>
    code.let(lanes.load(accumulators, offset + atom * atomBytes)) as Local<'v128'>;
  if (lanes.width === 1) return load(0);
  const shuffle = (a: Expression<'v128'>, b: Expression<'v128'>, bytes: readonly number[]) =>
    v128.shuffle(a, b, bytes);
  const pairSum = (a: Local<'v128'>, b: Local<'v128'>, low: readonly number[], high: readonly number[]) =>
    code.let(lanes.add(shuffle(a, b, low), shuffle(a, b, high))) as Local<'v128'>;
  if (lanes.width === 2) return pairSum(load(0), load(1), SHUFFLE.low64, SHUFFLE.high64);
  // (a₀+a₂, b₀+b₂, a₁+a₃, b₁+b₃)
  const ab = pairSum(load(0), load(1), SHUFFLE.interleaveLow32, SHUFFLE.interleaveHigh32);
  const cd = pairSum(load(2), load(3), SHUFFLE.interleaveLow32, SHUFFLE.interleaveHigh32);
  return pairSum(ab, cd, SHUFFLE.low64, SHUFFLE.high64);
}
