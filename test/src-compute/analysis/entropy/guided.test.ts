/** Entropy-guided sampling: forces and virial against finite differences, signs, and that it does what it is for. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import {
  standardise,
  standardisationOf,
  type Standardisation,
} from '../../../../src-compute/analysis/descriptors/standardise.ts';
import { covalentRadius } from '../../../../src-compute/analysis/entropy/guided/core-repulsion.ts';
import { DescriptorField } from '../../../../src-compute/analysis/entropy/guided/field.ts';
import { relax } from '../../../../src-compute/analysis/entropy/guided/relaxation.ts';
import {
  addToPowerSums,
  entropyTerm,
  momentsOf,
  noveltyTerm,
  powerSums,
  representativeTerm,
  type FieldTerm,
} from '../../../../src-compute/analysis/entropy/guided/terms.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy, novelty } from '../../../../src-compute/analysis/entropy/measures.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { clusters, diamond, matrix } from './structures.ts';

type Rule = Standardisation | undefined;

const quests = descriptorByName('quests', { cutoff: 4.2, neighbours: 40 });
const moments = descriptorByName('mtp:8', { cutoff: 4.2 });
const other = diamond(1, 0.5, 11);

/** An alloy, so that elements matter where the descriptor sees them. */
function alloy(noise: number, seed: number): Configuration {
  return { ...diamond(1, noise, seed), symbols: ['Si', 'Ge'], kinds: Uint16Array.of(0, 1, 0, 0, 1, 1, 0, 1) };
}

function field(
  structure: Configuration,
  descriptor: typeof quests,
  terms: (rule: Rule) => FieldTerm[],
  core = 20,
) {
  const rule = descriptor.needsStandardisation
    ? standardisationOf(descriptor.compute(alloy(0.6, 21)))
    : undefined;
  return new DescriptorField(structure, {
    descriptor,
    standardisation: rule,
    terms: terms(rule),
    core: { height: core, scale: 1.1 },
  });
}

const standardised = (descriptor: typeof quests, structure: Configuration, rule: Rule) =>
  rule ? standardise(descriptor.compute(structure), rule) : descriptor.compute(structure);

const cases = (['quests', 'mtp'] as const).flatMap((name) => {
  const descriptor = name === 'quests' ? quests : moments;
  const h = name === 'quests' ? 0.05 : 2;
  return [
    { name: `${name}: entropy, towards diversity`, descriptor, terms: () => [entropyTerm(0.7, h)] },
    { name: `${name}: entropy, towards order`, descriptor, terms: () => [entropyTerm(-0.7, h)] },
    {
      name: `${name}: novelty`,
      descriptor,
      terms: (rule: Rule) => [noveltyTerm(0.3, h, standardised(descriptor, other, rule))],
    },
    {
      name: `${name}: representative`,
      descriptor,
      terms: (rule: Rule) => {
        const target = powerSums(descriptor.dimension);
        addToPowerSums(target, standardised(descriptor, other, rule));
        const rest = powerSums(descriptor.dimension);
        addToPowerSums(rest, standardised(descriptor, alloy(0.2, 3), rule));
        return [
          representativeTerm({ weight: 2, alpha: [1, 0.5, 0.3], acrossSet: 0.4 }, momentsOf(target), rest),
        ];
      },
    },
  ];
});

describe.each(cases)('$name', ({ descriptor, terms }) => {
  it('has forces and a virial that are derivatives of its energy', () => {
    const structure = alloy(0.45, 9);
    const engine = field(structure, descriptor, terms);
    engine.compute(structure.positions, structure.cell);
    const [forces, virial] = [engine.result.forces.slice(), engine.result.virial.slice()];
    expect(engine.result.atomEnergies.reduce((a, b) => a + b, 0)).toBeCloseTo(engine.result.energy, 9);
    // a step so short that no sorted entries of the QUESTS descriptor change places
    const step = descriptor === quests ? 2e-7 : 1e-5;
    const energy = (positions: Float64Array, cell: Float64Array) => {
      engine.compute(positions, cell);
      return engine.result.energy;
    };
    const size = forces.reduce((largest, f) => Math.max(largest, Math.abs(f)), 0);
    expect(size).toBeGreaterThan(1e-3);
    for (const k of [0, 4, 8, 13, 23]) {
      const at = (sign: number) => {
        const positions = structure.positions.slice();
        positions[k] += sign * step;
        return energy(positions, structure.cell);
      };
      expect(Math.abs(forces[k] + (at(1) - at(-1)) / (2 * step)) / size).toBeLessThan(2e-5);
    }
    const stress = virial.reduce((largest, w) => Math.max(largest, Math.abs(w)), 0);
    for (const [a, b] of [
      [0, 0],
      [1, 2],
      [2, 0],
    ]) {
      const at = (sign: number) => {
        const strain = (v: Float64Array) => {
          const result = v.slice();
          for (let i = 0; i < v.length; i += 3) result[i + b] += sign * 0.1 * step * v[i + a];
          return result;
        };
        return energy(strain(structure.positions), strain(structure.cell));
      };
      expect(Math.abs(virial[3 * a + b] + (at(1) - at(-1)) / (0.2 * step)) / stress).toBeLessThan(2e-4);
    }
  });
});

describe('the terms', () => {
  it('are the entropy, the novelty and zero for what matches', async () => {
    const points = clusters(30, 5, 4);
    const gradient = new Float64Array(150);
    const { entropy } = await descriptorEntropy(points, 0.03, referenceEngine());
    expect(entropyTerm(2, 0.03).evaluate(points, gradient)).toBeCloseTo(-2 * 30 * entropy, 10);
    const references = clusters(50, 5, 6);
    const { mean } = await novelty(points, references, 0.03, referenceEngine());
    expect(noveltyTerm(2, 0.03, references).evaluate(points, gradient)).toBeCloseTo(-2 * 30 * mean, 8);
    const sums = powerSums(5);
    addToPowerSums(sums, points);
    const same = representativeTerm(
      { weight: 1, alpha: [1, 1, 1], acrossSet: 0 },
      momentsOf(sums),
      powerSums(5),
    );
    expect(same.evaluate(points, new Float64Array(150))).toBeCloseTo(0, 12);
  });

  it('refuse an empty reference set and impossible bandwidths', () => {
    expect(() => noveltyTerm(1, 0.1, matrix([]))).toThrow(/at least one reference/);
    expect(() => entropyTerm(1, 0)).toThrow(/bandwidth/);
  });

  it('know the radii of the elements', () => {
    expect(covalentRadius('Si')).toBe(1.11);
    expect(covalentRadius('Mo')).toBe(1.54);
    expect(covalentRadius('U')).toBe(1.96);
    expect(covalentRadius('Cm')).toBe(1.69);
    expect(covalentRadius('type1')).toBe(1.5);
  });
});

describe('relaxation in the field', () => {
  it('raises the entropy for K > 0 and lowers it for K < 0, and keeps atoms apart', async () => {
    const structure = diamond(1, 0.35, 5);
    const h = async (positions: Float64Array) => {
      const points = quests.compute({ ...structure, positions });
      return (await descriptorEntropy(points, 0.05, referenceEngine())).entropy;
    };
    const before = await h(structure.positions);
    const after = async (strength: number) => {
      const engine = field(structure, quests, () => [entropyTerm(strength, 0.05)]);
      return relax(engine, structure.positions, structure.cell, {
        steps: 60,
        forceTolerance: 0.01,
        largestMove: 0.1,
      });
    };
    const diverse = await after(1);
    const ordered = await after(-1);
    expect(await h(diverse.positions)).toBeGreaterThan(before + 0.05);
    expect(await h(ordered.positions)).toBeLessThan(before - 0.05);
  });

  it('brings the moments of a structure to those of its target', async () => {
    const start = diamond(1, 0.1, 5);
    const target = powerSums(quests.dimension);
    addToPowerSums(target, quests.compute(other));
    const term = representativeTerm(
      { weight: 50, alpha: [1, 1, 0], acrossSet: 0 },
      momentsOf(target),
      powerSums(quests.dimension),
    );
    const distance = (positions: Float64Array) =>
      term.evaluate(quests.compute({ ...start, positions }), new Float64Array(8 * quests.dimension));
    const engine = field(start, quests, () => [term], 1);
    const relaxed = await relax(engine, start.positions, start.cell, {
      steps: 80,
      forceTolerance: 0.01,
      largestMove: 0.05,
    });
    expect(distance(relaxed.positions)).toBeLessThan(0.5 * distance(start.positions));
  });
});
