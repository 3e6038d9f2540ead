/**
 * What learning while a simulation runs costs: processor time of an update (a frame added, and a solve every ten
 * frames) for silicon at 300 K, by mode and size; how it grows with atoms and with frames.
 * Run by hand: node test/benchmarks/online-update.ts
 */
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
  type LabelledFrame,
  type OnlineLearnerInput,
  type TensorLearner,
} from '../../src-compute/fitting/online/index.ts';
import { siliconTrajectory, type Trajectory } from '../support/trajectories.ts';

const SOLVE_EVERY = 10;

/** Processor time, ms. */
function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function learn(learner: TensorLearner, frames: readonly LabelledFrame[]): void {
  for (const frame of frames) {
    learner.add(frame);
    if (learner.frames % SOLVE_EVERY === 0) learner.solve();
  }
}

function start({ structure }: Trajectory, input: OnlineLearnerInput): TensorLearner {
  return createOnlineLearner(structure, completeOnlineLearnerSettings(input));
}

/** Time of one update, ms; the first hundred frames warm the code up. */
function updateTime(trajectory: Trajectory, input: OnlineLearnerInput, warm = 100): number {
  const learner = start(trajectory, input);
  const { frames } = trajectory;
  learn(learner, frames.slice(0, warm));
  return processorTime(() => learn(learner, frames.slice(warm))) / (frames.length - warm);
}

const perAtom = { mode: 'per-atom', scheme: 'decoupled' } as const;
const sizes: readonly OnlineLearnerInput[] = [
  {},
  { radial: 8, angular: 6 },
  { angularRadial: 2 },
  perAtom,
  { ...perAtom, radial: 8, angular: 6 },
];
const trajectory = await siliconTrajectory(2, { steps: 300 });
console.log(`64 silicon atoms, cutoff 5 Å, update = frame added + solve every ${SOLVE_EVERY} frames`);
console.table(
  sizes.map((input) => {
    const learner = start(trajectory, input);
    learn(learner, trajectory.frames.slice(0, 60));
    const { positions, cell } = trajectory.frames[70];
    const predict = (withUncertainty: boolean) =>
      processorTime(() => {
        for (let k = 0; k < 20; k++) {
          const moved = positions.slice();
          moved[0] += 1e-3 * k;
          learner.predict(moved, cell, withUncertainty);
        }
      }) / 20;
    return {
      settings: JSON.stringify(input),
      coefficients: learner.parameters,
      update_ms: updateTime(trajectory, input).toFixed(2),
      prediction_ms: predict(false).toFixed(2),
      with_uncertainty_ms: predict(true).toFixed(2),
    };
  }),
);

console.log('time per atom against that of 64 atoms (1 = linear in atoms)');
const counts = [2, 3, 4, 5];
const byAtoms: Record<string, string | number>[] = [];
const base: Record<string, number> = {};
for (const n of counts) {
  const atoms = 8 * n ** 3;
  const cell = await siliconTrajectory(n, { steps: 90, equilibration: 20 });
  const row: Record<string, string | number> = { atoms };
  for (const [name, input] of [
    ['shared', {}],
    ['decoupled', perAtom],
  ] as const) {
    const time = updateTime(cell, input, 65) / atoms;
    base[name] ??= time;
    row[name] = (time / base[name]).toFixed(2);
  }
  byAtoms.push(row);
}
console.table(byAtoms);

console.log('time per frame against that of the first hundred after the warm-up (1 = linear in frames)');
const long = await siliconTrajectory(2, { steps: 600, equilibration: 20 });
const learner = start(long, {});
learn(learner, long.frames.slice(0, 100));
let first = 0;
console.table(
  [1, 2, 3, 4, 5].map((hundred) => {
    const time = processorTime(() => learn(learner, long.frames.slice(100 * hundred, 100 * (hundred + 1))));
    first ||= time;
    return { frames: `${100 * hundred} … ${100 * (hundred + 1)}`, ratio: (time / first).toFixed(2) };
  }),
);
