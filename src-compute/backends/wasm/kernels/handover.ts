/**
 * The distance that radial functions see below the data, as code: potentials/handover.ts. Pairs that close are rare, so
 * records without any cost one comparison.
 */
import type { Expression, FunctionBody, LaneType, Lanes, Local } from '../encoder/index.ts';
import { HANDOVER_NUMBERS, handoverNumbers, type Handover } from '../../../potentials/handover.ts';

type VectorLocal = Local<LaneType>;

/** What a pass makes of the distances of a record. */
export interface SeenDistance {
  /** s(r) */
  readonly distance: VectorLocal;
  /** Multiplies slopes by r, once they are by s, in place. */
  chain(slopes: readonly VectorLocal[]): void;
}

/**
 * s(r) of a record, and what makes slopes by s those by r.
 * @param numbers address of the pair's numbers, in lane precision; undefined for models without a hand-over
 */
export function seenDistance(
  code: FunctionBody,
  lanes: Lanes,
  r: VectorLocal,
  numbers: Expression<'i32'> | undefined,
): SeenDistance {
  if (numbers === undefined) return { distance: r, chain: () => undefined };
  const number = (k: number) => lanes.loadSplat(numbers, k * lanes.bytes);
  const one = lanes.constant(1);
  const distance = code.let(r);
  const slope = code.local(lanes.type);
  const close = code.let(lanes.anyLess(r, number(0)));
  code.if(close, () => {
    const [outer, width] = [code.let(number(0)), code.let(number(3))];
    const part = lanes.mul(lanes.sub(r, number(1)), number(2));
    const u = code.let(lanes.min(lanes.max(part, lanes.constant(0)), one));
    const square = code.let(lanes.mul(u, u));
    const half = lanes.constant(0.5);
    // r̄ + w u³ (1 − u/2), which is r₂ at u = 1, and what lies beyond
    const bend = lanes.mul(lanes.mul(square, u), lanes.sub(one, lanes.mul(u, half)));
    const inside = lanes.sub(outer, lanes.mul(width, lanes.sub(half, bend)));
    code.set(distance, lanes.add(inside, lanes.max(lanes.sub(r, outer), lanes.constant(0))));
    code.set(slope, lanes.mul(square, lanes.sub(lanes.constant(3), lanes.add(u, u))));
  });
  return {
    distance,
    chain: (slopes) => {
      code.if(close, () => {
        for (const value of slopes) code.set(value, lanes.mul(value, slope));
      });
    },
  };
}

/**
 * Writes the numbers of one pair.
 * @param view of the numbers, in lane precision
 */
export function writeHandover(
  view: Float64Array | Float32Array,
  at: number,
  handover: Handover,
  species: number,
  zi: number,
  zj: number,
): void {
  view.set(handoverNumbers(handover, species, zi, zj), at);
}

/** Bytes of the numbers of all pairs of so many species. */
export function handoverBytes(lanes: Lanes, species: number): number {
  return species * species * HANDOVER_NUMBERS * lanes.bytes;
}
