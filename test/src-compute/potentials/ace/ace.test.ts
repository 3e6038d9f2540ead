/** ACE: against LAMMPS' printed values, its own derivatives and symmetries, exact couplings, and its files. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PotentialError } from '../../../../src-compute/errors.ts';
import { invariantCouplings } from '../../../../src-compute/potentials/ace/coupling.ts';
import { harmonicPlace, harmonicsOf } from '../../../../src-compute/potentials/ace/harmonics.ts';
import {
  aceFunctionValues,
  aceSchema,
  evaluateAce,
  formatYace,
  parseYace,
  type AceModel,
} from '../../../../src-compute/potentials/ace/index.ts';
import { interpolated, radialFunctions, radialTable } from '../../../../src-compute/potentials/ace/radial.ts';
import { modelToJson } from '../../../../src-compute/potentials/registry.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import {
  expectForcesMatchEnergy,
  expectSymmetries,
  expectVirialMatchesEnergy,
  randomConfiguration,
} from '../../../support/physics.ts';
import { randomAce } from '../../../support/random-ace.ts';
import { hasShared, sharedPath } from '../../../support/shared.ts';

const inner = { innerCutoff: 2.2, innerWidth: 0.4 };
const KINDS: [string, AceModel][] = [
  ['linear', randomAce()],
  ['rank 4', randomAce({ rank: 4, lmax: 1 })],
  ['two species, two densities', randomAce({ species: ['In', 'P'], densities: 2, rank: 2 })],
  ['three densities', randomAce({ densities: 3, rank: 2 })],
  ['simplified Bessel functions', randomAce({ rank: 2, bond: { radial: 'SBessel' } })],
  ['powers of distances', randomAce({ rank: 2, bond: { radial: 'ChebPow', parameter: 2.5 } })],
  ['linear in the distance', randomAce({ rank: 2, bond: { radial: 'ChebLinear', corePrefactor: 0 } })],
  ['an inner cutoff', randomAce({ rank: 2, bond: inner, model: { core: 'distance' } })],
  [
    'nuclear repulsion',
    randomAce({ rank: 2, bond: { ...inner, cutoffWidth: 2, corePrefactor: 1 }, model: { core: 'zbl' } }),
  ],
  [
    'a core that ends the expansion',
    randomAce({
      rank: 2,
      model: {
        embeddings: [
          {
            ...{ kind: 'FinnisSinclair', weights: Float64Array.of(1), exponents: Float64Array.of(1) },
            ...{ coreCutoff: 0.3, coreWidth: 0.29 },
          },
        ],
      },
    }),
  ],
];

describe('ACE', () => {
  it.each(KINDS)('%s: forces, virial and symmetries', (_, model) => {
    const evaluate = (c: Parameters<typeof evaluateAce>[1]) => evaluateAce(model, c);
    const configuration = randomConfiguration(model.species, 6, 5.2, 1.9, 5);
    expectForcesMatchEnergy(evaluate, configuration);
    expectVirialMatchesEnergy(evaluate, configuration);
    expectSymmetries(evaluate, configuration);
  });

  it.each(KINDS)('%s: goes through .yace files and JSON', (_, model) => {
    const again = parseYace([...formatYace(model)].join(''));
    // a file has c̃ alone, not coupling and weight
    expect(again.bonds).toEqual(model.bonds);
    expect(again.embeddings).toEqual(model.embeddings);
    expect(parseYace([...formatYace(again)].join(''))).toEqual(again);
    expect(aceSchema.parse(modelToJson(model))).toEqual(model);
    const configuration = randomConfiguration(model.species, 4, 5.2, 1.9, 5);
    expect(evaluateAce(again, configuration).energy).toBeCloseTo(
      evaluateAce(model, configuration).energy,
      12,
    );
  });

  it('has orthonormal harmonics', () => {
    // the addition theorem: Σ_m |Y_lm|² = 2l + 1 in this normalisation; Y_1 is the vector itself
    const vector = [0.3, -1.1, 0.7] as const;
    const { re, im } = harmonicsOf(8, vector);
    for (let l = 0; l <= 8; l++) {
      let sum = 0;
      for (let m = -l; m <= l; m++) sum += re[harmonicPlace(l, m)] ** 2 + im[harmonicPlace(l, m)] ** 2;
      expect(sum).toBeCloseTo(2 * l + 1, 11);
    }
    const r = Math.hypot(...vector);
    expect(re[harmonicPlace(1, 0)]).toBeCloseTo((Math.sqrt(3) * vector[2]) / r, 14);
    expect(re[harmonicPlace(1, 1)]).toBeCloseTo((-Math.sqrt(1.5) * vector[0]) / r, 14);
    expect(im[harmonicPlace(1, -1)]).toBeCloseTo((-Math.sqrt(1.5) * vector[1]) / r, 14);
  });

  it.each([
    // multiplicities of L = 0 in products, and in symmetric powers: characters of SO(3)
    { angular: [1, 1], groups: [0, 0], count: 1 },
    { angular: [1, 1, 1], groups: [0, 0, 0], count: 0 },
    { angular: [2, 2, 2], groups: [0, 0, 0], count: 1 },
    { angular: [1, 1, 1, 1], groups: [0, 1, 2, 3], count: 3 },
    { angular: [1, 1, 1, 1], groups: [0, 0, 1, 1], count: 2 },
    { angular: [1, 1, 1, 1], groups: [0, 0, 0, 0], count: 1 },
    { angular: [2, 2, 2, 2], groups: [0, 1, 2, 3], count: 5 },
    { angular: [2, 2, 2, 2], groups: [0, 0, 0, 0], count: 1 },
    { angular: [3, 3, 3, 3], groups: [0, 0, 0, 0], count: 2 },
    { angular: [4, 4, 4, 4], groups: [0, 0, 0, 0], count: 2 },
    { angular: [2, 2, 2, 2, 2], groups: [0, 0, 0, 0, 0], count: 1 },
    { angular: [2, 2, 2, 2, 2, 2], groups: [0, 0, 0, 0, 0, 0], count: 2 },
  ])('couples $angular with $groups in $count independent ways', ({ angular, groups, count }) => {
    expect(invariantCouplings(angular, groups)).toHaveLength(count);
  });

  it('has independent functions', () => {
    // as many independent rows among random surroundings as there are functions
    const model = randomAce({ rank: 3, lmax: 2 });
    const count = model.functions[0].length;
    const rows = Array.from({ length: 12 }, (_, seed) =>
      randomConfiguration(['Si'], 8, 6, 1.8, seed),
    ).flatMap((c) => aceFunctionValues(model, c));
    expect(rows.length).toBeGreaterThan(count);
    expect(rankOf(rows)).toBe(count);
  });

  it('tabulates radial functions to the error of cubic pieces', () => {
    const [, model] = KINDS[4];
    const table = radialTable(model, 0, 0);
    for (const r of [1.2345, 2.7182, 3.9])
      radialFunctions(model, model.bonds[0], r).forEach(({ value, slope }, k) => {
        const numbers = interpolated(table, r);
        expect(numbers[2 * k]).toBeCloseTo(value, 12);
        expect(numbers[2 * k + 1]).toBeCloseTo(slope, 8);
      });
  });

  const text = [...formatYace(randomAce({ species: ['In', 'P'], rank: 2 }))].join('');
  it.each([
    ['cut short', (t: string) => t.slice(0, t.length / 2), /^Line \d+/],
    [
      'an unknown radial basis',
      (t: string) => t.replace('ChebExpCos', 'TEST_Zero'),
      /radbasename is "TEST_Zero"/,
    ],
    ['radial functions of ACE.jl', (t: string) => t.replace('ChebExpCos', 'ACE.jl.base'), /radbasename/],
    ['an unknown embedding', (t: string) => t.replace('FinnisSinclair', 'Cubic'), /npoti is "Cubic"/],
    ['no element', (t: string) => t.replace('[In, P]', '[In, Px]'), /"Px", which is no element/],
    ['a lacking pair', (t: string) => t.replace(/^ {2}\[1, 0\].*\n/m, ''), /bonds lacks the pair \[1, 0\]/],
    [
      'mixed cores',
      (t: string) => t.replace('inner_cutoff_type: density', 'inner_cutoff_type: distance'),
      /different/,
    ],
    ['an odd product', (t: string) => t.replace('ls: [0, 0]', 'ls: [0, 1]'), /Line \d+: .*odd/],
    [
      'orders that do not cancel',
      (t: string) => t.replace('ms_combs: [0, 0]', 'ms_combs: [1, 0]'),
      /beyond its l/,
    ],
    [
      'too few couplings',
      (t: string) => t.replace(/ctildes: \[.*?\]/, 'ctildes: []'),
      /ctildes holds 0 numbers/,
    ],
    [
      'words for numbers',
      (t: string) => t.replace(/rcut: [\d.]+/, 'rcut: "4"'),
      /Line \d+: rcut should be a number/,
    ],
    ['no number', (t: string) => t.replace(/rcut: [\d.]+/, 'rcut: .nan'), /rcut should be a number/],
    ['without functions', (t: string) => t.replace(/functions:[^]*/, ''), /lacks functions/],
    ['an unknown species', (t: string) => t.replace('mus: [0]', 'mus: [7]'), /from 0 to 1/],
    ['a field twice', (t: string) => t.replace('E0:', 'E0: [0, 0]\nE0:'), /Line 3: E0 stands twice/],
    ['a species twice', (t: string) => t.replace(/^functions:\n/m, 'functions:\n  0: []\n'), /stands twice/],
    ['lists without end', (t: string) => t + 'x: ' + '['.repeat(100_000), /too deep/],
    ['an alias bomb', (t: string) => t.replace('E0: [-1, -2]', 'E0: &a [*a, *a]'), /./],
  ])('refuses files: %s', (_, spoil, words) => {
    expect(spoil(text)).not.toBe(text);
    const read = () => parseYace(spoil(text));
    expect(read).toThrow(PotentialError);
    expect(read).toThrow(words);
  });
});

/** Rank of a matrix by elimination with complete pivoting. */
function rankOf(rows: readonly Float64Array[]): number {
  const left = rows.map((row) => Array.from(row));
  const scale = left[0].map((_, k) => Math.max(...left.map((row) => Math.abs(row[k]))));
  left.forEach((row) => row.forEach((x, k) => (row[k] = x / scale[k])));
  let rank = 0;
  for (;;) {
    let best = { value: 1e-9, row: -1, column: -1 };
    left.forEach((row, i) =>
      row.forEach((x, k) => {
        if (i >= rank && Math.abs(x) > best.value) best = { value: Math.abs(x), row: i, column: k };
      }),
    );
    if (best.row < 0) return rank;
    [left[rank], left[best.row]] = [left[best.row], left[rank]];
    const pivot = left[rank];
    for (let i = rank + 1; i < left.length; i++) {
      const factor = left[i][best.column] / pivot[best.column];
      if (factor !== 0) pivot.forEach((x, k) => (left[i][k] -= factor * x));
    }
    rank++;
  }
}

describe.skipIf(!hasShared())('ACE against LAMMPS’ printed values', () => {
  // LAMMPS computes with cubic pieces of deltaSplineBins, and so does this
  it.each(['si_linear', 'inp_fs'])('%s', async (name) => {
    const model = parseYace(readFileSync(sharedPath('references', 'ace', `${name}.yace`), 'utf8'));
    const frames = await readConfigurations(sharedPath('references', 'ace', `${name}.xyz`));
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames.filter(({ kinds }) => kinds.length <= 8)) {
      const { energy, forces, virial, atomEnergies } = evaluateAce(model, frame);
      const largest = Math.max(...(frame.forces ?? []).map(Math.abs));
      expect(atomEnergies.length).toBe(frame.kinds.length);
      expect(Math.abs(energy - (frame.energy ?? NaN))).toBeLessThan(1e-12 * Math.abs(energy));
      forces.forEach((f, k) =>
        expect(Math.abs(f - (frame.forces?.[k] ?? NaN))).toBeLessThan(1e-9 * largest + 1e-12),
      );
      // printed as a pressure in bar with LAMMPS' constant (1.6021765e6), read back with that of CODATA 2014
      const pull = Math.max(...virial.map(Math.abs));
      const unit = 1.6021766208 / 1.6021765;
      virial.forEach((w, k) =>
        expect(Math.abs(w - (frame.virial?.[k] ?? NaN) * unit)).toBeLessThan(1e-9 * pull),
      );
    }
  });
});
