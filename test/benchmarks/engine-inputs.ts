/** Potentials and structures of the engine benchmark: nothing that a fresh clone does not have. */
import { generateMomentGraph } from '../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import { lennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { stillingerWeberSilicon } from '../../src-compute/potentials/stillinger-weber/index.ts';
import {
  denseCount,
  descriptorLayout,
  trainCount,
  type DescriptorSettings,
  type TensorRegressionModel,
} from '../../src-compute/potentials/tensor-regression/index.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';

function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Silicon potential of a level with random coefficients: forces so small that a short run keeps its structure. */
export function momentTensor(level: number): MomentTensorModel {
  const random = randomNumbers(level);
  const graph = generateMomentGraph({ level });
  const radialBasisSize = 8;
  return {
    form: 'moment-tensor',
    ...graph,
    species: ['Si'],
    cutoff: 5,
    minimumDistance: 1.5,
    scaling: 0.01,
    radialBasisSize,
    radialCoefficients: Float64Array.from(
      { length: graph.radialFunctionCount * radialBasisSize },
      () => 0.3 * (random() - 0.5),
    ),
    speciesCoefficients: Float64Array.of(-4),
    momentCoefficients: Float64Array.from(graph.scalarMoments, () => 1e-3 * (random() - 0.5)),
  };
}

/** Silicon tensor-regression potential with random coefficients, likewise with small forces. */
export function tensorRegression(
  size: Pick<DescriptorSettings, 'radialSize' | 'angularSize' | 'angularRadial'> & {
    readonly rank?: 1 | 2 | 3;
    readonly bonds?: readonly number[];
  },
): TensorRegressionModel {
  const random = randomNumbers(7);
  const { rank = 2, bonds, ...descriptors } = size;
  const settings: DescriptorSettings = {
    ...descriptors,
    species: ['Si'],
    cutoff: 5,
    minimumDistance: 1.5,
    elementWeighting: 'one-hot',
  };
  const m = descriptorLayout(settings).size;
  const numbers = (count: number, largest: number) =>
    Float64Array.from({ length: count }, () => largest * (random() - 0.5));
  return {
    form: 'tensor-regression',
    ...settings,
    mode: 'shared',
    shift: new Float64Array(m),
    scale: Float64Array.from({ length: m }, (_, d) => (d === 0 ? 1 : 0.01)),
    head: bonds
      ? {
          kind: 'tensor-train',
          bonds: Int32Array.from(bonds),
          cores: numbers(trainCount(m, bonds), 0.05),
          constants: Float64Array.of(-4),
        }
      : { kind: 'dense', rank, coefficients: numbers(denseCount(m, rank), 1e-3) },
  };
}

export interface BenchmarkPotential {
  readonly name: string;
  readonly model: PotentialModelBase;
}

export function benchmarkPotentials(): BenchmarkPotential[] {
  return [
    { name: 'Lennard-Jones, 5 Å', model: lennardJonesModel('Si', 0.01, 2.1, 5, 'switched') },
    { name: 'Stillinger–Weber', model: stillingerWeberSilicon() },
    ...[8, 16, 20].map((level) => ({ name: `MTP level ${level}`, model: momentTensor(level) })),
    {
      name: 'tensor regression, rank 2',
      model: tensorRegression({ radialSize: 8, angularSize: 4, angularRadial: 1 }),
    },
  ];
}

const DIAMOND = [
  0, 0, 0, 0.5, 0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25,
  0.75, 0.75,
];

/** Diamond silicon of 8 · repeat³ atoms, displaced as at 300 K. */
export function silicon(repeat: number): Configuration {
  const a = 5.431;
  const random = randomNumbers(repeat);
  const positions = new Float64Array(24 * repeat ** 3);
  let at = 0;
  for (let x = 0; x < repeat; x++) {
    for (let y = 0; y < repeat; y++) {
      for (let z = 0; z < repeat; z++) {
        for (let k = 0; k < 24; k++) {
          positions[at++] = (DIAMOND[k] + [x, y, z][k % 3]) * a + 0.13 * (random() + random() - 1);
        }
      }
    }
  }
  const edge = a * repeat;
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(positions.length / 3),
    positions,
    cell: Float64Array.of(edge, 0, 0, 0, edge, 0, 0, 0, edge),
    periodic: [true, true, true],
  };
}
