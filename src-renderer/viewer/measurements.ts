/** Distances, angles and dihedrals between picked atoms, as drawn (of periodic images, the ones that were clicked). */

/** A measurement over two, three or four points. */
export interface Measurement {
  readonly kind: 'distance' | 'angle' | 'dihedral';
  /** Å for distances, degrees for angles. */
  readonly value: number;
  /** What is written beside it, with its unit. */
  readonly text: string;
}

/**
 * Measures 2, 3 or 4 points given as x y z: their distance, the angle at the middle one, or the dihedral.
 * Undefined for other numbers of points and where an angle does not exist (points that coincide or lie in a line).
 */
export function measure(points: readonly ArrayLike<number>[]): Measurement | undefined {
  if (points.length === 2) {
    const value = distance(points[0], points[1]);
    return { kind: 'distance', value, text: `${value.toFixed(3)} Å` };
  }
  if (points.length === 3) {
    const value = angle(points[0], points[1], points[2]);
    return Number.isFinite(value) ? { kind: 'angle', value, text: `${value.toFixed(1)}°` } : undefined;
  }
  if (points.length === 4) {
    const value = dihedral(points[0], points[1], points[2], points[3]);
    return Number.isFinite(value) ? { kind: 'dihedral', value, text: `${value.toFixed(1)}°` } : undefined;
  }
  return undefined;
}

/** |p − q|. */
export function distance(p: ArrayLike<number>, q: ArrayLike<number>): number {
  return Math.hypot(q[0] - p[0], q[1] - p[1], q[2] - p[2]);
}

/** Angle p–q–r at q in degrees, 0 to 180; NaN when points coincide. The two-argument form is exact near 0° and 180°. */
export function angle(p: ArrayLike<number>, q: ArrayLike<number>, r: ArrayLike<number>): number {
  const [u, v] = [difference(p, q), difference(r, q)];
  const [sine, cosine] = [Math.hypot(...cross(u, v)), dot(u, v)];
  return sine === 0 && cosine === 0 ? NaN : (Math.atan2(sine, cosine) * 180) / Math.PI;
}

/**
 * Dihedral p–q–r–s in degrees, −180 to 180, positive when looking from q to r the far bond is turned clockwise
 * (IUPAC). NaN when three neighbouring points lie in a line.
 */
export function dihedral(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  r: ArrayLike<number>,
  s: ArrayLike<number>,
): number {
  const [b1, b2, b3] = [difference(q, p), difference(r, q), difference(s, r)];
  const [n1, n2] = [cross(b1, b2), cross(b2, b3)];
  if (Math.hypot(...n1) < 1e-10 || Math.hypot(...n2) < 1e-10) return NaN;
  return (Math.atan2(dot(cross(n1, n2), b2) / Math.hypot(...b2), dot(n1, n2)) * 180) / Math.PI;
}

type Triple = [number, number, number];

function difference(p: ArrayLike<number>, q: ArrayLike<number>): Triple {
  return [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
}

function cross(u: Triple, v: Triple): Triple {
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}

function dot(u: Triple, v: Triple): number {
  return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}
