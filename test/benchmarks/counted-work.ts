/**
 * Times of energies, forces and virials beside what src-compute/fitting/auto/work.ts counts: 3 cutoffs, 8 tensor bases
 * and 5 levels, as ratios to their common median. A minute.
 *
 *   node test/benchmarks/counted-work.ts
 */
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import { costPerAtom } from '../../src-compute/fitting/auto/work.ts';
import { SeededRandom } from '../../src-compute/fitting/random.ts';
import { generateMomentGraph } from '../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import type { TensorRegressionModel } from '../../src-compute/potentials/tensor-regression/index.ts';
import { neighbourPairs } from '../../src-compute/structure/neighbour-list.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';
import { randomTensorRegression } from '../conformance/potentials.ts';

const random = new SeededRandom(1);
const crystal = supercell(lattice('diamond', ['Si'], 5.43), [2, 2, 2]);
crystal.positions.forEach((_, k) => (crystal.positions[k] += 0.1 * (random.uniform() - 0.5)));
const atoms = crystal.kinds.length;

/** Processor time of this thread, µs: a busy machine adds nothing to it. */
function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** µs per atom, the mean of many. */
function time(model: MomentTensorModel | TensorRegressionModel): number {
  const engine = createForceEngine(model, atomsOf(crystal));
  for (let run = 0; run < 20; run++) engine.compute(crystal.positions, crystal.cell);
  // the clock of a thread may tick in hundredths of a second
  const start = spent();
  let runs = 0;
  for (; spent() - start < 400_000; runs++) engine.compute(crystal.positions, crystal.cell);
  const used = spent() - start;
  engine.dispose();
  return used / runs / atoms;
}

const rows: { name: string; ratio: number }[] = [];
for (const cutoff of [4, 5, 6.5]) {
  const neighbours = neighbourPairs(crystal, cutoff).start[atoms] / atoms;
  const add = (name: string, model: MomentTensorModel | TensorRegressionModel) =>
    rows.push({ name: `${cutoff} Å, ${name}`, ratio: time(model) / costPerAtom(model, neighbours) });
  for (const [radialSize, angularSize, angularRadial] of [
    [3, 2, 1],
    [6, 4, 1],
    [6, 4, 2],
    [8, 5, 3],
    [8, 6, 3],
    [9, 7, 3],
    [12, 8, 4],
    [10, 0, 1],
  ]) {
    const model = randomTensorRegression(['Si'], 3, { radialSize, angularSize, angularRadial });
    add(`${radialSize}/${angularSize}/${angularRadial}`, { ...model, cutoff, minimumDistance: 1.5 });
  }
  for (const level of [6, 8, 12, 16, 20]) {
    const graph = generateMomentGraph({ level });
    add(`level ${level}`, {
      form: 'moment-tensor',
      species: ['Si'],
      cutoff,
      minimumDistance: 1.5,
      scaling: 0.1,
      radialBasisSize: 12,
      radialCoefficients: Float64Array.from({ length: 12 * graph.radialFunctionCount }, () =>
        random.uniform(),
      ),
      speciesCoefficients: Float64Array.of(0),
      momentCoefficients: Float64Array.from(graph.scalarMoments, () => random.uniform()),
      ...graph,
    });
  }
}
const median = rows.map(({ ratio }) => ratio).sort((a, b) => a - b)[rows.length >> 1];
console.log(`a counted microsecond took ${median.toFixed(2)} µs here; times over what was counted:`);
for (const { name, ratio } of rows) console.log(`  ${name.padEnd(20)} ${(ratio / median).toFixed(2)}`);
