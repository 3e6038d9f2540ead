/** SNAP with random coefficients, for tests. */
import { coefficientCount, type SnapModel } from '../../src-compute/potentials/snap/index.ts';
import { testRandom } from './physics.ts';

/** A potential with random coefficients; only its mathematics is tested. */
export function randomSnap(overrides: Partial<SnapModel>, species: readonly string[] = ['Si']): SnapModel {
  const random = testRandom(7);
  const radii = Float64Array.from(species, (_, k) => 2 + 0.15 * k);
  const model: SnapModel = {
    form: 'snap',
    species,
    cutoff: 2 * Math.max(...radii),
    twojmax: 4,
    rcutfac: 1,
    rfac0: 0.99363,
    rmin0: 0,
    switching: true,
    subtractIsolated: true,
    elementsApart: false,
    normalised: false,
    selfInAll: false,
    quadratic: false,
    radii,
    weights: Float64Array.from(species, (_, k) => 1 - 0.3 * k),
    ...overrides,
    coefficients: new Float64Array(0),
  };
  const count = species.length * coefficientCount(model);
  const scale = model.quadratic ? 1e-4 : 1e-2;
  return { ...model, coefficients: Float64Array.from({ length: count }, () => scale * (2 * random() - 1)) };
}
