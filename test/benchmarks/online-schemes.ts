/**
 * Schemes of learning heads per atom, compared: shared heads, the joint solution, the decoupled scheme, and the
 * decoupled scheme as it is usually written (every atom from the force on it alone, neighbours' heads of the step
 * before). References: Stillinger–Weber silicon, and two kinds of atoms that go by one name, which only heads per atom
 * can tell apart. The first 400 steps are learned, then every tenth: errors are those of the steps between.
 * Run by hand: node test/benchmarks/online-schemes.ts [largest supercell, 1 or 2] [steps]
 */
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
  type OnlineLearnerInput,
} from '../../src-compute/fitting/online/index.ts';
import { FrameDesign } from '../../src-compute/fitting/online/frame-design.ts';
import { DescriptorStatistics } from '../../src-compute/fitting/online/standardisation.ts';
import { cholesky, choleskySolve } from '../../src-compute/fitting/linear-algebra.ts';
import { emptyEvaluation } from '../../src-compute/potentials/potential.ts';
import { siliconTrajectory, twoKindsTrajectory, type Trajectory } from '../support/trajectories.ts';

const LEARNED = 400;
const CHECK_EVERY = 10;
const largest = Number(process.argv[2] ?? 2);
const steps = Number(process.argv[3] ?? 2000);

/** Name, settings, largest number of atoms. */
const schemes: readonly (readonly [string, OnlineLearnerInput, number])[] = [
  ['shared', {}, Infinity],
  ['shared, q = 2', { autoregressiveOrder: 2 }, Infinity],
  ['decoupled', { mode: 'per-atom', scheme: 'decoupled' }, Infinity],
  ['decoupled, q = 1', { mode: 'per-atom', scheme: 'decoupled', autoregressiveOrder: 1 }, Infinity],
  ['decoupled, q = 2', { mode: 'per-atom', scheme: 'decoupled', autoregressiveOrder: 2 }, Infinity],
  ['decoupled, q = 4', { mode: 'per-atom', scheme: 'decoupled', autoregressiveOrder: 4 }, Infinity],
  ['joint', { mode: 'per-atom', scheme: 'joint' }, 8],
  ['joint, q = 2', { mode: 'per-atom', scheme: 'joint', autoregressiveOrder: 2 }, 8],
];

function run({ structure, frames }: Trajectory, input: OnlineLearnerInput) {
  const learner = createOnlineLearner(structure, completeOnlineLearnerSettings(input));
  const atoms = structure.kinds.length;
  const solveEvery = input.scheme === 'joint' ? 50 : 10;
  const sums = { energy: 0, force: 0, square: 0, variance: 0, ahead: 0, aheadCount: 0, calls: LEARNED };
  const began = process.cpuUsage();
  frames.forEach((frame, t) => {
    const check = t < LEARNED || t % CHECK_EVERY === 0;
    if (learner.ready) {
      const { evaluation, forceUncertainty } = learner.predict(frame.positions, frame.cell, check);
      let [absolute, square] = [0, 0];
      evaluation.forces.forEach((f, k) => {
        absolute += Math.abs(f - frame.forces[k]) / frame.forces.length;
        square += (f - frame.forces[k]) ** 2 / frame.forces.length;
      });
      if (t >= LEARNED) {
        sums.energy += Math.abs(evaluation.energy - frame.energy) / atoms / (frames.length - LEARNED);
        sums.force += absolute / (frames.length - LEARNED);
        if (check) {
          sums.square += square;
          sums.variance += forceUncertainty.reduce((sum, s) => sum + s * s, 0) / atoms;
        }
      } else if (t >= LEARNED / 2) {
        sums.ahead += absolute;
        sums.aheadCount++;
      }
    }
    if (!check) return;
    learner.add(frame);
    if (t >= LEARNED) sums.calls++;
    if (t >= LEARNED || learner.frames % solveEvery === 0) {
      if (t < LEARNED || solveEvery === 10 || t % 100 === 0) learner.solve();
    }
  });
  const { user, system } = process.cpuUsage(began);
  return {
    coefficients: learner.parameters,
    energy_mae_mev_per_atom: (1000 * sums.energy).toFixed(3),
    force_mae_mev_per_a: (1000 * sums.force).toFixed(2),
    one_step_ahead_mev_per_a: (1000 * (sums.ahead / sums.aheadCount)).toFixed(2),
    predicted_over_found: Math.sqrt(sums.variance / sums.square).toFixed(2),
    reference_calls_saved: (frames.length / sums.calls).toFixed(1),
    processor_s: ((user + system) / 1e6).toFixed(1),
  };
}

/** Each atom from its own force: (G_i + λ) A_i = Σ_t B_iiᵀ (F_i − F_nbr(A of the step before)). */
function ownForcesOnly({ structure, frames }: Trajectory, ridge: number): string {
  const descriptors = {
    species: ['Si'],
    cutoff: 5,
    minimumDistance: 1,
    radialSize: 6,
    angularSize: 4,
    angularRadial: 1,
    elementWeighting: 'one-hot',
  } as const;
  const n = structure.kinds.length;
  const design = new FrameDesign(descriptors, 2, new Int32Array(n), structure.periodic);
  const statistics = new DescriptorStatistics(1, design.size);
  for (const { positions, cell } of frames.slice(0, 20)) {
    design.load(positions, cell);
    for (const values of design.values) statistics.add(0, values);
  }
  const { shift, scale } = statistics.standardisation();
  design.standardise(shift, scale);
  const size = design.columns.count;
  const heads = Int32Array.from({ length: n }, (_, i) => i);
  const coefficients = new Float64Array(n * size);
  const grams = Array.from(heads, () => new Float64Array(size * size));
  const rights = grams.map(() => new Float64Array(size));
  const result = emptyEvaluation(n);
  let error = 0;
  let rows = new Float64Array(0);
  for (const frame of frames.slice(0, 60)) {
    design.load(frame.positions, frame.cell);
    design.evaluate({ kind: 'dense', rank: 2, coefficients }, heads, result);
    error = 0;
    result.forces.forEach((f, k) => (error += Math.abs(f - frame.forces[k]) / (3 * n)));
    if (rows.length < design.headRowLimit * size) rows = new Float64Array(design.headRowLimit * size);
    for (let i = 0; i < n; i++) {
      const count = design.headRows(i, rows);
      for (let r = 0; r < count; r++) {
        if (design.touched(Math.floor(r / 3)) !== i) continue;
        const row = rows.subarray(r * size, (r + 1) * size);
        const own = row.reduce((sum, x, c) => sum + x * coefficients[i * size + c], 0);
        const k = 3 * i + (r % 3);
        const target = frame.forces[k] - (result.forces[k] - own);
        for (let a = 0; a < size; a++) {
          rights[i][a] += row[a] * target;
          for (let b = 0; b < size; b++) grams[i][a * size + b] += row[a] * row[b];
        }
      }
    }
    for (let i = 0; i < n; i++) {
      const matrix = grams[i].slice();
      for (let a = 0; a < size; a++) matrix[a * size + a] += ridge * (grams[i][a * size + a] || 1);
      const factor = cholesky(matrix, size);
      if (factor) coefficients.set(choleskySolve(factor, size, rights[i]), i * size);
    }
  }
  return (1000 * error).toExponential(1);
}

for (let n = 1; n <= largest; n++) {
  for (const [name, make] of [
    ['silicon', siliconTrajectory],
    ['two kinds under one name', twoKindsTrajectory],
  ] as const) {
    const trajectory = await make(n, { steps, equilibration: 1000 });
    const atoms = trajectory.structure.kinds.length;
    console.log(`${name}, ${atoms} atoms, 300 K, ${steps} steps of 1 fs`);
    console.table(
      Object.fromEntries(
        schemes
          .filter(([, , limit]) => atoms <= limit)
          .map(([scheme, input]) => [scheme, run(trajectory, input)]),
      ),
    );
    if (n > 1) continue;
    const own = [1e-8, 1e-2, 1].map((ridge) => `${ownForcesOnly(trajectory, ridge)} (λ = ${ridge})`);
    console.log(`each atom from its own force alone, force MAE after 60 steps, meV/Å: ${own.join(', ')}`);
  }
}
