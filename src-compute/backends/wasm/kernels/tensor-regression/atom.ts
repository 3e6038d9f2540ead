/**
 * What is done once per atom, in double precision: sums over lanes, descriptors from the sums over neighbours,
 * standardisation, the head, and the way back to the adjoints of the sums. Formulas: shape.ts.
 * Few channels become straight-line code, many of them (one-hot elements) loops (indexing.ts).
 */
import { call, f32, f64, f64x2, f32x4, i32, v128 } from '../../encoder/index.ts';
import type {
  Callable,
  Expression,
  FunctionBody,
  LaneType,
  Local,
  ModuleBuilder,
  Vector,
} from '../../encoder/index.ts';
import { align } from '../../layout.ts';
import { SHUFFLE } from '../pair-sums.ts';
import type { Head } from './head-code.ts';
import { place, times, type Index, type Place } from './indexing.ts';
import { toLegendre, toPowers } from './power-basis.ts';
import { harmonicIndex, selfFactor, selfIndex, type TensorShape } from './shape.ts';

/** Work space of one atom: offsets in bytes from the thread's scratch memory. */
export interface AtomWork {
  /** One lane vector per number, to be zeroed before the first pass. */
  readonly accumulators: number;
  /** f64: the sums, the angular ones times κ_l k_lm, adjoints. */
  readonly sums: number;
  readonly scaled: number;
  readonly adjoints: number;
  /** The adjoints in lane precision, for the second pass. */
  readonly laneAdjoints: number;
  /** f64: descriptors as the kernel has them, standardised, and the derivative by them. */
  readonly descriptors: number;
  readonly standardised: number;
  readonly gradient: number;
  readonly head: number;
  readonly end: number;
}

/** Descriptors rounded up so that heads may work on blocks of four. */
export const paddedDescriptors = (shape: TensorShape) => align(shape.layout.size, 4);

export function atomWork(shape: TensorShape, head: Head): AtomWork {
  const { lanes, numbers, records, layout } = shape;
  const vector = 8 * paddedDescriptors(shape);
  const accumulators = 0;
  const sums = align(numbers * records.fieldBytes, 16);
  const scaled = sums + 8 * numbers;
  const adjoints = scaled + 8 * layout.angularChannels * shape.harmonics;
  const laneAdjoints = lanes.bytes === 8 ? adjoints : align(adjoints + 8 * numbers, 16);
  const descriptors = align(laneAdjoints + lanes.bytes * numbers, 16);
  const standardised = descriptors + vector;
  const gradient = standardised + vector;
  const headWork = align(gradient + vector, 16);
  return {
    accumulators,
    sums,
    scaled,
    adjoints,
    laneAdjoints,
    descriptors,
    standardised,
    gradient,
    head: headWork,
    end: align(headWork + head.workBytes, 64),
  };
}

/** Loops below this many rounds become straight-line code. */
const STRAIGHT_LINE_ROUNDS = 24;

/**
 * The function (scratch, shift and scale of the atom's species, coefficients of its head) that makes adjoints in lane
 * precision of the accumulators and gives the energy.
 * @param factors address of κ_l k_lm, f64
 */
export function generateAtom(
  module: ModuleBuilder,
  shape: TensorShape,
  work: AtomWork,
  head: Head,
  factors: number,
): Callable & { readonly result: 'f64' } {
  const evaluate = head.generate(module);
  return module.function(
    { parameters: ['i32', 'i32', 'i32'], result: 'f64' },
    (code, scratch, standard, coefficients) => {
      reduceLanes(code, shape, work, scratch);
      if (shape.powerBasis) toLegendre(code, shape, scratch, work.sums);
      const { layout } = shape;
      for (let d = layout.size; d < paddedDescriptors(shape); d++) {
        code.store(f64, scratch, 0, work.descriptors + 8 * d);
      }
      code.store(f64, scratch, 1, work.descriptors);
      copyRadial(code, shape, scratch, work.sums, work.descriptors, false);
      if (layout.angularSize > 0) {
        const kappa = code.let(i32.const(factors));
        angularDescriptors(code, shape, work, scratch, kappa);
        selfTerms(code, shape, work, scratch, false);
      }
      standardise(code, shape, work, scratch, standard);
      const at = (offset: number) => i32.add(scratch, offset);
      const energy = code.let(
        call(evaluate, coefficients, at(work.standardised), at(work.gradient), at(work.head)),
      );
      scaleGradient(code, shape, work, scratch, standard);
      copyRadial(code, shape, scratch, work.adjoints, work.gradient, true);
      if (layout.angularSize > 0) {
        angularAdjoints(code, shape, work, scratch);
        selfTerms(code, shape, work, scratch, true);
        if (shape.powerBasis) toPowers(code, shape, scratch, work.adjoints);
      }
      if (shape.lanes.bytes === 4) narrowAdjoints(code, shape, work, scratch);
      code.return(energy);
    },
  );
}

/** Sums over lanes, two numbers at a time. */
function reduceLanes(code: FunctionBody, shape: TensorShape, work: AtomWork, scratch: Local<'i32'>): void {
  const { lanes, numbers, records } = shape;
  const { fieldBytes } = records;
  times(code, 0, numbers / 2, numbers <= 4 * STRAIGHT_LINE_ROUNDS, (k) => {
    const from = place(code, scratch, work.accumulators, [k, 2 * fieldBytes]);
    const to = place(code, scratch, work.sums, [k, 16]);
    const load = (n: number) =>
      code.let(lanes.load(from.base, from.offset + n * fieldBytes)) as Local<'v128'>;
    if (lanes.width === 1) {
      for (const n of [0, 1]) code.store(f64, to.base, lanes.sumF64(load(n)), to.offset + 8 * n);
      return;
    }
    const [a, b] =
      lanes.bytes === 8
        ? [load(0), load(1)]
        : [load(0), load(1)].map((sums) => {
            const high = v128.shuffle(sums, sums, SHUFFLE.high64);
            return code.let(f64x2.add(f64x2.promoteLowF32x4(sums), f64x2.promoteLowF32x4(high)));
          });
    const sum = f64x2.add(v128.shuffle(a, b, SHUFFLE.low64), v128.shuffle(a, b, SHUFFLE.high64));
    code.store(v128, to.base, sum, to.offset);
  });
}

/** Between the radial blocks at `blocks` and descriptors 1 … C P at `vector`. */
function copyRadial(
  code: FunctionBody,
  shape: TensorShape,
  scratch: Local<'i32'>,
  blocks: number,
  vector: number,
  back: boolean,
): void {
  const { channels, radialSize } = shape.layout;
  times(code, 0, channels, channels <= 2, (c) => {
    const block = place(code, scratch, blocks, [c, 8 * shape.radialBlock]);
    const descriptor = place(code, scratch, vector + 8, [c, 8 * radialSize]);
    const [from, to] = back ? [descriptor, block] : [block, descriptor];
    for (let p = 0; p < radialSize; p++) {
      code.store(f64, to.base, f64.load(from.base, from.offset + 8 * p), to.offset + 8 * p);
    }
  });
}

/** Runs through the pairs u ≤ u′ of angular channels; `pair` is their number in that order. */
function eachPair(
  code: FunctionBody,
  shape: TensorShape,
  body: (u: Index, v: Index, pair: Index) => void,
): void {
  const { angularChannels: channels, angularPairs } = shape.layout;
  const straight = angularPairs * shape.harmonics <= 8 * STRAIGHT_LINE_ROUNDS;
  let next = 0;
  const running = straight ? undefined : code.let(i32.const(0));
  times(code, 0, channels, straight, (u) => {
    times(code, u, channels, straight, (v) => {
      body(u, v, running ?? next++);
      if (running) code.set(running, i32.add(running, 1));
    });
  });
}

/** Ṽ^ang without self terms, and B κ k. */
function angularDescriptors(
  code: FunctionBody,
  shape: TensorShape,
  work: AtomWork,
  scratch: Local<'i32'>,
  kappa: Local<'i32'>,
): void {
  const { atomLanes: lanes, layout, harmonics } = shape;
  const first = work.sums + 8 * shape.harmonicsStart;
  times(code, 0, layout.angularChannels, layout.angularChannels * harmonics <= 100, (u) => {
    const from = place(code, scratch, first, [u, 8 * harmonics]);
    const to = place(code, scratch, work.scaled, [u, 8 * harmonics]);
    for (let k = 0; k < harmonics; k += lanes.width) {
      const product = lanes.mul(lanes.load(from.base, from.offset + 8 * k), lanes.load(kappa, 8 * k));
      code.store(lanes.storeKind, to.base, product, to.offset + 8 * k);
    }
  });
  eachPair(code, shape, (u, v, pair) => {
    const b = place(code, scratch, first, [u, 8 * harmonics]);
    const scaled = place(code, scratch, work.scaled, [v, 8 * harmonics]);
    const start = work.descriptors + 8 * layout.angularStart;
    const descriptor = place(code, scratch, start, [pair, 8 * layout.angularSize]);
    for (let l = 1; l <= layout.angularSize; l++) {
      let sum: Vector | undefined;
      for (let k = harmonicIndex(l, 0); k < harmonicIndex(l + 1, 0); k += lanes.width) {
        const product = lanes.mul(
          lanes.load(b.base, b.offset + 8 * k),
          lanes.load(scaled.base, scaled.offset + 8 * k),
        );
        sum = sum ? lanes.add(sum, product) : product;
      }
      const total = lanes.sumF64(code.let(sum ?? lanes.constant(0)));
      code.store(f64, descriptor.base, total, descriptor.offset + 8 * (l - 1));
    }
  });
}

/** Takes κ_l Σ_j ũ_j ũ′_j from the descriptors; back: adjoints −Σ_l κ_l ∂E/∂Ṽ of these sums. */
function selfTerms(
  code: FunctionBody,
  shape: TensorShape,
  work: AtomWork,
  scratch: Local<'i32'>,
  back: boolean,
): void {
  const { layout, angularRadial: size, radialBlock, selfStart } = shape;
  const { channels, angularChannels, angularSize, angularStart } = layout;
  const vector = (back ? work.gradient : work.descriptors) + 8 * angularStart;
  const blocks = (back ? work.adjoints : work.sums) + 8 * selfStart;
  times(code, 0, channels, channels <= 2, (c) => {
    const block = place(code, scratch, blocks, [c, 8 * radialBlock]);
    for (let a = 0; a < size; a++) {
      // number of the pair (u, u), u = c·size + a: those before it are Σ_{w<u} (U − w)
      const row = pairsBefore(code, c, size, a, angularChannels);
      for (let b = a; b < size; b++) {
        const descriptor = place(code, scratch, vector, [row, 8 * angularSize], [b - a, 8 * angularSize]);
        const at = block.offset + 8 * selfIndex(size, a, b);
        const self = code.let(back ? f64.const(0) : f64.load(block.base, at));
        for (let l = 1; l <= angularSize; l++) {
          const offset = descriptor.offset + 8 * (l - 1);
          const value = f64.load(descriptor.base, offset);
          if (back) code.set(self, f64.sub(self, f64.mul(value, selfFactor(l))));
          else code.store(f64, descriptor.base, f64.sub(value, f64.mul(self, selfFactor(l))), offset);
        }
        if (back) code.store(f64, block.base, self, at);
      }
    }
  });
}

function pairsBefore(code: FunctionBody, c: Index, size: number, a: number, channels: number): Index {
  if (typeof c === 'number') {
    const u = c * size + a;
    return u * channels - (u * (u - 1)) / 2;
  }
  const u = code.let(i32.add(i32.mul(c, size), a));
  const triangle = i32.shrUnsigned(i32.mul(u, i32.sub(u, 1)), 1);
  return code.let(i32.sub(i32.mul(u, channels), triangle));
}

/** v′ = (ṽ − shift) scale; shifts, then scales, of paddedDescriptors each. */
function standardise(
  code: FunctionBody,
  shape: TensorShape,
  work: AtomWork,
  scratch: Local<'i32'>,
  standard: Local<'i32'>,
): void {
  const padded = paddedDescriptors(shape);
  eachVector(code, shape, scratch, standard, (from, table, lanes) => {
    const shift = lanes.load(table.base, table.offset);
    const scale = lanes.load(table.base, table.offset + 8 * padded);
    const value = lanes.load(from.base, from.offset + work.descriptors);
    const result = lanes.mul(lanes.sub(value, shift), scale);
    code.store(lanes.storeKind, from.base, result, from.offset + work.standardised);
  });
}

/** ∂E/∂ṽ = ∂E/∂v′ · scale */
function scaleGradient(
  code: FunctionBody,
  shape: TensorShape,
  work: AtomWork,
  scratch: Local<'i32'>,
  standard: Local<'i32'>,
): void {
  const padded = paddedDescriptors(shape);
  eachVector(code, shape, scratch, standard, (from, table, lanes) => {
    const scale = lanes.load(table.base, table.offset + 8 * padded);
    const offset = from.offset + work.gradient;
    code.store(lanes.storeKind, from.base, lanes.mul(lanes.load(from.base, offset), scale), offset);
  });
}

function eachVector(
  code: FunctionBody,
  shape: TensorShape,
  scratch: Local<'i32'>,
  standard: Local<'i32'>,
  body: (from: Place, table: Place, lanes: TensorShape['atomLanes']) => void,
): void {
  const { atomLanes: lanes } = shape;
  const count = paddedDescriptors(shape) / lanes.width;
  times(code, 0, count, count <= STRAIGHT_LINE_ROUNDS, (k) => {
    const stride = 8 * lanes.width;
    body(place(code, scratch, 0, [k, stride]), place(code, standard, 0, [k, stride]), lanes);
  });
}

/** Adjoints of the angular sums: for u and u′ each g times the other's B κ k. */
function angularAdjoints(
  code: FunctionBody,
  shape: TensorShape,
  work: AtomWork,
  scratch: Local<'i32'>,
): void {
  const { atomLanes: lanes, layout, harmonics } = shape;
  const first = work.adjoints + 8 * shape.harmonicsStart;
  const several = layout.angularChannels > 1;
  if (several) {
    const end = layout.angularChannels * harmonics;
    times(code, 0, end / lanes.width, end <= 100, (k) => {
      const to = place(code, scratch, first, [k, 8 * lanes.width]);
      code.store(lanes.storeKind, to.base, lanes.constant(0), to.offset);
    });
  }
  eachPair(code, shape, (u, v, pair) => {
    const gradient = place(code, scratch, work.gradient + 8 * layout.angularStart, [
      pair,
      8 * layout.angularSize,
    ]);
    const sides: [Place, Place][] = [
      [
        place(code, scratch, first, [u, 8 * harmonics]),
        place(code, scratch, work.scaled, [v, 8 * harmonics]),
      ],
    ];
    if (several) {
      sides.push([
        place(code, scratch, first, [v, 8 * harmonics]),
        place(code, scratch, work.scaled, [u, 8 * harmonics]),
      ]);
    }
    for (let l = 1; l <= layout.angularSize; l++) {
      const g = code.let(lanes.loadSplat(gradient.base, gradient.offset + 8 * (l - 1)));
      // both sides of the only pair at once
      const strength = several ? g : code.let(lanes.add(g, g));
      for (let k = harmonicIndex(l, 0); k < harmonicIndex(l + 1, 0); k += lanes.width) {
        for (const [to, other] of sides) {
          const term: Expression<LaneType> = lanes.mul(
            strength,
            lanes.load(other.base, other.offset + 8 * k),
          );
          const sum = several ? lanes.add(lanes.load(to.base, to.offset + 8 * k), term) : term;
          code.store(lanes.storeKind, to.base, sum, to.offset + 8 * k);
        }
      }
    }
  });
}

/** Adjoints as f32. */
function narrowAdjoints(code: FunctionBody, shape: TensorShape, work: AtomWork, scratch: Local<'i32'>): void {
  const { numbers } = shape;
  times(code, 0, numbers / 2, numbers <= 4 * STRAIGHT_LINE_ROUNDS, (k) => {
    const from = place(code, scratch, work.adjoints, [k, 16]);
    const to = place(code, scratch, work.laneAdjoints, [k, 8]);
    if (shape.lanes.width > 1) {
      const narrow = f32x4.demoteF64x2Zero(v128.load(from.base, from.offset));
      code.storeLane(64, to.base, narrow, 0, to.offset);
      return;
    }
    for (const n of [0, 1]) {
      const value = f64.load(from.base, from.offset + 8 * n);
      code.store(f32, to.base, f32.demoteF64(value), to.offset + 4 * n);
    }
  });
}
