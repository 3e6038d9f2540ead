/** Elements of which the data have next to nothing: one impurity in a crystal, of 32 atoms. */
import { describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { energiesByComposition } from '../../../../src-compute/fitting/data/reference-energies.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { cluster } from '../../../../src-compute/fitting/repulsion/structures.ts';
import type { LennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { fitRequestSchema, type FitRequestInput } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';

const pair = (a: string, b: string, epsilon: number, sigma: number) => ({
  species: [a, b] as [string, string],
  epsilon,
  sigma,
  cutoff: 5,
});
const truth: LennardJonesModel = {
  form: 'lennard-jones',
  species: ['Al', 'Cu'],
  cutoff: 5,
  truncation: 'shifted',
  pairs: [pair('Al', 'Al', 0.4, 2.55), pair('Al', 'Cu', 0.5, 2.45), pair('Cu', 'Cu', 0.6, 2.3)],
};
/** eV */
const ATOMS = { Al: -2, Cu: -3.5 };

/** Crystals with and without one copper atom, labelled by the pair potential and energies of the atoms. */
function impurities(count: number): Configuration[] {
  const random = new SeededRandom(3);
  return Array.from({ length: count }, (_, k) => {
    const host = supercell(lattice('fcc', ['Al'], 4 + 0.05 * random.uniform()), [2, 2, 2]);
    host.positions.forEach((_x, i) => (host.positions[i] += 0.3 * (random.uniform() - 0.5)));
    const kinds = host.kinds.map((_z, i) => (i === 0 && k % 3 !== 0 ? 1 : 0));
    const configuration = { ...host, symbols: ['Al', 'Cu'], kinds };
    const { energy, forces } = evaluateReference(truth, configuration);
    const own = [...kinds].reduce((sum, z) => sum + (z === 0 ? ATOMS.Al : ATOMS.Cu), 0);
    return { ...configuration, energy: energy + own, forces };
  });
}

describe('rare elements', { timeout: 120_000 }, () => {
  const small = { level: 6, starts: 1, maximumIterations: 4, radialBasisSize: 6 };
  const forms: readonly [string, FitRequestInput][] = [
    ['moment tensor, seed 1', { ...small, seed: 1 }],
    ['tensor regression', { form: 'tensor-regression', radialSize: 3, angularSize: 2, angularRadial: 1 }],
  ];
  it.each(forms)('%s: a free atom of the impurity is worth what an atom can be', async (_, request) => {
    const train = setInMemory(impurities(6));
    const { document, warnings } = await runFit({
      name: 'rare',
      train,
      request: fitRequestSchema.parse({ threads: 1, uncertainty: false, cutoff: 5, ...request }),
      data: [],
    });
    const alone = evaluateReference(document.model, cluster(['Cu'], [0, 0, 0])).energy;
    // holes of the pair that only repels would be false alarms
    expect(warnings.join(' ')).not.toMatch(/(cubic|bcc|hcp|fcc) Cu,/);
    // the atom is −3.5 eV and a bond costs at most 0.6: nothing in the data lies beyond −12 eV
    expect(alone).toBeGreaterThan(-12);
    expect(alone).toBeLessThan(8);
    expect(warnings.join(' ')).toContain('The data never have Cu–Cu within the cutoff.');
    // the pair that the data never have only repels
    const energy = (r: number) =>
      evaluateReference(document.model, cluster(['Cu', 'Cu'], [0, 0, 0, r, 0, 0])).energy;
    const apart = energy(4.9);
    expect(apart).toBeCloseTo(2 * alone, 6);
    for (const r of [1, 1.5, 2, 2.5, 3, 4]) expect(energy(r)).toBeGreaterThan(apart - 1e-6);
  });

  it('compositions that do not tell elements apart share the energy out evenly; others tell it', () => {
    const solve = (rows: readonly (readonly [number, number, number])[]) => {
      const [gram, right] = [new Float64Array(4), new Float64Array(2)];
      for (const [a, b, energy] of rows) {
        [a * a, a * b, a * b, b * b].forEach((value, k) => (gram[k] += value));
        right[0] += a * energy;
        right[1] += b * energy;
      }
      return energiesByComposition(gram, right, 2);
    };
    const single = solve([[31 / 32, 1 / 32, -4]]);
    expect(single[0]).toBeCloseTo(-4, 6);
    expect(single[1]).toBeCloseTo(-4, 4);
    const told = solve([
      [31 / 32, 1 / 32, (31 * -3 - 5) / 32],
      [1, 0, -3],
    ]);
    expect(told[0]).toBeCloseTo(-3, 5);
    expect(told[1]).toBeCloseTo(-5, 3);
  });
});
