/** Thermostats on a part of the atoms and beside fixed ones: equipartition finds wrong degrees of freedom. */
import { describe, expect, it } from 'vitest';
import { blockAverage } from '../../../src-compute/sampling/averages.ts';
import { MolecularDynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import {
  completeMolecularDynamicsSettings,
  type Ensemble,
  type MolecularDynamicsInput,
} from '../../../src-compute/sampling/settings.ts';
import { kineticEnergy } from '../../../src-compute/sampling/system.ts';
import { BOLTZMANN_EV_PER_K } from '../../../src-compute/units.ts';
import { argonCrystal, argonEngine, argonModel } from '../../support/liquids.ts';

const crystal = argonCrystal(2, 0.95);
const model = argonModel(1.6, 'switched');
const TEMPERATURE = 60;
const mask = (from: number, to: number) => new Uint8Array(32).fill(1, from, to);
const fixed = mask(0, 8);
const group = mask(8, 18);
const rest = mask(18, 32);

interface Groups {
  readonly fixed?: Uint8Array;
  readonly thermostatted?: Uint8Array;
}

function start(input: Partial<MolecularDynamicsInput>, groups: Groups): MolecularDynamics {
  const settings = completeMolecularDynamicsSettings({
    ensemble: 'nve',
    temperature: TEMPERATURE,
    timestep: 8,
    steps: 40_000,
    seed: 4,
    ...input,
  });
  return new MolecularDynamics(crystal, argonEngine(crystal, model), settings, groups);
}

const thermostats: [Ensemble, Partial<MolecularDynamicsInput>][] = [
  ['nvt-langevin', { friction: 0.01 }],
  ['nvt-bussi', { relaxation: 100 }],
  ['nvt-nose-hoover', { relaxation: 150, chainLength: 4 }],
];
const kT = BOLTZMANN_EV_PER_K * TEMPERATURE;

/** ⟨2K⟩/(3 n kT) of some atoms with its error, and the variance of K over ½ · 3n (kT)². */
function equipartition(kinetic: number[], atoms: number) {
  const { value, error } = blockAverage(kinetic);
  const freedom = 3 * atoms;
  const spread = blockAverage(kinetic.map((k) => (k - value) ** 2));
  const scale = 2 / (freedom * kT);
  return {
    mean: value * scale,
    error: error * scale,
    variance: spread.value / (0.5 * freedom * kT * kT),
    varianceError: spread.error / (0.5 * freedom * kT * kT),
  };
}

describe.each(thermostats)('%s', (ensemble, input) => {
  it.each<[string, Groups, [string, Uint8Array, number][]]>([
    ['beside fixed atoms', { fixed }, [['the free atoms', mask(8, 32), 24]]],
    [
      'on a group, with fixed and free atoms around it',
      { fixed, thermostatted: group },
      [
        ['the group', group, 10],
        ['the others', rest, 14],
      ],
    ],
    [
      'on a group in a crystal that is free to drift',
      { thermostatted: group },
      [
        ['the group', group, 10],
        ['the others', rest, 14],
      ],
    ],
  ])('%s: every atom has kT/2 per direction, and K its canonical variance', async (_name, groups, parts) => {
    const simulation = start({ ...input, ensemble }, groups);
    const samples = parts.map(() => [] as number[]);
    await simulation.run(({ step, system }) => {
      if (step > 2000 && step % 5 === 0)
        parts.forEach(([, atoms], k) => samples[k].push(kineticEnergy(system, atoms)));
    });
    parts.forEach(([name, , count], k) => {
      const { mean, error, variance, varianceError } = equipartition(samples[k], count);
      // three degrees of freedom of the thermostat too many or too few would shift it by 3/72 or 3/30
      expect(error, name).toBeLessThan(count === 24 ? 0.01 : 0.018);
      expect(Math.abs(mean - 1) / error, `${name}: mean ${mean}`).toBeLessThan(3.5);
      expect(Math.abs(variance - 1) / varianceError, `${name}: variance ${variance}`).toBeLessThan(4);
    });
  });

  it('has a conserved quantity on a group, and goes on from a checkpoint bit for bit', async () => {
    const spread = async (timestep: number, steps: number) => {
      const simulation = start({ ...input, ensemble, timestep, steps }, { fixed, thermostatted: group });
      await simulation.initialise();
      const first = simulation.thermodynamics.conserved;
      let largest = 0;
      await simulation.run(({ thermodynamics }) => {
        largest = Math.max(largest, Math.abs(thermodynamics.conserved - first));
      });
      return largest;
    };
    expect((await spread(16, 100)) / (await spread(4, 400))).toBeGreaterThan(8);
    const settings = { ...input, ensemble, steps: 40, checkpointEvery: 20 };
    let saved: Uint8Array = new Uint8Array();
    const through = start(settings, { fixed, thermostatted: group });
    await through.run((simulation) => {
      if (simulation.step === 20) saved = simulation.save();
    });
    const resumed = start(settings, { fixed, thermostatted: group });
    resumed.restore(saved);
    await resumed.run();
    expect(resumed.save()).toEqual(through.save());
  });
});

describe('groups that cannot be kept at a temperature', () => {
  it('are refused in words', () => {
    expect(() => start({}, { thermostatted: group })).toThrow('nve has no thermostat that acts on a part');
    expect(() => start({ ensemble: 'npt', pressure: 0 }, { thermostatted: group })).toThrow('npt has no');
    expect(() => start({ ensemble: 'nvt-bussi' }, { fixed, thermostatted: fixed })).toThrow(
      'None of the thermostatted atoms can move',
    );
    expect(() => start({ ensemble: 'nvt-bussi', removeMomentum: true }, { thermostatted: group })).toThrow(
      'centre of mass cannot be held at rest while a part',
    );
    expect(() => start({ ensemble: 'npt', pressure: 0 }, { fixed })).toThrow(
      'cannot move the cell around fixed atoms',
    );
    expect(() => start({ temperature: { start: 10, end: 20 } }, {})).toThrow(
      'no thermostat that could follow',
    );
  });

  it('are everything when they hold every atom that can move', () => {
    const all = start({ ensemble: 'nvt-bussi' }, { thermostatted: mask(0, 32) });
    expect(all.system.momentumRemoved).toBe(true);
    expect(all.system.degreesOfFreedom).toBe(93);
  });
});
