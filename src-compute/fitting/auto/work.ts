/**
 * What a step of molecular dynamics and a trial of settings cost, counted from their operations and not taken by a clock:
 * the same data, settings and seed give the same choice on a busy machine and on a free one. The unit is a microsecond of
 * a core that takes 3.4 µs per atom for level 16 at 28 neighbours; times of both forms of 4 to 47 neighbours mostly lie
 * within a fifth of it, the worst of 39 cases was off by a factor of two (test/benchmarks/counted-work.ts).
 */
import { generateMomentGraph } from '../../potentials/moment-tensor/basis.ts';
import { basicCount, productCount, type MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import { headSize } from '../../potentials/tensor-regression/model.ts';
import { descriptorLayout } from '../../potentials/tensor-regression/layout.ts';
import type { TensorRegressionModel } from '../../potentials/tensor-regression/index.ts';

/** ns per atom; per neighbour and radial coefficient, and basic moment; per product. */
const MOMENTS = { atom: 170, radial: 0.38, basic: 0.54, product: 1 } as const;
/** ns per neighbour; its radial functions; its harmonics by radial function; pairs of sums; coefficients of the head. */
const TENSOR = { neighbour: 12, radial: 0.42, harmonic: 0.38, pair: 2.1, coefficient: 0.1 } as const;

/**
 * Energies, forces and virial of one atom, µs of one core.
 * @param neighbours mean number within the cutoff
 */
export function costPerAtom(model: MomentTensorModel | TensorRegressionModel, neighbours: number): number {
  if (model.form === 'moment-tensor') {
    const radial = model.radialBasisSize * model.radialFunctionCount;
    const perNeighbour = MOMENTS.radial * radial + MOMENTS.basic * basicCount(model);
    return (MOMENTS.atom + neighbours * perNeighbour + MOMENTS.product * productCount(model)) / 1000;
  }
  const { radialSize, angularSize, angularRadial, angularPairs, size } = descriptorLayout(model);
  const harmonics = angularSize * (angularSize + 3);
  const perNeighbour =
    TENSOR.neighbour + TENSOR.radial * radialSize + TENSOR.harmonic * angularRadial * harmonics;
  const perAtom = TENSOR.pair * angularPairs * harmonics + TENSOR.coefficient * headSize(model.head, size);
  return (neighbours * perNeighbour + perAtom) / 1000;
}

/** Threads and s per multiplication with addition that trials are counted with. */
const [THREADS, SECONDS_PER_PRODUCT] = [2, 4e-10];
/** s per atom and column of a pass of a moment tensor fit. */
const SECONDS_PER_ATOM_COLUMN = 1.6e-6;
/** s per atom and neighbour of descriptors and predictions. */
const SECONDS_PER_NEIGHBOUR = 1e-6;
/** Solutions of a trial: ridge strengths, and parts held out. */
const SOLUTIONS = 11;

/** A trial of a dense tensor with n columns, s. */
export function tensorTrialSeconds(labels: number, atoms: number, neighbours: number, n: number): number {
  const products = (labels * n * n) / 2 / THREADS + (SOLUTIONS * n ** 3) / 3;
  return SECONDS_PER_PRODUCT * products + (SECONDS_PER_NEIGHBOUR * 6 * atoms * neighbours) / THREADS;
}

/** Passes of a moment tensor fit over all data, s. @param columns linear and radial */
export function momentPassesSeconds(atoms: number, columns: number, passes: number): number {
  return (SECONDS_PER_ATOM_COLUMN * atoms * (columns + 8) * passes) / THREADS;
}

/** Columns of a pass of a level. */
export function momentColumns(
  limits: Parameters<typeof generateMomentGraph>[0],
  species: number,
  radialBasisSize: number,
): { linear: number; radial: number } {
  const { scalarMoments, radialFunctionCount } = generateMomentGraph(limits);
  return {
    linear: species + scalarMoments.length,
    radial: species ** 2 * radialFunctionCount * radialBasisSize,
  };
}
