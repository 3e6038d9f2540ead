import { describe, expect, it } from 'vitest';
import {
  evaluateLennardJones,
  evaluateMorse,
  evaluatePairFunctions,
  evaluateTabulatedPair,
  evaluateZbl,
  lennardJonesFunctions,
  lennardJonesModel,
  lennardJonesSchema,
  lennardJonesTail,
  pairFunctions,
  tabulatedFunction,
  zblFunction,
  type LennardJonesModel,
  type MorseModel,
  type PairModel,
  type TabulatedPairModel,
  type ZblModel,
} from '../../../../src-compute/potentials/pair/index.ts';
import { evaluateSum, sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import {
  expectForcesMatchEnergy,
  expectSymmetries,
  expectVirialMatchesEnergy,
  randomConfiguration,
} from '../../../support/physics.ts';
import { runLammps } from '../../../support/lammps.ts';
import { requireProgram } from '../../../support/real-part.ts';

const pair = (a: string, b: string) => ({ species: [a, b] as const });
const lennardJones: LennardJonesModel = {
  form: 'lennard-jones',
  species: ['Si', 'O'],
  cutoff: 5,
  truncation: 'switched',
  pairs: [
    { ...pair('Si', 'Si'), epsilon: 0.4, sigma: 2.3, cutoff: 5 },
    { ...pair('O', 'Si'), epsilon: 0.7, sigma: 1.8, cutoff: 4.5, switchStart: 3 },
    { ...pair('O', 'O'), epsilon: 0.2, sigma: 2, cutoff: 4 },
  ],
};
const morse: MorseModel = {
  form: 'morse',
  species: ['Si', 'O'],
  cutoff: 5,
  truncation: 'switched',
  pairs: [
    { ...pair('Si', 'Si'), depth: 0.5, steepness: 1.4, equilibriumDistance: 2.3, cutoff: 5 },
    { ...pair('Si', 'O'), depth: 1, steepness: 1.7, equilibriumDistance: 1.7, cutoff: 4.4 },
    { ...pair('O', 'O'), depth: 0.1, steepness: 1.2, equilibriumDistance: 2.6, cutoff: 4.8 },
  ],
};
const zbl: ZblModel = { form: 'zbl', species: ['Si', 'O'], cutoff: 3, innerRadius: 1.8 };
const grid = Array.from({ length: 60 }, (_, k) => 1.2 + (k * 3.6) / 59);
const tabulated: TabulatedPairModel = {
  form: 'tabulated-pair',
  species: ['Si', 'O'],
  cutoff: 4.8,
  pairs: [pair('Si', 'Si'), pair('Si', 'O'), pair('O', 'O')].map((p, k) => ({
    ...p,
    distances: grid,
    energies: grid.map((r) => (1 + k) * 0.2 * ((2 / r) ** 8 - (2 / r) ** 4)),
  })),
};
const models: PairModel[] = [lennardJones, morse, zbl, tabulated];

describe.each(models)('$form', (model) => {
  const evaluate = (c: Parameters<typeof evaluateZbl>[1]) =>
    evaluatePairFunctions(model.species, pairFunctions(model), model.cutoff, c);
  const configuration = randomConfiguration(['O', 'Si'], 14, 6.2, 1.5, 7);

  it('has forces and a virial that are the derivatives of its energy', () => {
    expectForcesMatchEnergy(evaluate, configuration);
    expectVirialMatchesEnergy(evaluate, configuration);
  });

  it('is invariant under translation, rotation and permutation', () =>
    expectSymmetries(evaluate, configuration));

  it('has a first and second derivative that belong to φ', () => {
    const h = 1e-5;
    for (const phi of pairFunctions(model)) {
      const at = (r: number) => {
        const out = new Float64Array(3);
        phi.evaluate(r, out);
        return out;
      };
      for (const fraction of [0.45, 0.61, 0.73, 0.88, 0.97]) {
        const r = fraction * phi.cutoff;
        const [below, here, above] = [at(r - h), at(r), at(r + h)];
        expect((above[0] - below[0]) / (2 * h)).toBeCloseTo(here[1], 6);
        expect((above[1] - below[1]) / (2 * h)).toBeCloseTo(here[2], 4);
      }
    }
  });
});

describe('ends of pair functions', () => {
  it('vanish with two derivatives at the cutoff for switched Lennard-Jones, Morse and ZBL', () => {
    for (const model of [lennardJones, morse, zbl]) {
      for (const phi of pairFunctions(model)) {
        const out = new Float64Array(3);
        phi.evaluate(phi.cutoff * (1 - 1e-9), out);
        for (const value of out) expect(Math.abs(value)).toBeLessThan(1e-6);
      }
    }
  });

  it('shift only the energy when shifted, and nothing when truncated', () => {
    const out = new Float64Array(3);
    const at = (truncation: 'shifted' | 'truncated', r: number) => {
      lennardJonesFunctions(lennardJonesModel('Ar', 1, 1, 2.5, truncation))[0].evaluate(r, out);
      return out[0];
    };
    const tail = 4 * (2.5 ** -12 - 2.5 ** -6);
    expect(at('truncated', 1.3) - at('shifted', 1.3)).toBeCloseTo(tail, 14);
    expect(at('truncated', 2.5 - 1e-12)).toBeCloseTo(tail, 9);
    expect(at('shifted', 2.5 - 1e-12)).toBeCloseTo(0, 9);
  });

  it('continue a table linearly below its first point', () => {
    const phi = tabulatedFunction(tabulated.pairs[0]);
    const out = new Float64Array(3);
    phi.evaluate(grid[0], out);
    const [value, slope, curvature] = out;
    expect(curvature).toBeCloseTo(0, 10);
    phi.evaluate(grid[0] - 0.3, out);
    expect(out[0]).toBeCloseTo(value - 0.3 * slope, 10);
  });

  it('reproduce a tabulated function between its points', () => {
    const fine = Array.from({ length: 400 }, (_, k) => 1.5 + (k * 3) / 399);
    // (r − r_c)³ has φ′(r_c) = 0 as the spline wants; φ″ at the first point differs, which stays local
    const phi = tabulatedFunction({
      species: ['A', 'A'],
      distances: fine,
      energies: fine.map((r) => (4.5 - r) ** 3),
    });
    const out = new Float64Array(3);
    for (const r of [2.01, 3.003, 4.2]) {
      phi.evaluate(r, out);
      expect(out[0]).toBeCloseTo((4.5 - r) ** 3, 8);
      expect(out[1]).toBeCloseTo(-3 * (4.5 - r) ** 2, 6);
    }
  });
});

describe('published and independent values', () => {
  it('gives the fcc Lennard-Jones lattice energy −8.6102 ε of the infinite crystal', () => {
    // lattice sums C12 = 12.13188, C6 = 14.45392 (Kittel): E = 2ε[C12 x² − C6 x] minimal at x = C6/(2 C12)
    const spacing = (2 * (12.13188 / 14.45392)) ** (1 / 6);
    const a = spacing * Math.SQRT2;
    const half = a / 2;
    const cutoff = 7;
    const { energy } = evaluateLennardJones(lennardJonesModel('Ar', 1, 1, cutoff), {
      symbols: ['Ar'],
      kinds: Uint16Array.of(0),
      positions: new Float64Array(3),
      cell: Float64Array.of(0, half, half, half, 0, half, half, half, 0),
      periodic: [true, true, true],
    });
    expect(energy + lennardJonesTail(1, 1, cutoff, 4 / a ** 3).energy).toBeCloseTo(
      -(14.45392 ** 2) / (2 * 12.13188),
      3,
    );
  });

  it('is the sum of its terms', () => {
    const configuration = randomConfiguration(['Si', 'O'], 10, 6, 1.5, 3);
    const sum = sumModel<PairModel>([lennardJones, zbl]);
    const total = evaluateSum(sum, configuration, (term, c) =>
      evaluatePairFunctions(term.species, pairFunctions(term), term.cutoff, c),
    );
    const [one, two] = [evaluateLennardJones(lennardJones, configuration), evaluateZbl(zbl, configuration)];
    expect(sum.cutoff).toBe(5);
    expect(total.energy).toBeCloseTo(one.energy + two.energy, 12);
    expect(total.forces[4]).toBeCloseTo(one.forces[4] + two.forces[4], 12);
    expect(total.virial[5]).toBeCloseTo(one.virial[5] + two.virial[5], 12);
  });

  it('refuses models that do not fit together, in words', () => {
    const incomplete = { ...lennardJones, pairs: lennardJones.pairs.slice(0, 2) };
    const configuration = randomConfiguration(['Si', 'O'], 2, 6, 1.5, 3);
    expect(() => evaluateLennardJones(incomplete, configuration)).toThrow('no parameters for O–O');
    expect(() => evaluateMorse({ ...morse, cutoff: 9 }, configuration)).toThrow('cutoff');
    expect(() => evaluateTabulatedPair(tabulated, { ...configuration, symbols: ['Si', 'Xe'] })).toThrow(
      'contains Xe',
    );
    expect(() => zblFunction(14, 8, 3, 2)).toThrow('inner radius');
    expect(() => sumModel([{ ...zbl, species: ['H'] }, morse])).toThrow('no species in common');
    expect(lennardJonesSchema.safeParse(lennardJones).success).toBe(true);
    expect(
      lennardJonesSchema.safeParse({ ...lennardJones, pairs: [{ ...lennardJones.pairs[0], sigma: -1 }] })
        .success,
    ).toBe(false);
  });

  const lmp = requireProgram('lmp', 'apt-get install lammps');
  it.skipIf(!lmp)('agrees with LAMMPS for Lennard-Jones and ZBL', () => {
    const configuration = randomConfiguration(['Si', 'O'], 20, 7, 1.4, 11);
    const shifted: LennardJonesModel = { ...lennardJones, truncation: 'shifted' };
    const cases = [
      {
        own: evaluateLennardJones(shifted, configuration),
        lines: [
          'pair_style lj/cut 5',
          'pair_modify shift yes',
          'pair_coeff 1 1 0.4 2.3 5',
          'pair_coeff 1 2 0.7 1.8 4.5',
          'pair_coeff 2 2 0.2 2 4',
        ],
        digits: 1e-9,
      },
      {
        own: evaluateZbl(zbl, configuration),
        lines: ['pair_style zbl 1.8 3', 'pair_coeff 1 1 14 14', 'pair_coeff 1 2 14 8', 'pair_coeff 2 2 8 8'],
        digits: 1e-5, // LAMMPS' e²/4πε₀ has fewer digits
      },
    ];
    for (const { own, lines, digits } of cases) {
      const theirs = runLammps(configuration, lines);
      const scale = Math.max(...theirs.forces.map(Math.abs));
      expect(Math.abs(own.energy / theirs.energy - 1)).toBeLessThan(digits);
      own.forces.forEach((f, k) => expect(Math.abs(f - theirs.forces[k]) / scale).toBeLessThan(digits));
      const virialScale = Math.max(...theirs.virial.map(Math.abs));
      // LAMMPS' bar per eV/Å³ differs from CODATA in the seventh digit
      own.virial.forEach((w, k) => expect(Math.abs(w - theirs.virial[k]) / virialScale).toBeLessThan(1e-5));
    }
  });
});
