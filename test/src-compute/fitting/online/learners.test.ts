import { beforeAll, describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../../src-compute/backends/index.ts';
import { FitError } from '../../../../src-compute/errors.ts';
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
  DecoupledLearner,
  frameOf,
  LinearLearner,
  requireSameAtoms,
  type LabelledFrame,
  type OnlineLearnerInput,
  type TensorLearner,
} from '../../../../src-compute/fitting/online/index.ts';
import { evaluateTensorRegression } from '../../../../src-compute/potentials/tensor-regression/index.ts';
import { MolecularDynamics } from '../../../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import {
  moleculeTrajectory,
  siliconCrystal,
  siliconTrajectory,
  twoKindsTrajectory,
  type Trajectory,
} from '../../../support/trajectories.ts';

const small: OnlineLearnerInput = { radial: 4, angular: 2, cutoff: 4 };
const MODES: readonly (readonly [string, OnlineLearnerInput])[] = [
  ['shared', small],
  ['joint', { ...small, mode: 'per-atom', scheme: 'joint', autoregressiveOrder: 1 }],
  ['decoupled', { ...small, mode: 'per-atom', scheme: 'decoupled', autoregressiveOrder: 2 }],
];

let silicon: Trajectory;
let twoKinds: Trajectory;
beforeAll(async () => {
  silicon = await siliconTrajectory(1, { steps: 260, seed: 4 });
  twoKinds = await twoKindsTrajectory(1, { steps: 800, equilibration: 600, seed: 2 });
});

const start = (structure: Configuration, input: OnlineLearnerInput): TensorLearner =>
  createOnlineLearner(structure, completeOnlineLearnerSettings(input));

/** As a run does it: predicts, learns, solves every ten frames. */
function learn(
  learner: TensorLearner,
  frames: readonly LabelledFrame[],
  first = 0,
  solveEvery = 10,
): TensorLearner {
  frames.forEach((frame, k) => {
    if (learner.ready) learner.predict(frame.positions, frame.cell, (first + k) % 3 === 0);
    learner.add(frame);
    if ((first + k + 1) % solveEvery === 0) learner.solve();
  });
  return learner;
}

/** Whether two states are the same to the last bit. */
function expectSameState(one: Uint8Array, other: Uint8Array): void {
  expect(Buffer.compare(one, other)).toBe(0);
}

/** Mean absolute errors on frames: energy in eV/atom, forces in eV/Å. */
function errors(learner: TensorLearner, frames: readonly LabelledFrame[]): { energy: number; force: number } {
  let [energy, force] = [0, 0];
  for (const frame of frames) {
    const { evaluation } = learner.predict(frame.positions, frame.cell, false);
    const n = frame.forces.length / 3;
    energy += Math.abs(evaluation.energy - frame.energy) / n / frames.length;
    evaluation.forces.forEach(
      (f, k) => (force += Math.abs(f - frame.forces[k]) / frame.forces.length / frames.length),
    );
  }
  return { energy, force };
}

describe.each(MODES)('the %s learner', (name, input) => {
  it('learns silicon below 1 meV/atom and 30 meV/Å', () => {
    const learner = learn(start(silicon.structure, input), silicon.frames.slice(0, 200));
    const { energy, force } = errors(learner, silicon.frames.slice(210));
    expect(energy).toBeLessThan(1e-3);
    expect(force).toBeLessThan(0.03);
  });

  it('continues elsewhere bit for bit', () => {
    const frames = silicon.frames.slice(0, 90);
    const whole = learn(start(silicon.structure, input), frames);
    for (const cut of [4, 25, 75]) {
      const first = learn(start(silicon.structure, input), frames.slice(0, cut));
      // the cut may fall between a prediction and its reference
      if (first.ready) first.predict(frames[cut].positions, frames[cut].cell, true);
      const second = start(silicon.structure, input);
      second.restore(first.save());
      if (first.ready) {
        expect(second.frames).toBe(cut);
        const one = first.predict(frames[80].positions, frames[80].cell, true);
        const other = second.predict(frames[80].positions, frames[80].cell, true);
        expect([...other.evaluation.forces]).toEqual([...one.evaluation.forces]);
        expect([...other.forceUncertainty]).toEqual([...one.forceUncertainty]);
        second.restore(first.save());
      }
      const third = start(silicon.structure, input);
      third.restore(learn(start(silicon.structure, input), frames.slice(0, cut)).save());
      learn(third, frames.slice(cut), cut);
      expectSameState(third.save(), whole.save());
    }
  });

  it('gives a potential with the same energy and forces', () => {
    const learner = learn(
      start(silicon.structure, { ...input, autoregressiveOrder: 0 }),
      silicon.frames.slice(0, 100),
    );
    const { positions, cell } = silicon.frames[150];
    const { evaluation } = learner.predict(positions, cell, false);
    const model = evaluateTensorRegression(learner.model(), { ...silicon.structure, positions, cell });
    expect(model.energy).toBeCloseTo(evaluation.energy, 8);
    // with and without uncertainties different code predicts
    const slow = learner.predict(positions.slice(), cell, true).evaluation;
    expect(slow.energy).toBeCloseTo(model.energy, 8);
    slow.forces.forEach((f, k) => expect(f).toBeCloseTo(model.forces[k], 8));
    slow.virial.forEach((w, k) => expect(w).toBeCloseTo(model.virial[k], 7));
    learner.predict(positions, cell, false);
    model.forces.forEach((f, k) => expect(f).toBeCloseTo(evaluation.forces[k], 8));
    // frozen forces are the energy's exact gradient
    for (const k of [0, 7, 20]) {
      const energy = (h: number) => {
        const moved = positions.slice();
        moved[k] += h;
        return learner.predict(moved, cell, false).evaluation.energy;
      };
      expect(-(energy(1e-4) - energy(-1e-4)) / 2e-4).toBeCloseTo(model.forces[k], 5);
    }
  });

  it('solves with one frame, with a ridge of zero, and with more coefficients than data', () => {
    for (const ridge of [0, 1e-8]) {
      const learner = start(silicon.structure, { ...input, ridge, rank: 3 });
      learner.add(silicon.frames[0]);
      const update = learner.solve();
      expect(update.frames).toBe(1);
      expect(update.ridge).toBeGreaterThanOrEqual(ridge);
      const { evaluation, forceUncertainty } = learner.predict(
        silicon.frames[1].positions,
        silicon.frames[1].cell,
        true,
      );
      expect(Number.isFinite(evaluation.energy)).toBe(true);
      expect(forceUncertainty.every((s) => Number.isFinite(s) && s >= 0)).toBe(true);
    }
  });

  it('refuses impossible frames and keeps what it knows', () => {
    const learner = learn(start(silicon.structure, input), silicon.frames.slice(0, 80));
    const before = learner.save();
    const frame = silicon.frames[81];
    const broken: [Partial<LabelledFrame>, RegExp][] = [
      [{ energy: NaN }, /energy that is not a finite number/],
      [{ forces: frame.forces.map((f, k) => (k === 5 ? Infinity : f)) }, /force that is not a finite number/],
      [{ virial: new Float64Array(9).fill(NaN) }, /virial that is not a finite number/],
      [{ positions: frame.positions.map((x, k) => (k === 2 ? NaN : x)) }, /position .* not a finite number/],
      [
        { positions: frame.positions.subarray(3), forces: frame.forces.subarray(3) },
        /8 atoms, and the frame has 7/,
      ],
      [{ forces: frame.forces.subarray(3) }, /Forces on 8 atoms/],
      [{ cell: new Float64Array(9) }, /volume|cell/],
    ];
    for (const [part, sentence] of broken) {
      expect(() => learner.add({ ...frame, ...part })).toThrow(sentence);
      expectSameState(learner.save(), before);
    }
    learner.add(frame);
    expect(learner.frames).toBe(82 - 1);
  });

  it('refuses frames without volume while the first ones wait', () => {
    const learner = start(silicon.structure, input);
    learner.add(silicon.frames[0]);
    expect(() => learner.add({ ...silicon.frames[1], cell: new Float64Array(9) })).toThrow(/volume|cell/);
    learner.add(silicon.frames[2]);
    expect(learner.solve().frames).toBe(2);
  });

  it('refuses damaged states and states of other atoms or settings', () => {
    const learner = learn(start(silicon.structure, input), silicon.frames.slice(0, 30));
    const saved = learner.save();
    const flipped = saved.slice();
    flipped[Math.floor(saved.length / 2)] ^= 1;
    expect(() => learner.restore(flipped)).toThrow(/checksum/);
    expect(() => learner.restore(saved.subarray(0, 1000))).toThrow(/checksum/);
    expect(() => learner.restore(new Uint8Array(5))).toThrow(/not written by a learner/);
    expect(() => start(silicon.structure, { ...input, cutoff: 4.5 }).restore(saved)).toThrow(
      /other settings/,
    );
    const swapped: Configuration = {
      ...silicon.structure,
      symbols: ['Si', 'Ge'],
      kinds: silicon.structure.kinds.map((_, i) => (i === 3 ? 1 : 0)),
    };
    expect(() => start(swapped, input).restore(saved)).toThrow(
      /Si as atom 4, and the structure has Ge there/,
    );
    const other = start(silicon.structure, name === 'decoupled' ? MODES[0][1] : MODES[2][1]);
    expect(() => other.restore(saved)).toThrow(FitError);
    expectSameState(learner.save(), saved);
  });

  it('says that it has no solution, or nothing to solve', () => {
    const learner = start(silicon.structure, input);
    expect(learner.ready).toBe(false);
    expect(() => learner.solve()).toThrow(/nothing to solve/);
    expect(() => learner.model()).toThrow(/no solution/);
    const { positions, cell } = silicon.frames[0];
    expect(() => learner.predict(positions, cell, false)).toThrow(/no solution/);
  });
});

describe.each(MODES.slice(0, 2))('merging, %s', (_, input) => {
  it('equals learning everything in one place, whatever the order and the standardisation', () => {
    const [a, b] = [silicon.frames.slice(0, 60), silicon.frames.slice(120, 180)];
    const settings = { ...input, ridge: 1e-7, autoregressiveOrder: 0 };
    const first = learn(start(silicon.structure, settings), a);
    // its first frames, and with them its standardisation and its energy shift, are others
    const second = learn(start(silicon.structure, settings), b);
    const together = learn(start(silicon.structure, settings), [...a, ...b]);
    first.merge(second.save());
    expect(first.frames).toBe(120);
    first.solve();
    together.solve();
    for (const { positions, cell } of [silicon.frames[90], silicon.frames[220]]) {
      const one = first.predict(positions, cell, false).evaluation;
      const other = together.predict(positions, cell, false).evaluation;
      expect(one.energy).toBeCloseTo(other.energy, 6);
      one.forces.forEach((f, k) => expect(f).toBeCloseTo(other.forces[k], 5));
    }
  });

  it('takes frames that wait, and into a learner that has none', () => {
    const few = start(silicon.structure, input);
    for (const frame of silicon.frames.slice(0, 5)) few.add(frame);
    const many = learn(start(silicon.structure, input), silicon.frames.slice(20, 60));
    const saved = many.save();
    many.merge(few.save());
    few.merge(saved);
    expect(many.frames).toBe(45);
    expect(few.frames).toBe(45);
    many.solve();
    few.solve();
    const { positions, cell } = silicon.frames[100];
    const [one, other] = [many, few].map((l) => l.predict(positions, cell, false).evaluation.forces.slice());
    one.forEach((f, k) => expect(f).toBeCloseTo(other[k], 7));
  });
});

describe('heads per atom', () => {
  it('tell atoms apart that elements do not: joint, then decoupled, then shared', () => {
    const [train, test] = [twoKinds.frames.slice(0, 400), twoKinds.frames.slice(450)];
    const settings: OnlineLearnerInput = { cutoff: 4.5 };
    const error = (input: OnlineLearnerInput, solveEvery = 10) =>
      errors(learn(start(twoKinds.structure, { ...settings, ...input }), train, 0, solveEvery), test).force;
    const shared = error({});
    const decoupled = error({ mode: 'per-atom', scheme: 'decoupled' });
    const joint = error({ mode: 'per-atom', scheme: 'joint', radial: 5, angular: 3 }, 400);
    expect(joint).toBeLessThan(0.5 * shared);
    expect(decoupled).toBeLessThan(0.8 * shared);
  });

  it('give the same forces joint and decoupled where one model fits all', () => {
    const train = silicon.frames.slice(0, 200);
    const joint = learn(start(silicon.structure, MODES[1][1]), train);
    const decoupled = learn(start(silicon.structure, { ...MODES[2][1], autoregressiveOrder: 0 }), train);
    let [difference, size] = [0, 0];
    for (const { positions, cell } of silicon.frames.slice(210)) {
      const one = joint.predict(positions, cell, false).evaluation.forces.slice();
      const other = decoupled.predict(positions, cell, false).evaluation.forces;
      one.forEach((f, k) => (difference += (f - other[k]) ** 2));
      one.forEach((f) => (size += f * f));
    }
    expect(Math.sqrt(difference / size)).toBeLessThan(0.06);
  });

  it('refuse joint systems that are too large', () => {
    const structure = silicon.structure;
    expect(() => start(structure, { mode: 'per-atom', scheme: 'joint', rank: 3, radial: 14 })).toThrow(
      /coefficients together .* is too much/,
    );
  });

  it('merge decoupled states by what each has seen', () => {
    const input = { ...MODES[2][1], autoregressiveOrder: 0 };
    const [a, b] = [twoKinds.frames.slice(0, 200), twoKinds.frames.slice(400, 600)];
    const first = learn(start(twoKinds.structure, input), a);
    const second = learn(start(twoKinds.structure, input), b);
    const test = twoKinds.frames.slice(700);
    const alone = [errors(first, test).force, errors(second, test).force];
    first.merge(second.save());
    first.solve();
    expect(first.frames).toBe(400);
    const merged = errors(first, test);
    expect(merged.force).toBeLessThan(Math.max(...alone));
    expect(merged.energy).toBeLessThan(2e-3);
  });
});

describe('a molecule in free space', () => {
  it('is learned to 0.1 meV/atom and 5 meV/Å by heads per atom, together or apart', async () => {
    const { structure, frames } = await moleculeTrajectory({
      steps: 500,
      timestep: 0.5,
      equilibration: 1000,
    });
    const input: OnlineLearnerInput = {
      mode: 'per-atom',
      radial: 4,
      angular: 2,
      cutoff: 3,
      minimumDistance: 0.8,
    };
    for (const scheme of ['joint', 'decoupled'] as const) {
      const learner = learn(start(structure, { ...input, scheme }), frames.slice(0, 200), 0, 50);
      const { energy, force } = errors(learner, frames.slice(220));
      expect(energy).toBeLessThan(1e-4);
      expect(force).toBeLessThan(5e-3);
    }
  });
});

describe('the automatic scheme', () => {
  it('solves small systems together and large ones apart', async () => {
    const input: OnlineLearnerInput = { mode: 'per-atom' };
    expect(start(silicon.structure, input)).toBeInstanceOf(LinearLearner);
    expect(start(siliconCrystal(2), input)).toBeInstanceOf(DecoupledLearner);
    expect(start(siliconCrystal(2), {})).toBeInstanceOf(LinearLearner);
    expect(start(silicon.structure, { ...input, scheme: 'decoupled' })).toBeInstanceOf(DecoupledLearner);
  });
});

describe('the autoregressive residual of a learner', () => {
  it.each([
    ['shared', {}],
    ['per-atom', { mode: 'per-atom', scheme: 'decoupled' }],
  ] as const)('makes the next step better, and later steps while the reference is away (%s)', (_, mode) => {
    const error = (autoregressiveOrder: number, away: number) => {
      const input = { ...mode, cutoff: 4.5, autoregressiveOrder };
      const learner = learn(start(twoKinds.structure, input), twoKinds.frames.slice(0, 120));
      let sum = 0;
      for (const [t, frame] of twoKinds.frames.slice(120, 220).entries()) {
        const { evaluation } = learner.predict(frame.positions, frame.cell, false);
        evaluation.forces.forEach((f, k) => (sum += Math.abs(f - frame.forces[k])));
        if (t % away === 0) learner.add(frame);
      }
      return sum;
    };
    expect(error(2, 1)).toBeLessThan(0.4 * error(0, 1));
    expect(error(2, 5)).toBeLessThan(0.8 * error(0, 5));
  });
});

describe('forgetting', () => {
  it.each([
    ['shared', small],
    ['decoupled', { ...small, mode: 'per-atom', scheme: 'decoupled' }],
  ] as const)('follows a reference that changes (%s)', (_, input) => {
    const changed = silicon.frames.map((frame) => ({ ...frame, forces: frame.forces.map((f) => 1.2 * f) }));
    const frames = [...silicon.frames.slice(0, 130), ...changed.slice(130, 230)];
    const force = (forgetting: number) =>
      errors(learn(start(silicon.structure, { ...input, forgetting }), frames), changed.slice(235)).force;
    expect(force(0.9)).toBeLessThan(0.7 * force(1));
  });
});

describe('the ridge', () => {
  it('can be chosen by evidence', () => {
    const learner = learn(
      start(silicon.structure, { ...small, ridge: 'evidence' }),
      silicon.frames.slice(0, 100),
    );
    const { ridge } = learner.solve();
    expect(ridge).toBeGreaterThan(0);
    expect(ridge).toBeLessThan(1e-3);
    expect(errors(learner, silicon.frames.slice(120, 160)).force).toBeLessThan(0.03);
  });
});

describe('a frozen model', () => {
  it('conserves the energy of a simulation', async () => {
    const input = { ...small, mode: 'per-atom', scheme: 'decoupled' } as const;
    const learner = learn(start(silicon.structure, input), silicon.frames.slice(0, 120));
    const engine = createForceEngine(learner.model(), atomsOf(silicon.structure));
    const simulation = new MolecularDynamics(
      { ...silicon.structure, positions: silicon.frames[120].positions },
      engine,
      completeMolecularDynamicsSettings({
        ensemble: 'nve',
        temperature: 150,
        timestep: 0.5,
        steps: 300,
        seed: 1,
      }),
    );
    const conserved: number[] = [];
    const kinetic: number[] = [];
    await simulation.run(({ thermodynamics }) => {
      conserved.push(thermodynamics.conserved);
      kinetic.push(thermodynamics.kinetic);
    });
    engine.dispose();
    const spread = (values: number[]) => Math.max(...values) - Math.min(...values);
    expect(spread(kinetic)).toBeGreaterThan(0.05);
    expect(spread(conserved)).toBeLessThan(0.01 * spread(kinetic));
  });
});

describe('uncertainty', () => {
  it('is about as large as the errors, and larger for what is unlike anything learned', () => {
    const learner = start(silicon.structure, { cutoff: 4.5 });
    learn(learner, silicon.frames.slice(0, 150));
    let [found, expected] = [0, 0];
    for (const { positions, cell, forces } of silicon.frames.slice(170)) {
      const { evaluation, forceUncertainty } = learner.predict(positions, cell, true);
      forces.forEach((f, k) => (found += (evaluation.forces[k] - f) ** 2 / forces.length));
      forceUncertainty.forEach((s) => (expected += s ** 2 / forceUncertainty.length));
    }
    expect(expected / found).toBeGreaterThan(0.1);
    expect(expected / found).toBeLessThan(10);
    const { positions, cell } = silicon.frames[170];
    const usual = learner.predict(positions, cell, true);
    const [force, energy] = [Math.max(...usual.forceUncertainty), usual.energyUncertainty];
    const odd = positions.slice();
    for (let axis = 0; axis < 3; axis++) odd[axis] += 0.4;
    const { forceUncertainty, energyUncertainty } = learner.predict(odd, cell, true);
    expect(Math.max(...forceUncertainty)).toBeGreaterThan(3 * force);
    expect(energyUncertainty).toBeGreaterThan(2 * energy);
    expect(learner.predict(positions, cell, false).energyUncertainty).toBeNaN();
  });
});

describe('frames', () => {
  it('are taken from labelled configurations of the same atoms', () => {
    const { structure } = silicon;
    const frame = silicon.frames[0];
    const labelled: Configuration = { ...structure, ...frame };
    expect(frameOf(structure, labelled).energy).toBe(frame.energy);
    expect(() => frameOf(structure, { ...labelled, energy: undefined })).toThrow(/lacks its energy/);
    expect(() => frameOf(structure, { ...labelled, forces: undefined })).toThrow(/lacks its forces/);
    const renamed = { ...labelled, symbols: ['Ge'] };
    expect(() => frameOf(structure, renamed)).toThrow(/Si as atom 1, and the frame has Ge/);
    const fewer = { ...labelled, kinds: structure.kinds.subarray(1) };
    expect(() => requireSameAtoms(structure, fewer)).toThrow(/8 atoms, and the frame has 7/);
  });

  it('need settings that make sense', () => {
    expect(() => completeOnlineLearnerSettings({ forgetting: 0 })).toThrow(/setting forgetting/);
    expect(() => completeOnlineLearnerSettings({ cutoff: 1, minimumDistance: 2 })).toThrow(/cutoff/);
    expect(completeOnlineLearnerSettings({}).rank).toBe(2);
  });
});
