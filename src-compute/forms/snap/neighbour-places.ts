/**
 * A neighbour on the 3-sphere, as numbers that the recursion of its harmonics starts from
 * (potentials/snap/hyperspherical.ts), with their slopes. With û = r⃗/r, θ₀ = rfac0 π (r − rmin0)/(R − rmin0) and σ the sign
 * of sin θ₀ (r₀ is a length):
 *
 *   a* = σ (cos θ₀) + i |sin θ₀| û_z,  b* = |sin θ₀| (û_y + i û_x)
 */
import { switchOf, type SphereSettings } from '../../potentials/snap/hyperspherical.ts';
import type { SnapDescriptorSettings } from './component-settings.ts';
import { TURN, TURN_NUMBERS } from './tables.ts';

/** Lanes of a panel. */
const LANES = 4;

export class NeighbourPlaces {
  private readonly spheres: readonly SphereSettings[];
  private readonly weights: Float64Array;
  private readonly species: number;

  constructor(settings: SnapDescriptorSettings) {
    const { species, weights } = settings;
    this.species = species.length;
    this.weights = weights;
    this.spheres = species.flatMap((_, a) => species.map((__, b) => sphereOf(settings, a, b)));
  }

  /**
   * Writes the numbers of a neighbour.
   * @param vectors its vector starts at `at`, Å
   * @param turn numbers of a panel, from `to` on, which is the neighbour's lane
   */
  write(
    turn: Float64Array,
    to: number,
    centre: number,
    neighbour: number,
    vectors: Float64Array,
    at: number,
  ): void {
    const x = vectors[at];
    const y = vectors[at + 1];
    const z = vectors[at + 2];
    const r = Math.sqrt(x * x + y * y + z * z);
    const sphere = this.spheres[centre * this.species + neighbour];
    if (r >= sphere.cutoff) {
      blankPlace(turn, to);
      return;
    }
    const rate = (sphere.rfac0 * Math.PI) / (sphere.cutoff - sphere.rmin0);
    const theta = rate * (r - sphere.rmin0);
    const sine = Math.sin(theta);
    const sign = sine < 0 ? -1 : 1;
    const cosine = sign * Math.cos(theta);
    const across = (sign * sine) / r;
    turn[to + LANES * TURN.a] = cosine;
    turn[to + LANES * (TURN.a + 1)] = across * z;
    turn[to + LANES * TURN.b] = across * y;
    turn[to + LANES * (TURN.b + 1)] = across * x;
    // of |sin θ₀|/r
    const slope = (rate * cosine - across) / r;
    const { value, slope: switchSlope } = switchOf(sphere, r);
    const weight = this.weights[neighbour];
    turn[to + LANES * TURN.share] = weight * value;
    for (let d = 0; d < 3; d++) {
      const unit = (d === 0 ? x : d === 1 ? y : z) / r;
      const first = to + LANES * (TURN.slopes + 4 * d);
      turn[first] = -rate * sign * sine * unit;
      turn[first + LANES] = slope * unit * z + (d === 2 ? across : 0);
      turn[first + 2 * LANES] = slope * unit * y + (d === 1 ? across : 0);
      turn[first + 3 * LANES] = slope * unit * x + (d === 0 ? across : 0);
      turn[to + LANES * (TURN.shareSlopes + d)] = weight * switchSlope * unit;
    }
  }
}

/** A lane without a neighbour, or with one beyond its cutoff. */
export function blankPlace(turn: Float64Array, to: number): void {
  for (let k = 0; k < TURN_NUMBERS; k++) turn[to + LANES * k] = k === TURN.a ? 1 : 0;
}

function sphereOf(settings: SnapDescriptorSettings, a: number, b: number): SphereSettings {
  const { rfac0, rmin0, rcutfac, radii, switching, inner } = settings;
  const cutoff = rcutfac * (radii[a] + radii[b]);
  if (!inner) return { rfac0, rmin0, switching, cutoff };
  const { centres, widths } = inner;
  const mean = { centre: (centres[a] + centres[b]) / 2, width: (widths[a] + widths[b]) / 2 };
  return { rfac0, rmin0, switching, cutoff, inner: mean };
}
