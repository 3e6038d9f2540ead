/** SNAP: against LAMMPS' published potentials, its own derivatives and symmetries, and its files. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../../src-compute/backends/index.ts';
import { PotentialError } from '../../../../src-compute/errors.ts';
import {
  evaluateSnap,
  formatSnap,
  parseSnap,
  snapComponents,
  snapSchema,
  type SnapModel,
} from '../../../../src-compute/potentials/snap/index.ts';
import { clebschGordan } from '../../../../src-compute/potentials/snap/clebsch-gordan.ts';
import { tripleOrder } from '../../../../src-compute/potentials/snap/bispectrum.ts';
import { modelToJson } from '../../../../src-compute/potentials/registry.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import {
  expectForcesMatchEnergy,
  expectSymmetries,
  expectVirialMatchesEnergy,
  randomConfiguration,
} from '../../../support/physics.ts';
import { randomSnap } from '../../../support/random-snap.ts';
import { hasShared, sharedPath } from '../../../support/shared.ts';

const KINDS: [string, SnapModel][] = [
  ['linear', randomSnap({})],
  ['quadratic', randomSnap({ quadratic: true, twojmax: 3 })],
  ['two elements', randomSnap({ subtractIsolated: false, rmin0: 0.4 }, ['In', 'P'])],
  [
    'two elements apart, normalised',
    randomSnap({ elementsApart: true, normalised: true, selfInAll: true, twojmax: 3 }, ['In', 'P']),
  ],
  [
    'two elements apart, each with its own centre',
    randomSnap({ elementsApart: true, twojmax: 2 }, ['In', 'P']),
  ],
  [
    'inner switch',
    randomSnap({ inner: { centres: Float64Array.of(2.3), widths: Float64Array.of(0.4) }, rfac0: 0.9 }),
  ],
];

describe('SNAP', () => {
  it('has orthonormal Clebsch–Gordan coefficients', () => {
    // Σ_{m₁} C(j₁m₁ j₂m₂|jm) C(j₁m₁ j₂m₂|j'm) = δ_jj'
    for (const [j1, j2] of [
      [2, 1],
      [8, 5],
      [12, 12],
    ])
      for (let j = Math.abs(j1 - j2); j <= j1 + j2; j += 2)
        for (let l = Math.abs(j1 - j2); l <= j1 + j2; l += 2) {
          const m = j1 + j2 - 2 * Math.floor(Math.min(j, l) / 2) - (j1 + j2 - Math.min(j, l));
          let sum = 0;
          for (let m1 = -j1; m1 <= j1; m1 += 2)
            if (Math.abs(m - m1) <= j2)
              sum += clebschGordan(j1, m1, j2, m - m1, j) * clebschGordan(j1, m1, j2, m - m1, l);
          expect(sum).toBeCloseTo(j === l ? 1 : 0, 12);
        }
    expect(clebschGordan(1, 1, 1, -1, 0)).toBeCloseTo(Math.SQRT1_2, 15);
    expect(clebschGordan(1, -1, 1, 1, 0)).toBeCloseTo(-Math.SQRT1_2, 15);
  });

  it.each([
    [0, 1],
    [2, 5],
    [4, 14],
    [6, 30],
    [8, 55],
    [14, 204],
  ])('2J = %i has %i components', (twojmax, count) => {
    // (J+1)(J+2)(J+3/2)/3 for whole J: Thompson et al. 2015, below eq. 6
    expect(tripleOrder(twojmax)).toHaveLength(count);
    const J = twojmax / 2;
    expect(count).toBeCloseTo(((J + 1) * (J + 2) * (J + 1.5)) / 3, 10);
  });

  it.each(KINDS)('%s: forces, virial and symmetries', (_, model) => {
    const evaluate = (c: Parameters<typeof evaluateSnap>[1]) => evaluateSnap(model, c);
    const configuration = randomConfiguration(model.species, 8, 5.6, 1.9, 5);
    expectForcesMatchEnergy(evaluate, configuration);
    expectVirialMatchesEnergy(evaluate, configuration);
    expectSymmetries(evaluate, configuration);
  });

  it.each(KINDS)('%s: an isolated atom has β₀ where its components are taken off', (_, model) => {
    const alone = {
      symbols: [model.species[0]],
      kinds: Uint16Array.of(0),
      positions: new Float64Array(3),
      cell: new Float64Array(9),
      periodic: [false, false, false] as const,
    };
    const [b] = snapComponents(model, alone);
    if (!model.subtractIsolated) return expect(b.every((value) => value >= 1)).toBe(true);
    for (const value of b) expect(value).toBeCloseTo(0, 12);
    expect(evaluateSnap(model, alone).energy).toBeCloseTo(model.coefficients[0], 12);
  });

  it.each(KINDS)('%s: goes through LAMMPS’ files and JSON to the same bits', (_, model) => {
    const { coefficients, parameters } = formatSnap(model, ['made by a test\nshell rm']);
    expect(parseSnap(coefficients, parameters)).toEqual(model);
    expect(coefficients.split('\n').filter((line) => line.startsWith('shell'))).toEqual([]);
    expect(snapSchema.parse(modelToJson(model))).toEqual(model);
  });

  it.each([
    ['cut short', (c: string) => c.slice(0, c.length / 2), (p: string) => p, /announces/],
    [
      'another 2J',
      (c: string) => c,
      (p: string) => p.replace('twojmax 4', 'twojmax 6'),
      /has 31 coefficients/,
    ],
    ['no number', (c: string) => c.replace(/\n[-\d.e]+\n$/, '\nabc\n'), (p: string) => p, /a coefficient/],
    ['unknown setting', (c: string) => c, (p: string) => p + 'diagonalstyle 3\n', /"diagonalstyle"/],
    [
      'without a cutoff',
      (c: string) => c,
      (p: string) => p.replace(/rcutfac.*/, ''),
      /lack a positive rcutfac/,
    ],
    [
      'monstrous 2J',
      (c: string) => c,
      (p: string) => p.replace('twojmax 4', 'twojmax 4000'),
      /whole number up to/,
    ],
    ['no element', (c: string) => c.replace('Si 2', 'Sx 2'), (p: string) => p, /an element/],
  ])('refuses files: %s', (_, spoilCoefficients, spoilParameters, words) => {
    const { coefficients, parameters } = formatSnap(randomSnap({}));
    const read = () => parseSnap(spoilCoefficients(coefficients), spoilParameters(parameters));
    expect(read).toThrow(PotentialError);
    expect(read).toThrow(words);
  });
});

describe.skipIf(!hasShared())('SNAP against LAMMPS’ printed values', () => {
  it.each(['Si_Zuo_JPCA2020', 'Si_Zuo_JPCA2020.quadratic', 'InP_JCPA2020'])(
    '%s, by generated code, every structure',
    async (name) => {
      const text = (kind: string) =>
        readFileSync(sharedPath('references', 'snap', `${name}.${kind}`), 'utf8');
      const model = parseSnap(text('snapcoeff'), text('snapparam'));
      for (const frame of await readConfigurations(sharedPath('references', 'snap', `${name}.xyz`))) {
        const { energy, forces } = evaluate(model, frame, { backend: 'wasm' });
        const largest = Math.max(...(frame.forces ?? []).map(Math.abs), 1);
        expect(Math.abs(energy - (frame.energy ?? NaN))).toBeLessThan(1e-8 * Math.abs(energy));
        forces.forEach((f, k) =>
          expect(Math.abs(f - (frame.forces?.[k] ?? NaN))).toBeLessThan(1e-8 * largest),
        );
      }
    },
  );

  it.each(['Si_Zuo_JPCA2020', 'Si_Zuo_JPCA2020.quadratic', 'InP_JCPA2020'])('%s', async (name) => {
    const text = (kind: string) => readFileSync(sharedPath('references', 'snap', `${name}.${kind}`), 'utf8');
    const model = parseSnap(text('snapcoeff'), text('snapparam'));
    const frames = await readConfigurations(sharedPath('references', 'snap', `${name}.xyz`));
    expect(frames.length).toBeGreaterThan(0);
    // structures of few atoms: the plain evaluation is slow
    for (const frame of frames.filter(({ kinds }) => kinds.length <= 16).slice(0, 4)) {
      const { energy, forces, virial } = evaluateSnap(model, frame);
      const largest = Math.max(...(frame.forces ?? []).map(Math.abs), 1);
      expect(Math.abs(energy - (frame.energy ?? NaN))).toBeLessThan(1e-8 * Math.abs(energy));
      forces.forEach((f, k) => expect(Math.abs(f - (frame.forces?.[k] ?? NaN))).toBeLessThan(1e-8 * largest));
      // printed as a pressure in bar: LAMMPS' constant (1.6021765e6) and CODATA's differ by 8.4e-8 of it
      const pull = Math.max(...virial.map(Math.abs));
      const unit = 1.602176634 / 1.6021765;
      virial.forEach((w, k) =>
        expect(Math.abs(w - (frame.virial?.[k] ?? NaN) * unit)).toBeLessThan(1e-8 * pull),
      );
    }
  });
});
