/** Random moment tensor potentials and structures for tests, the same at every run. */
import { SeededRandom } from '../../src-compute/fitting/random.ts';
import { generateMomentGraph } from '../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';

/** A potential with random coefficients of order one. */
export function randomModel(options: {
  level: number;
  species: string[];
  cutoff: number;
  seed?: number;
  radialBasisSize?: number;
}): MomentTensorModel {
  const random = new SeededRandom(options.seed ?? 1);
  const graph = generateMomentGraph({ level: options.level });
  const size = options.radialBasisSize ?? 5;
  const normals = (n: number) => Float64Array.from({ length: n }, () => random.normal());
  return {
    form: 'moment-tensor',
    species: options.species,
    cutoff: options.cutoff,
    minimumDistance: 1.2,
    scaling: 0.1,
    radialBasisSize: size,
    radialCoefficients: normals(options.species.length ** 2 * graph.radialFunctionCount * size),
    speciesCoefficients: normals(options.species.length),
    momentCoefficients: normals(graph.scalarMoments.length),
    ...graph,
  };
}

/** Atoms at random in a skewed cell, at least 1.5 Å apart (images included, by small jitter on a grid). */
export function randomStructure(options: {
  atoms: number;
  edge: number;
  periodic: [boolean, boolean, boolean];
  species: string[];
  seed?: number;
}): Configuration {
  const random = new SeededRandom(options.seed ?? 7);
  const { edge, atoms } = options;
  const cell = Float64Array.of(
    edge,
    0.1 * edge,
    0,
    0,
    1.05 * edge,
    0.08 * edge,
    -0.06 * edge,
    0,
    0.97 * edge,
  );
  const sites = [
    [0.05, 0.04, 0.03],
    [0.52, 0.55, 0.06],
    [0.51, 0.03, 0.54],
    [0.02, 0.53, 0.51],
  ];
  const positions = new Float64Array(3 * atoms);
  for (let i = 0; i < atoms; i++) {
    const s = sites[i % 4].map((x) => x + 0.05 * (random.uniform() - 0.5));
    for (let axis = 0; axis < 3; axis++) {
      positions[3 * i + axis] = s[0] * cell[axis] + s[1] * cell[3 + axis] + s[2] * cell[6 + axis];
    }
  }
  return {
    symbols: options.species,
    kinds: Uint16Array.from({ length: atoms }, (_, i) => i % options.species.length),
    positions,
    cell,
    periodic: options.periodic,
  };
}
