/** Who computes, when the model takes over and hands back, and what is kept: with a real learner and a real reference. */
import { describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { RadialDistribution } from '../../../../src-compute/analysis/radial-distribution.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/model.ts';
import { MolecularDynamics } from '../../../../src-compute/sampling/molecular-dynamics.ts';
import { OnTheFlyEngine, type StepRecord } from '../../../../src-compute/sampling/on-the-fly/engine.ts';
import { PairHistogram } from '../../../../src-compute/sampling/on-the-fly/pair-histogram.ts';
import { OnTheFlyPolicy } from '../../../../src-compute/sampling/on-the-fly/policy.ts';
import { onTheFlySchema, type OnTheFlyInput } from '../../../../src-compute/sampling/on-the-fly/settings.ts';
import { completeMolecularDynamicsSettings } from '../../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { PairLearner } from '../../../support/pair-learner.ts';

const solid = supercell(lattice('fcc', ['Ar'], 5.3), [2, 2, 2]);
const argon = lennardJonesModel('Ar', 0.0104, 3.4, 7, 'switched');
const silicon = supercell(lattice('diamond', ['Si'], 5.43), [1, 1, 1]);

function open(structure: Configuration, model: PotentialModelBase, input: OnTheFlyInput, cutoff: number) {
  let calls = 0;
  const engine = new OnTheFlyEngine(
    structure,
    (positions, cell) => {
      calls++;
      const { energy, forces, virial, atomEnergies } = evaluateReference(model, {
        ...structure,
        positions,
        cell,
      });
      return Promise.resolve({ energy, forces, virial, atomEnergies, seconds: 1e-3 });
    },
    new PairLearner(structure, cutoff),
    onTheFlySchema.parse(input),
  );
  return { engine, calls: () => calls };
}

async function run(engine: OnTheFlyEngine, structure: Configuration, steps: number, temperature = 20) {
  const settings = { ensemble: 'nve', temperature, timestep: 5, steps, seed: 3 } as const;
  const simulation = new MolecularDynamics(structure, engine, completeMolecularDynamicsSettings(settings));
  const records: StepRecord[] = [];
  const push = () => engine.record && records.push(engine.record);
  await simulation.initialise();
  push();
  await simulation.run(() => void push());
  return { simulation, records };
}

describe('an on-the-fly simulation', () => {
  it('takes over after learning, calls on schedule, and keeps the energy', async () => {
    const { engine, calls } = open(
      solid,
      argon,
      { learnSteps: 40, updateEvery: 5, checkEvery: 20, tolerance: 0.005 },
      7,
    );
    const { simulation, records } = await run(engine, solid, 200);
    // evaluations 0 … 39 are the reference's, then every 20th
    expect(records.slice(0, 40).every((one) => one.reason === 'learning')).toBe(true);
    const checks = records.slice(40).filter((one) => one.source === 'reference');
    expect(checks.map((one) => one.step)).toEqual([59, 79, 99, 119, 139, 159, 179, 199]);
    expect(checks.every((one) => one.reason === 'check' && one.update && one.comparison)).toBe(true);
    expect(calls()).toBe(48);
    expect(engine.totals).toMatchObject({
      referenceCalls: 48,
      modelSteps: 153,
      tookOverAt: 40,
      handedBack: 0,
    });
    // solutions while learning came after every fifth frame
    const solved = records.slice(0, 40).filter((one) => one.update);
    expect(solved.map((one) => one.step)).toEqual([4, 9, 14, 19, 24, 29, 34, 39]);
    for (const { comparison } of checks) expect(comparison?.forceRmse).toBeLessThan(0.005);
    expect(Math.abs(simulation.summary.drift)).toBeLessThan(1);
  });

  it('hands back to the reference when a check is beyond the tolerance, and learns at every step until it is good', async () => {
    // the pair learner cannot describe Stillinger–Weber better than so
    const { engine } = open(
      silicon,
      stillingerWeberSilicon(),
      { learnSteps: 20, updateEvery: 5, checkEvery: 10, tolerance: 0.035, window: 3, atomTolerance: 100 },
      5,
    );
    const { records } = await run(engine, silicon, 250, 300);
    expect(engine.totals.handedBack).toBeGreaterThan(0);
    const failed = records.findIndex(
      (one) => one.reason === 'check' && (one.comparison?.forceRmse ?? 0) > 0.035,
    );
    expect(failed).toBeGreaterThan(0);
    expect(records[failed + 1].reason).toBe('relearning');
    expect(records[failed + 1].update).toBeDefined();
    const back = records.findIndex((one, k) => k > failed && one.source === 'model');
    if (back > 0)
      expect(records.slice(failed + 1, back).every((one) => one.reason === 'relearning')).toBe(true);
    for (const { source, reason } of records) expect(source === 'model').toBe(reason === 'model');
  });

  it('calls the reference between checks when the model is uncertain', async () => {
    const wide = { learnSteps: 20, updateEvery: 5, checkEvery: 1000, tolerance: 10 };
    const sure = open(silicon, stillingerWeberSilicon(), { ...wide, atomTolerance: 100 }, 5);
    await run(sure.engine, silicon, 60, 300);
    expect(sure.engine.totals).toMatchObject({ uncertain: 0, referenceCalls: 20 });
    const unsure = open(silicon, stillingerWeberSilicon(), { ...wide, atomTolerance: 1e-3 }, 5);
    const { records } = await run(unsure.engine, silicon, 60, 300);
    expect(unsure.engine.totals.uncertain).toBe(41);
    expect(records.at(-1)).toMatchObject({ reason: 'uncertain', source: 'reference' });
  });

  it('answers the same positions from what it knows', async () => {
    const { engine, calls } = open(solid, argon, { learnSteps: 10 }, 7);
    await engine.compute(solid.positions, solid.cell);
    await engine.compute(solid.positions.slice(), solid.cell.slice());
    expect(calls()).toBe(1);
    const moved = solid.positions.map((x) => x + 1e-9);
    await engine.compute(moved, solid.cell);
    expect(calls()).toBe(2);
  });
});

describe('the policy', () => {
  const settings = onTheFlySchema.parse({
    learnSteps: 10,
    updateEvery: 2,
    checkEvery: 4,
    tolerance: 0.1,
    window: 2,
  });
  const comparison = (forceRmse: number, sigma = 0.01) => ({
    step: 0,
    forceRmse,
    forceMae: forceRmse,
    energyError: 0,
    sigma,
  });

  it('scales the deviations so that they explain the errors, and forgets old comparisons', () => {
    const policy = new OnTheFlyPolicy(settings);
    expect(policy.calibration).toBe(1);
    policy.compared(comparison(0.5));
    policy.compared(comparison(0.03));
    policy.compared(comparison(0.04));
    expect(policy.error).toBeCloseTo(Math.sqrt((0.03 ** 2 + 0.04 ** 2) / 2), 12);
    expect(policy.calibration).toBeCloseTo(policy.error / 0.01, 12);
  });

  it('counts a comparison that is no number as beyond the tolerance', () => {
    const policy = new OnTheFlyPolicy(settings);
    policy.phase = 'model';
    policy.compared(comparison(NaN));
    expect(policy.phase).toBe('relearning');
  });

  it('does not take over before it has learned, compared and solved', () => {
    const policy = new OnTheFlyPolicy(settings);
    for (let step = 0; step < 10; step++) policy.referenceComputed(step);
    expect(policy.takeOver(true)).toBe(false);
    policy.compared(comparison(0.05));
    policy.compared(comparison(0.05));
    expect(policy.takeOver(false)).toBe(false);
    expect(policy.takeOver(true)).toBe(true);
    expect(policy.decide(12, 0)).toBe('model');
    expect(policy.decide(12, 0.31)).toBe('uncertain');
    expect(policy.decide(13, 0)).toBe('check');
  });

  it('is the same after being saved', () => {
    const policy = new OnTheFlyPolicy(settings);
    policy.referenceComputed(7);
    policy.compared(comparison(0.02, 0.5));
    const other = new OnTheFlyPolicy(settings);
    other.restore(policy.save());
    expect([other.error, other.calibration, other.lastReference, other.sinceUpdate, other.learned]).toEqual([
      policy.error,
      policy.calibration,
      7,
      1,
      1,
    ]);
  });
});

describe('distances of pairs', () => {
  it('give the g(r) of the analysis', () => {
    const shaken = { ...solid, positions: solid.positions.map((x, k) => x + 0.2 * Math.sin(5 * k)) };
    const histogram = new PairHistogram(8, solid.periodic);
    const expected = new RadialDistribution({ cutoff: 8, bins: 120 });
    for (const one of [solid, shaken]) {
      histogram.add(one);
      expected.add(one);
    }
    const { values, distances, frames } = histogram.result;
    expect(frames).toBe(2);
    expect(Array.from(distances)).toEqual(Array.from(expected.result.distances));
    expected.result.pairs[0].g.forEach((g, k) => expect(values[k]).toBeCloseTo(g, 9));
    const again = new PairHistogram(8, solid.periodic);
    again.restore(histogram.save());
    expect(again.result).toEqual(histogram.result);
  });

  it('are a density for a molecule', () => {
    const molecule = { ...solid, periodic: [false, false, false] as const, cell: new Float64Array(9) };
    const histogram = new PairHistogram(50, molecule.periodic);
    histogram.add(molecule);
    const { kind, values } = histogram.result;
    expect(kind).toBe('density');
    expect((values.reduce((sum, x) => sum + x, 0) * 50) / 120).toBeCloseTo(1, 12);
  });
});
