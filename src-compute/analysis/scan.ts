/**
 * What an energy along one coordinate gives away: whether the forces are its slope, whether energy or force jump, and
 * whether atoms that are pressed together repel each other all the way.
 */

/** An energy and its slope at a coordinate. */
export interface ScanPoint {
  readonly energy: number;
  /** dE/dx */
  readonly slope: number;
}

export interface ScanJump {
  /** Where, in units of the coordinate. */
  readonly at: number;
  readonly what: 'energy' | 'force';
  /** Of the energy or of its slope. */
  readonly size: number;
}

export interface ScanJudgement {
  readonly x: readonly number[];
  readonly energy: readonly number[];
  readonly slope: readonly number[];
  readonly jumps: readonly ScanJump[];
  /** Largest |ΔE − ∫F dx| over an interval, in parts of the change there. */
  readonly inconsistency: number;
  /** Coordinates where the energy is no number. */
  readonly broken: readonly number[];
  /** Ranges in which the energy falls towards smaller x, below the outermost minimum. */
  readonly attracted: readonly (readonly [number, number])[];
}

/** ΔE and the integral of the slope may differ by so much of the change along an interval. */
const INCONSISTENT = 1e-3;
/** Energies below this are round-off, eV. */
const BLUR = 1e-5;
/** Slopes below this do not count as jumps, eV per unit of x. */
const LEAST_JUMP = 0.01;
/** Halvings of an interval in search of a jump: a smooth slope changes by 2^-12 of what it did. */
const HALVINGS = 12;

/**
 * Scans an energy from large to small x.
 * @param xs ascending, at least three
 * @param at evaluates energy and slope
 */
export function judgeScan(xs: readonly number[], at: (x: number) => ScanPoint): ScanJudgement {
  const points = xs.map(at);
  const broken = xs.filter((_, k) => !Number.isFinite(points[k].energy) || !Number.isFinite(points[k].slope));
  const jumps: ScanJump[] = [];
  let inconsistency = 0;
  for (let k = 1; k < xs.length; k++) {
    const [a, b] = [points[k - 1], points[k]];
    const h = xs[k] - xs[k - 1];
    const middle = at((xs[k] + xs[k - 1]) / 2);
    if (![a, b, middle].every(({ energy, slope }) => Number.isFinite(energy) && Number.isFinite(slope)))
      continue;
    const scale = Math.max(
      Math.abs(b.energy - a.energy),
      h * Math.max(Math.abs(a.slope), Math.abs(b.slope), Math.abs(middle.slope)),
      BLUR / INCONSISTENT,
    );
    const simpson = (h / 6) * (a.slope + 4 * middle.slope + b.slope);
    const error = Math.abs(b.energy - a.energy - simpson) / scale;
    // where the rule of Simpson is off, the interval is looked at more closely: steep is not inconsistent
    const close = error < INCONSISTENT ? undefined : lookCloser(xs[k - 1], xs[k], a, b, at);
    inconsistency = Math.max(inconsistency, close ? close.inconsistency : error);
    const jump = close?.jump ?? slopeJump(xs[k - 1], xs[k], a, b, middle, at);
    if (jump) jumps.push(jump);
  }
  return {
    x: xs,
    energy: points.map(({ energy }) => energy),
    slope: points.map(({ slope }) => slope),
    jumps,
    inconsistency,
    broken,
    attracted: attractedRanges(xs, points),
  };
}

/** Halves the interval towards where energy and slope disagree most. */
function lookCloser(
  from: number,
  to: number,
  a: ScanPoint,
  b: ScanPoint,
  at: (x: number) => ScanPoint,
): { inconsistency: number; jump?: ScanJump } {
  let worst = 0;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const centre = (from + to) / 2;
    const m = at(centre);
    const half = (to - from) / 2;
    const trapezium = (p: ScanPoint, q: ScanPoint) =>
      Math.abs(q.energy - p.energy - (half / 2) * (p.slope + q.slope));
    const [left, right] = [trapezium(a, m), trapezium(m, b)];
    if (left > right) [to, b] = [centre, m];
    else [from, a] = [centre, m];
    worst = Math.max(left, right);
  }
  const scale = Math.max(
    Math.abs(b.energy - a.energy),
    (to - from) * Math.max(Math.abs(a.slope), Math.abs(b.slope)),
    BLUR / INCONSISTENT,
  );
  const inconsistency = worst / scale;
  if (!(inconsistency > INCONSISTENT)) return { inconsistency };
  // what is left over an interval 2^-12 as long is a jump of the energy, or a slope that is not its own
  return { inconsistency, jump: { at: (from + to) / 2, what: 'energy', size: b.energy - a.energy } };
}

/** A jump of the slope stays as large however short the interval. */
function slopeJump(
  from: number,
  to: number,
  a: ScanPoint,
  b: ScanPoint,
  middle: ScanPoint,
  at: (x: number) => ScanPoint,
): ScanJump | undefined {
  const whole = Math.abs(b.slope - a.slope);
  const [left, right] = [Math.abs(middle.slope - a.slope), Math.abs(b.slope - middle.slope)];
  // of a smooth slope both halves change alike
  if (whole < LEAST_JUMP || Math.max(left, right) < 3 * Math.min(left, right)) return undefined;
  let [x0, x1, p, q] = left > right ? [from, (from + to) / 2, a, middle] : [(from + to) / 2, to, middle, b];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const centre = (x0 + x1) / 2;
    const m = at(centre);
    if (Math.abs(m.slope - p.slope) > Math.abs(q.slope - m.slope)) [x1, q] = [centre, m];
    else [x0, p] = [centre, m];
    if (Math.abs(q.slope - p.slope) < 0.3 * whole) return undefined;
  }
  return { at: (x0 + x1) / 2, what: 'force', size: q.slope - p.slope };
}

/** Below the outermost minimum the energy should rise all the way inwards. */
function attractedRanges(xs: readonly number[], points: readonly ScanPoint[]): [number, number][] {
  // the first turn from falling to rising as x shrinks
  let k = points.length - 1;
  while (k > 0 && !(points[k].slope > 0 && points[k - 1].slope <= 0)) k--;
  // one that repels from the start has no minimum, and one that only attracts is attracted all the way
  if (k === 0) k = points.at(-1)!.slope > 0 ? points.length : points.length - 1;
  const ranges: [number, number][] = [];
  let open: number | undefined;
  for (let i = Math.min(k, points.length) - 1; i >= 0; i--) {
    const isAttracted = points[i].slope > 1e-3;
    if (isAttracted) open ??= xs[i];
    if ((!isAttracted || i === 0) && open !== undefined) {
      ranges.push([isAttracted ? xs[0] : xs[i + 1], open]);
      open = undefined;
    }
  }
  return ranges;
}
