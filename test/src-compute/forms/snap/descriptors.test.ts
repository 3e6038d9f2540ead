/**
 * The fast components and gradients of SNAP fits against the plain evaluation, which is tested against LAMMPS, and every
 * gradient of every component against finite differences of it.
 */
import { describe, expect, it } from 'vitest';
import type { SnapDescriptorSettings } from '../../../../src-compute/forms/snap/component-settings.ts';
import { SnapDescriptors } from '../../../../src-compute/forms/snap/descriptors.ts';
import {
  coefficientCount,
  evaluateSnap,
  snapComponents,
  type SnapModel,
} from '../../../../src-compute/potentials/snap/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { neighbourPairs } from '../../../../src-compute/structure/neighbour-list.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { randomConfiguration } from '../../../support/physics.ts';

const base: Omit<SnapDescriptorSettings, 'family'> = {
  species: ['In', 'P'],
  cutoff: 4,
  twojmax: 5,
  rcutfac: 4,
  rfac0: 0.97,
  rmin0: 0.3,
  switching: true,
  subtractIsolated: true,
  elementsApart: false,
  normalised: false,
  selfInAll: false,
  radii: Float64Array.of(0.5, 0.42),
  weights: Float64Array.of(1, 0.8),
};
const inner = { centres: Float64Array.of(2.4, 2), widths: Float64Array.of(0.4, 0.3) };

/** v of all atoms, and ∂v/∂x of every atom's position. */
function computed(settings: SnapDescriptorSettings, c: Configuration) {
  const list = neighbourPairs(c, settings.cutoff);
  const { start, neighbours } = list;
  const descriptors = new SnapDescriptors(settings);
  const species = Int32Array.from(c.kinds, (kind) => settings.species.indexOf(c.symbols[kind]));
  const m = SnapDescriptors.count(settings);
  descriptors.open(list, species, 0, 'gradients');
  return Array.from(c.kinds, (_, i) => {
    descriptors.compute(i);
    const slopes = new Float64Array(3 * c.kinds.length * m);
    for (let p = start[i]; p < start[i + 1]; p++)
      for (let axis = 0; axis < 3; axis++)
        for (let d = 0; d < m; d++) {
          const slope = descriptors.gradients[(3 * (p - start[i]) + axis) * m + d];
          slopes[(3 * neighbours[p] + axis) * m + d] += slope;
          slopes[(3 * i + axis) * m + d] -= slope;
        }
    return { values: descriptors.values.slice(), slopes };
  });
}

/**
 * ∂B/∂x of all atoms' components by one coordinate, from four points: error h⁴/30 of the fifth derivative. The step is short
 * because pairs of a random structure stand close to their cutoffs (0.0009 Å here), where components have a kink, and
 * without a switch a jump.
 */
function differences(model: SnapModel, c: Configuration, coordinate: number): Float64Array[] {
  const step = 1e-4;
  const at = (steps: number) => {
    const positions = c.positions.slice();
    positions[coordinate] += steps * step;
    return snapComponents(model, { ...c, positions });
  };
  const [far, near, behind, farBehind] = [2, 1, -1, -2].map(at);
  return near.map((values, i) =>
    values.map((b, k) => (8 * (b - behind[i][k]) - (far[i][k] - farBehind[i][k])) / (12 * step)),
  );
}

describe('descriptors of SNAP fits', () => {
  it.each<[string, Partial<SnapDescriptorSettings>]>([
    ['two elements by weight', {}],
    ['even 2J, without subtraction or switch', { twojmax: 6, subtractIsolated: false, switching: false }],
    ['elements apart', { elementsApart: true, twojmax: 3 }],
    [
      'elements apart, normalised, own in all',
      { elementsApart: true, normalised: true, selfInAll: true, twojmax: 2 },
    ],
    ['inner switch', { inner }],
  ])('%s', (_, more) => {
    const settings: SnapDescriptorSettings = { ...base, ...more, family: 'snap' };
    const fields: Omit<SnapDescriptorSettings, 'family'> = { ...base, ...more };
    const blank: SnapModel = { ...fields, form: 'snap', quadratic: false, coefficients: new Float64Array(0) };
    const model = { ...blank, coefficients: new Float64Array(2 * coefficientCount(blank)) };
    const structure = randomConfiguration(['In', 'P'], 6, 6.5, 1.7, 11);
    const found = computed(settings, structure);
    snapComponents(model, structure).forEach((expected, i) => {
      expect(found[i].values[0]).toBe(1);
      const largest = Math.max(...expected.map(Math.abs));
      expected.forEach((b, k) => expect(Math.abs(found[i].values[1 + k] - b)).toBeLessThan(1e-12 * largest));
    });
    // every component by two coordinates of every atom
    const count = found[0].values.length;
    const steepest = found.map(({ slopes }) => Math.max(...slopes.map(Math.abs)));
    for (
      let coordinate = 0;
      coordinate < 3 * structure.kinds.length;
      coordinate += coordinate % 3 === 0 ? 1 : 2
    )
      differences(model, structure, coordinate).forEach((expected, i) =>
        expected.forEach((slope, k) =>
          expect(Math.abs(found[i].slopes[coordinate * count + 1 + k] - slope)).toBeLessThan(
            1e-9 * steepest[i],
          ),
        ),
      );
    // the plain forces of random coefficients: −Σ_i β·∂B_i, to round-off
    const random = new SeededRandom(3);
    const coefficients = Float64Array.from(model.coefficients, () => random.uniform() - 0.5);
    const { forces } = evaluateSnap({ ...model, coefficients }, structure);
    const [m, per] = [found[0].values.length, coefficientCount(model)];
    const largest = Math.max(...forces.map(Math.abs));
    forces.forEach((force, coordinate) => {
      let sum = 0;
      found.forEach(({ slopes }, i) => {
        const z = settings.species.indexOf(structure.symbols[structure.kinds[i]]);
        for (let d = 1; d < m; d++) sum -= coefficients[z * per + d] * slopes[coordinate * m + d];
      });
      expect(Math.abs(sum - force)).toBeLessThan(1e-11 * largest);
    });
  });
});
