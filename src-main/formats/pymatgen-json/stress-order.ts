/**
 * Which order the six numbers of `virial_stress` have. The mlearn files use two, and do not say which:
 * xx yy zz xy yz xz, and xx yy zz xy xz yz. Where a group holds sheared cells, work decides: between two
 * configurations of the same atoms with energies E, forces F and virials W,
 *     ΔE = −W̄:ε − F̄·u        (bars: means of the two; to second order in the strain)
 * with ε the symmetric strain from one cell to the other and u the displacement beside it. The order that leaves
 * the smaller error is taken when it is clearly better; else what is known about the published files decides.
 */
import { inverse } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

/** Order of the off-diagonal components as they stand in the file. */
export type StressOrder = 'xy yz xz' | 'xy xz yz';

/** Places in a row-major 3 × 3 tensor of the six components. */
export const PLACES: Record<StressOrder, readonly number[]> = {
  'xy yz xz': [0, 4, 8, 1, 5, 2],
  'xy xz yz': [0, 4, 8, 1, 2, 5],
};

/** Pairs of each group that are compared; enough to decide, few enough to be quick. */
const MOST_PAIRS = 400;
const LARGEST_STRAIN = 0.15;

/** A configuration as it is needed here: its virial in the order xy yz xz. */
export interface OrderSample {
  readonly group: string;
  readonly configuration: Configuration;
}

export interface OrderDecision {
  readonly order: StressOrder;
  /** How it was decided, for the user. */
  readonly reason: string;
}

/** Decides the order for one group. */
export function decideOrder(
  group: string,
  symbols: ReadonlySet<string>,
  samples: readonly OrderSample[],
): OrderDecision {
  const own = samples.filter((sample) => sample.group === group).map((sample) => sample.configuration);
  const errors = errorsOfOrders(own);
  if (errors !== undefined) {
    const [a, b] = [errors['xy yz xz'], errors['xy xz yz']];
    if (a < 0.5 * b) return { order: 'xy yz xz', reason: 'energies of sheared cells agree with it' };
    if (b < 0.5 * a) return { order: 'xy xz yz', reason: 'energies of sheared cells agree with it' };
  }
  const single = symbols.size === 1 ? [...symbols][0] : '';
  const elastic = /^elastic/i.test(group);
  const order =
    single === 'Li' || ((single === 'Si' || single === 'Ge') && elastic) ? 'xy yz xz' : 'xy xz yz';
  return { order, reason: 'as in the published mlearn files; the energies here cannot decide' };
}

/** Sum of squared errors of ΔE under both orders; undefined when no pair tells them apart. */
function errorsOfOrders(configurations: readonly Configuration[]): Record<StressOrder, number> | undefined {
  const sums: Record<StressOrder, number> = { 'xy yz xz': 0, 'xy xz yz': 0 };
  let difference = 0;
  let scale = 0;
  let pairs = 0;
  for (let i = 0; i < configurations.length && pairs < MOST_PAIRS; i++) {
    for (let j = i + 1; j < configurations.length && pairs < MOST_PAIRS; j++) {
      const work = workOfOrders(configurations[i], configurations[j]);
      if (work === undefined) continue;
      pairs++;
      const change = (configurations[j].energy ?? 0) - (configurations[i].energy ?? 0);
      sums['xy yz xz'] += (change - work['xy yz xz']) ** 2;
      sums['xy xz yz'] += (change - work['xy xz yz']) ** 2;
      difference += (work['xy yz xz'] - work['xy xz yz']) ** 2;
      scale += change ** 2;
    }
  }
  return pairs > 0 && difference > 1e-4 * scale && difference > 1e-8 ? sums : undefined;
}

function workOfOrders(first: Configuration, second: Configuration): Record<StressOrder, number> | undefined {
  const [f, g, v, w] = [first.forces, second.forces, first.virial, second.virial];
  if (f === undefined || g === undefined || v === undefined || w === undefined) return undefined;
  if (first.energy === undefined || second.energy === undefined || f.length !== g.length) return undefined;
  const strain = strainBetween(first.cell, second.cell);
  if (strain.some((component) => Math.abs(component) > LARGEST_STRAIN)) return undefined;
  let atoms = 0;
  const toFirst = inverse(first.cell);
  const toSecond = inverse(second.cell);
  for (let k = 0; k < f.length; k += 3) {
    const moved = [0, 0, 0];
    for (let axis = 0; axis < 3; axis++) {
      let s = 0;
      for (let b = 0; b < 3; b++)
        s +=
          second.positions[k + b] * toSecond[3 * b + axis] - first.positions[k + b] * toFirst[3 * b + axis];
      s -= Math.round(s);
      if (Math.abs(s) > 0.05) return undefined;
      for (let b = 0; b < 3; b++)
        moved[b] += s * 0.5 * (first.cell[3 * axis + b] + second.cell[3 * axis + b]);
    }
    for (let b = 0; b < 3; b++) atoms -= 0.5 * (f[k + b] + g[k + b]) * moved[b];
  }
  const mean = (place: number) => 0.5 * (v[place] + w[place]);
  let common = atoms;
  for (const place of [0, 1, 3, 4, 8]) common -= mean(place) * strain[place];
  return {
    'xy yz xz': common - 2 * mean(5) * strain[5] - 2 * mean(2) * strain[2],
    'xy xz yz': common - 2 * mean(2) * strain[5] - 2 * mean(5) * strain[2],
  };
}

/** Symmetric part of the deformation from one cell to the other, about their mean. */
function strainBetween(first: Float64Array, second: Float64Array): Float64Array {
  const mean = first.map((x, k) => 0.5 * (x + second[k]));
  const inverted = inverse(mean);
  const gradient = new Float64Array(9);
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      for (let k = 0; k < 3; k++)
        gradient[3 * a + b] += inverted[3 * a + k] * (second[3 * k + b] - first[3 * k + b]);
    }
  }
  return gradient.map((x, k) => 0.5 * (x + gradient[3 * (k % 3) + Math.floor(k / 3)]));
}
