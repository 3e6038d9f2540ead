import { describe, expect, it } from 'vitest';
import { ensembleCheck } from '../../../src-compute/analysis/ensemble-check.ts';
import type { ForceEngine } from '../../../src-compute/potentials/potential.ts';
import { blockAverage } from '../../../src-compute/sampling/averages.ts';
import { stabilityLimit } from '../../../src-compute/sampling/hybrid-monte-carlo/stability.ts';
import {
  checkIntegrator,
  completeHybridMonteCarloSettings,
  diagnose,
  DiagonalMetric,
  erfc,
  hessianOf,
  HessianMetric,
  HybridMonteCarlo,
  INTEGRATORS,
  ReplicaExchange,
  type HybridMonteCarloInput,
  type HybridMonteCarloOptions,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { createSystem } from '../../../src-compute/sampling/system.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { AMU_A2_PER_FS2_IN_EV, BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import { FunctionEngine, OscillatorEngine } from '../../support/engines.ts';
import { argonCrystal, argonEngine, argonModel, EPSILON, kelvin, SIGMA } from '../../support/liquids.ts';

const base: HybridMonteCarloInput = {
  temperature: 300,
  trajectories: 2000,
  burnIn: 100,
  leapfrogSteps: 8,
  timestep: 10,
  seed: 1,
};

function sample(
  configuration: Configuration,
  engine: ForceEngine,
  input: Partial<HybridMonteCarloInput>,
  options: HybridMonteCarloOptions = {},
): HybridMonteCarlo {
  return new HybridMonteCarlo(
    configuration,
    engine,
    completeHybridMonteCarloSettings({ ...base, ...input }),
    options,
  );
}

function cluster(count: number, positions = new Float64Array(3 * count)): Configuration {
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(count),
    positions,
    cell: new Float64Array(9),
    periodic: [false, false, false],
  };
}

const springs = Float64Array.from({ length: 60 }, (_, k) => 0.5 + (k % 6) * 0.7);
const kT = BOLTZMANN_EV_PER_K * 300;
const beta = 1 / kT;

/** ⟨s x²⟩/kT over all springs, its deviation from 1 in standard errors, and ⟨U²⟩ − ⟨U⟩² against ½ N kT². */
async function moments(input: Partial<HybridMonteCarloInput>, options: HybridMonteCarloOptions = {}) {
  const chain = sample(cluster(20), new OscillatorEngine(springs), input, options);
  const energies: number[] = [];
  const softest: number[] = [];
  await chain.run(({ burningIn, potential, system }) => {
    if (burningIn) return;
    energies.push(potential);
    softest.push(springs[0] * system.positions[0] ** 2);
  });
  const mean = blockAverage(energies);
  const soft = blockAverage(softest);
  return {
    chain,
    energyDeviation: (mean.value - 30 * kT) / mean.error,
    softDeviation: (soft.value - kT) / soft.error,
    spread: blockAverage(energies.map((u) => (u - 30 * kT) ** 2)),
  };
}

const cheapSprings = springs.map((s, k) => s * (1 + 0.1 * Math.cos(k)));
const variants: [string, Partial<HybridMonteCarloInput>, HybridMonteCarloOptions?][] = [
  ['verlet', {}],
  ['omf2', { integrator: 'omf2', leapfrogSteps: 4 }],
  ['force-gradient', { integrator: 'forcegradient4', leapfrogSteps: 3, timestep: 60, adapt: false }],
  ['partial refreshment', { refreshment: 0.4, leapfrogSteps: 2, trajectories: 8000, lengthJitter: 0 }],
  ['surrogate', { fidelity: 'surrogate' }, { cheapEngine: new OscillatorEngine(cheapSprings) }],
  [
    'respa',
    { fidelity: 'respa', innerSteps: 3, leapfrogSteps: 4, timestep: 20 },
    { cheapEngine: new OscillatorEngine(cheapSprings) },
  ],
  [
    'other masses',
    {},
    {
      metric: new DiagonalMetric(
        createSystem(cluster(20)),
        Float64Array.from({ length: 20 }, (_, i) => 5 + i),
      ),
    },
  ],
];

describe('harmonic oscillators', () => {
  it.each(variants)('%s: exact moments, ⟨exp(−βΔH)⟩ = 1', async (_name, input, options) => {
    const { chain, energyDeviation, softDeviation, spread } = await moments(input, options);
    expect(Math.abs(energyDeviation)).toBeLessThan(3.5);
    expect(Math.abs(softDeviation)).toBeLessThan(3.5);
    expect(Math.abs(spread.value - 30 * kT * kT) / spread.error).toBeLessThan(3.5);
    const { meanExpMinusBetaDh: mean, acceptance } = diagnose([chain.record], beta);
    expect(Math.abs(mean.value - 1) / mean.error).toBeLessThan(3.5);
    expect(acceptance).toBeGreaterThan(0.3);
    expect(acceptance).toBeLessThan(0.98);
  });

  it('accepts as erfc(½√⟨βΔH⟩) says, and hits the acceptance it was tuned for', async () => {
    const { chain } = await moments({ burnIn: 400, trajectories: 4000, targetAcceptance: 0.75 });
    const { acceptance, expectedAcceptance } = diagnose([chain.record], beta);
    expect(Math.abs(acceptance - expectedAcceptance)).toBeLessThan(0.04);
    expect(Math.abs(acceptance - 0.75)).toBeLessThan(0.06);
    expect(chain.stepSize).not.toBe(10);
  });

  it('makes all modes equally fast with the Hessian as mass matrix', async () => {
    const system = createSystem(cluster(20));
    const stiff = springs.map((s, k) => (k % 6 === 5 ? 100 * s : s));
    const engine = new OscillatorEngine(stiff);
    const metric = new HessianMetric(await hessianOf(system, engine), 10, 1e-6);
    const input = { leapfrogSteps: 5, timestep: 3, trajectories: 1500, burnIn: 200 };
    const run = async (options: HybridMonteCarloOptions) => {
      const chain = sample(cluster(20), engine, input, options);
      const soft: number[] = [];
      await chain.run(({ burningIn, system: s }) => {
        if (!burningIn) soft.push(stiff[0] * s.positions[0] ** 2);
      });
      return { soft: blockAverage(soft), diagnostics: diagnose([chain.record], beta) };
    };
    const plain = await run({});
    const better = await run({ metric });
    expect(Math.abs(better.soft.value - kT) / better.soft.error).toBeLessThan(3.5);
    const trust = better.diagnostics.meanExpMinusBetaDh;
    expect(Math.abs(trust.value - 1) / trust.error).toBeLessThan(3.5);
    expect(better.soft.error).toBeLessThan(plain.soft.error / 2);
  });

  it('is biased without the acceptance step, and only then', async () => {
    const coarse = { timestep: 45, adapt: false, lengthJitter: 0.5, stepJitter: 0, trajectories: 6000 };
    const wrong = await moments({ ...coarse, unadjusted: true });
    const right = await moments({ ...coarse, integrator: 'forcegradient4' });
    expect(Math.abs(wrong.energyDeviation)).toBeGreaterThan(6);
    expect(Math.abs(right.energyDeviation)).toBeLessThan(3.5);
  });
});

describe('few degrees of freedom', () => {
  it('knows how far each integrator stays bounded', () => {
    expect(stabilityLimit('verlet')).toBeCloseTo(2, 2);
    // McLachlan & Atela's value for the second-order scheme of least error
    expect(stabilityLimit('omf2')).toBeCloseTo(2.55, 1);
    expect(stabilityLimit('forcegradient4')).toBeGreaterThan(2.5);
  });

  it.each(['verlet', 'omf2', 'forcegradient4'] as const)(
    '%s: the tuned step stays off the stability limit, and the sampling is right',
    async (integrator) => {
      // three oscillators of one frequency: ΔH is small on average up to the limit
      const stiffness = 5;
      const engine = new OscillatorEngine(new Float64Array(3).fill(stiffness));
      const input = { integrator, burnIn: 600, trajectories: 4000, leapfrogSteps: 5, timestep: 30 } as const;
      const chain = sample(cluster(1), engine, input);
      const energies: number[] = [];
      await chain.run(({ burningIn, potential }) => {
        if (!burningIn) energies.push(potential);
      });
      const mass = 28.0855 * AMU_A2_PER_FS2_IN_EV;
      const reach = chain.stepSize * Math.sqrt(stiffness / mass);
      expect(reach).toBeLessThan(0.62 * stabilityLimit(integrator));
      expect(reach).toBeGreaterThan(0.3);
      const mean = blockAverage(energies);
      expect(Math.abs(mean.value - 1.5 * kT) / mean.error).toBeLessThan(4);
      const { meanExpMinusBetaDh: exact } = diagnose([chain.record], beta);
      expect(Math.abs(exact.value - 1) / exact.error).toBeLessThan(3.5);
    },
  );
});

describe('order of the integrators', () => {
  // a chain of anharmonic springs: smooth to all orders, which a potential with a cutoff is not
  const anharmonic = new FunctionEngine(6, (r, f) => {
    let energy = 0;
    for (let k = 0; k < 18; k++) {
      const d = r[k] - r[(k + 3) % 18];
      const e = r[k];
      energy += d * d + 0.7 * d ** 4 + 0.5 * e * e + 0.3 * e ** 4;
    }
    for (let k = 0; k < 18; k++) {
      const ahead = r[k] - r[(k + 3) % 18];
      const behind = r[(k + 15) % 18] - r[k];
      f[k] = -(2 * ahead + 2.8 * ahead ** 3) + (2 * behind + 2.8 * behind ** 3) - r[k] - 1.2 * r[k] ** 3;
    }
    return energy;
  });

  it.each(INTEGRATORS)('%s: ΔH ∝ dt to its order on a smooth potential', async (integrator) => {
    const chain = sample(cluster(6), anharmonic, {
      integrator,
      temperature: 2000,
      timestep: 3,
      leapfrogSteps: 20,
      burnIn: 50,
      trajectories: 0,
      adapt: false,
    });
    await chain.run();
    const check = await checkIntegrator(chain, 10);
    expect(check.expectedOrder).toBe(integrator === 'forcegradient4' ? 4 : 2);
    expect(Math.abs(check.order - check.expectedOrder)).toBeLessThan(0.15);
    expect(check.reversibility).toBeLessThan(1e-10);
  });
});

describe('Lennard-Jones', () => {
  const crystal = argonCrystal(2, 0.7);
  const model = argonModel(1.6, 'switched');

  it.each(['verlet', 'omf2'] as const)(
    '%s: ΔH is of second order, trajectories run backwards',
    async (integrator) => {
      const chain = sample(crystal, argonEngine(crystal, model), {
        temperature: kelvin(1.5),
        integrator,
        timestep: 12,
        leapfrogSteps: 10,
        burnIn: 50,
        trajectories: 0,
        adapt: false,
      });
      await chain.run();
      const check = await checkIntegrator(chain, 12);
      expect(Math.abs(check.order - check.expectedOrder)).toBeLessThan(0.45);
      expect(check.reversibility).toBeLessThan(1e-8);
      expect(check.reversibility).toBeGreaterThan(0);
    },
  );

  it('weighs potential energies at two temperatures rightly', async () => {
    const energies = async (temperature: number, seed: number) => {
      const chain = sample(crystal, argonEngine(crystal, model), {
        temperature,
        seed,
        timestep: 20,
        trajectories: 2500,
      });
      await chain.run();
      return chain.record.potential;
    };
    const [cold, hot] = [kelvin(1.5), kelvin(1.85)];
    const check = ensembleCheck(
      await energies(cold, 1),
      await energies(hot, 2),
      1 / (BOLTZMANN_EV_PER_K * cold) - 1 / (BOLTZMANN_EV_PER_K * hot),
    );
    expect(check.error / check.expected).toBeLessThan(0.15);
    expect(Math.abs(check.deviations)).toBeLessThan(3.5);
  });

  it.each([
    ['isotropic', 2, 5, 6, 0.7],
    ['full', 0.4, 8, 10, 0.95],
  ] as const)(
    'weighs volumes at two pressures rightly, %s cell',
    async (cellMotion, t, low, high, density) => {
      const structure = argonCrystal(2, density);
      const short = argonModel(1.4, 'switched');
      const reduced = EPSILON / SIGMA ** 3;
      const volumes = async (pressure: number, seed: number) => {
        const chain = sample(structure, argonEngine(structure, short), {
          ensemble: 'npt',
          temperature: kelvin(t),
          pressure: pressure * reduced * EV_PER_A3_IN_GPA,
          cellMotion,
          seed,
          timestep: 15,
          burnIn: 300,
          trajectories: 2500,
        });
        await chain.run();
        expect(chain.moves.cellMovesAccepted / chain.moves.cellMovesTried).toBeGreaterThan(0.2);
        return chain.record.volume;
      };
      const expected = (-(high - low) * reduced) / (BOLTZMANN_EV_PER_K * kelvin(t));
      const check = ensembleCheck(await volumes(low, 3), await volumes(high, 4), expected);
      expect(check.error / Math.abs(expected)).toBeLessThan(0.2);
      expect(Math.abs(check.deviations)).toBeLessThan(3.5);
    },
  );

  it('moves all but the fixed atoms, and counts only those that move in the pressure', async () => {
    const fixed = new Uint8Array(32).fill(1, 0, 8);
    const engine = argonEngine(crystal, model);
    const chain = sample(crystal, engine, { temperature: 80, trajectories: 20, burnIn: 5 }, { fixed });
    await chain.run();
    const { positions, cell } = chain.system;
    expect(positions.subarray(0, 24)).toEqual(crystal.positions.subarray(0, 24));
    expect(positions[24]).not.toBe(crystal.positions[24]);
    engine.evaluate(positions, cell);
    const { virial } = engine.result;
    const kinetic = 3 * 24 * BOLTZMANN_EV_PER_K * 80;
    const trace = virial[0] + virial[4] + virial[8];
    const expected = ((kinetic + trace) / (3 * volume(cell))) * EV_PER_A3_IN_GPA;
    expect(chain.record.pressure.at(-1)).toBeCloseTo(expected, 10);
    expect(() => sample(crystal, engine, { ensemble: 'npt' }, { fixed })).toThrow('no fixed atoms');
  });

  it.each([{}, { refreshment: 0.5 }, { ensemble: 'npt' as const, pressure: 0.05 }])(
    'continues from a checkpoint bit for bit (%o)',
    async (extra) => {
      const input = { ...extra, temperature: 80, trajectories: 30, burnIn: 10, checkpointEvery: 5 };
      const engineModel = argonModel(1.4, 'switched');
      const make = () => sample(crystal, argonEngine(crystal, engineModel), input);
      const through = make();
      let saved: Uint8Array = new Uint8Array();
      await through.run((chain) => {
        if (chain.trajectory === 25) saved = chain.save();
      });
      const resumed = make();
      await resumed.restore(saved);
      await resumed.run();
      expect(resumed.record).toEqual(through.record);
      expect(resumed.save()).toEqual(through.save());
    },
  );
});

/** One particle in x: a double well of depth `barrier` at ±1 Å, tilted by `tilt` eV/Å; stiff in y and z. */
const doubleWell = (barrier: number, tilt: number) =>
  new FunctionEngine(1, (r, f) => {
    const [x, y, z] = r;
    f[0] = -4 * barrier * x * (x * x - 1) - tilt;
    f[1] = -4 * y;
    f[2] = -4 * z;
    return barrier * (x * x - 1) ** 2 + tilt * x + 2 * (y * y + z * z);
  });

/** ∫ over x > 0 divided by the whole, by the midpoint rule. */
function rightFraction(barrier: number, tilt: number, temperature: number): number {
  const weight = (x: number) =>
    Math.exp(-(barrier * (x * x - 1) ** 2 + tilt * x) / (BOLTZMANN_EV_PER_K * temperature));
  let [right, all] = [0, 0];
  for (let k = 0; k < 8000; k++) {
    const x = -4 + (k + 0.5) / 1000;
    all += weight(x);
    if (x > 0) right += weight(x);
  }
  return right / all;
}

describe('detailed balance and rare events', () => {
  it('crosses between any two bins as often forth as back', async () => {
    const chain = sample(cluster(1), doubleWell(0.04, 0.01), {
      trajectories: 30000,
      timestep: 12,
      leapfrogSteps: 4,
    });
    const edges = [-0.9, 0, 0.9];
    const bin = (x: number) => edges.filter((edge) => x > edge).length;
    const counts = new Float64Array(16);
    let last = NaN;
    const right: number[] = [];
    await chain.run(({ burningIn, system }) => {
      if (burningIn) return;
      const now = bin(system.positions[0]);
      right.push(now >= 2 ? 1 : 0);
      if (!Number.isNaN(last)) counts[4 * last + now]++;
      last = now;
    });
    for (let a = 0; a < 4; a++) {
      for (let b = a + 1; b < 4; b++) {
        const [forth, back] = [counts[4 * a + b], counts[4 * b + a]];
        if (forth + back < 50) continue;
        expect(Math.abs(forth - back) / Math.sqrt(forth + back), `${a}↔${b}`).toBeLessThan(3.5);
      }
    }
    const { value, error } = blockAverage(right);
    expect(error).toBeLessThan(0.02);
    expect(Math.abs(value - rightFraction(0.04, 0.01, 300)) / error).toBeLessThan(3.5);
  });

  it('crosses a barrier of 20 kT by replica exchange, and fills the wells rightly', async () => {
    const temperatures = [300, 500, 850, 1450, 2500, 4200];
    const build = (temperature: number, chain: number) =>
      sample(
        cluster(1, Float64Array.of(-1, 0, 0)),
        doubleWell(0.5, 0.01),
        { temperature, trajectories: 20000, timestep: 10, leapfrogSteps: 5 },
        { chain },
      );
    const exchange = new ReplicaExchange(temperatures.map(build), 5);
    let right = 0;
    let rounds = 0;
    await exchange.run(1, ({ chains }) => {
      if (chains[0].burningIn) return;
      rounds++;
      if (chains[0].system.positions[0] > 0) right++;
    });
    expect(Math.min(...exchange.accepted.map((a, k) => a / exchange.tried[k]))).toBeGreaterThan(0.3);
    expect(Math.abs(right / rounds - rightFraction(0.5, 0.01, 300))).toBeLessThan(0.06);
    const alone = build(300, 9);
    let crossed = false;
    await alone.run(({ system }) => {
      crossed ||= system.positions[0] > 0;
    }, 3000);
    expect(crossed).toBe(false);
  });

  it('exchanges species between sites with the Boltzmann ratio', async () => {
    // two sites 5 Å apart; silicon pays 0.03 eV on the second one, and springs keep atoms on sites
    const twoSites = new FunctionEngine(2, (r, f) => {
      f.fill(0);
      let energy = 0;
      for (let i = 0; i < 2; i++) {
        const second = r[3 * i] > 2.5;
        const centre = second ? 5 : 0;
        const d = [r[3 * i] - centre, r[3 * i + 1], r[3 * i + 2]];
        d.forEach((x, k) => {
          f[3 * i + k] = -4 * x;
          energy += 2 * x * x;
        });
        if (i === 0 && second) energy += 0.03;
      }
      return energy;
    });
    const pair = {
      ...cluster(2, Float64Array.of(0, 0, 0, 5, 0, 0)),
      symbols: ['Si', 'Ge'],
      kinds: Uint16Array.of(0, 1),
    };
    const chain = sample(pair, twoSites, { swaps: 1, trajectories: 6000, timestep: 8 });
    const second: number[] = [];
    await chain.run(({ burningIn, system }) => {
      if (!burningIn) second.push(system.positions[0] > 2.5 ? 1 : 0);
    });
    const fraction = blockAverage(second);
    const exact = 1 / (1 + Math.exp(0.03 * beta));
    expect(Math.abs(fraction.value - exact) / fraction.error).toBeLessThan(3.5);
    await expect(
      sample(cluster(2), new OscillatorEngine(new Float64Array(6).fill(1)), { swaps: 1 }).run(),
    ).rejects.toThrow('at least two species');
  });
});

describe('numbers behind the diagnostics', () => {
  it('computes erfc', () => {
    expect(erfc(0)).toBeCloseTo(1, 6);
    expect(erfc(0.5)).toBeCloseTo(0.4795001222, 6);
    expect(erfc(-1)).toBeCloseTo(1.8427007929, 6);
    expect(erfc(2)).toBeCloseTo(0.0046777349, 6);
  });

  it('sees chains that sit in different places', async () => {
    const left = sample(cluster(1, Float64Array.of(-1, 0, 0)), doubleWell(2, 0.3), {
      trajectories: 200,
      adapt: false,
      timestep: 5,
    });
    const right = sample(
      cluster(1, Float64Array.of(1, 0, 0)),
      doubleWell(2, 0.3),
      { trajectories: 200, adapt: false, timestep: 5 },
      { chain: 1 },
    );
    await left.run();
    await right.run();
    expect(diagnose([left.record, right.record], beta).splitRHat).toBeGreaterThan(1.5);
    const same = sample(
      cluster(1, Float64Array.of(-1, 0, 0)),
      doubleWell(2, 0.3),
      { trajectories: 200, adapt: false, timestep: 5 },
      { chain: 2 },
    );
    await same.run();
    expect(diagnose([left.record, same.record], beta).splitRHat).toBeLessThan(1.1);
  });

  it('refuses settings that cannot work, in words', () => {
    expect(() => completeHybridMonteCarloSettings({ ...base, temperature: -5 })).toThrow('above 0 K');
    expect(() => completeHybridMonteCarloSettings({ ...base, pressure: 1 })).toThrow('keeps the volume');
    expect(() => completeHybridMonteCarloSettings({ ...base, unadjusted: true, refreshment: 0.5 })).toThrow(
      'acceptance',
    );
    const open = cluster(1);
    expect(() => sample(open, doubleWell(1, 0), { ensemble: 'npt' })).toThrow('periodic in all three');
    expect(() => sample(open, doubleWell(1, 0), { fidelity: 'respa' })).toThrow('second potential');
  });
});
