/**
 * Structures for comparing two programs on one potential: crystals and alloys, rattled, strained into triclinic
 * cells, smaller than the cutoff, cut into slabs, and free clusters. They need not be realistic, only usual in
 * density, so that every term of the potential takes part.
 */
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { partOf } from '../../../src-compute/potentials/registry.ts';
import { Random } from '../../../src-compute/sampling/random.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  deform,
  lattice,
  randomAlloy,
  supercell,
  type LatticeName,
} from '../../../src-compute/structure/lattices.ts';

/** Nearest-neighbour distance in units of the lattice constant. */
const NEAREST: Partial<Record<LatticeName, number>> = {
  fcc: Math.SQRT1_2,
  bcc: Math.sqrt(3) / 2,
  diamond: Math.sqrt(3) / 4,
  sc: 1,
};

const LATTICES = ['fcc', 'bcc', 'diamond', 'sc'] as const;

/** A crystal of usual density with all species of the potential, about 60 atoms, slightly rattled. */
export function exampleCrystal(model: PotentialModelBase, seed = 1): Configuration {
  const random = new Random(seed);
  return rattled(crystal(model, 'fcc', [3, 3, 3], random), 0.05, random);
}

/**
 * Structures that exercise a potential.
 * @param count how many; 20 cover every kind
 * @param dataset structures to vary as well, such as those that the potential was fitted to
 */
export function testStructures(
  model: PotentialModelBase,
  count: number,
  seed: number,
  dataset: readonly Configuration[] = [],
): Configuration[] {
  const random = new Random(seed);
  const kinds = [rattledCrystal, strained, cluster, smallCell, slab];
  return Array.from({ length: count }, (_, k) => {
    const name = LATTICES[k % LATTICES.length];
    if (dataset.length > 0 && k % 2 === 0) {
      const chosen = dataset[Math.floor((k / count) * dataset.length)];
      return rattled(bare(chosen), 0.03, random);
    }
    return kinds[k % kinds.length](model, name, random);
  });
}

function crystal(
  model: PotentialModelBase,
  name: (typeof LATTICES)[number],
  counts: readonly [number, number, number],
  random: Random,
): Configuration {
  // half the cutoff is near the nearest-neighbour distance of most solids that potentials are fitted to
  const { minimumDistance } = partOf(model, 'moment-tensor') ??
    partOf(model, 'tensor-regression') ?? { minimumDistance: 0 };
  const nearest = Math.min(Math.max(0.5 * model.cutoff, 1.15 * minimumDistance), 0.75 * model.cutoff);
  const a = nearest / (NEAREST[name] ?? 1);
  const pure = supercell(lattice(name, [model.species[0]], a), counts);
  const fractions = Object.fromEntries(model.species.map((species) => [species, 1]));
  return model.species.length === 1 ? pure : randomAlloy(pure, fractions, () => random.uniform());
}

function rattledCrystal(
  model: PotentialModelBase,
  name: (typeof LATTICES)[number],
  random: Random,
): Configuration {
  return rattled(crystal(model, name, [2, 2, 2], random), 0.1, random);
}

function strained(model: PotentialModelBase, name: (typeof LATTICES)[number], random: Random): Configuration {
  const strain = Array.from({ length: 9 }, () => 0.08 * (2 * random.uniform() - 1));
  return rattled(deform(crystal(model, name, [2, 2, 2], random), strain), 0.05, random);
}

function cluster(model: PotentialModelBase, name: (typeof LATTICES)[number], random: Random): Configuration {
  const free = crystal(model, name, [2, 2, 2], random);
  return rattled({ ...free, cell: new Float64Array(9), periodic: [false, false, false] }, 0.1, random);
}

function smallCell(
  model: PotentialModelBase,
  name: (typeof LATTICES)[number],
  random: Random,
): Configuration {
  return rattled(crystal(model, name, [1, 1, 1], random), 0.05, random);
}

/** Free along one axis, another one each time, so that every order of axes occurs. */
function slab(model: PotentialModelBase, name: (typeof LATTICES)[number], random: Random): Configuration {
  const bulk = crystal(model, name, [2, 2, 2], random);
  const free = Math.floor(3 * random.uniform());
  return rattled({ ...bulk, periodic: [free !== 0, free !== 1, free !== 2] }, 0.05, random);
}

function rattled(configuration: Configuration, amplitude: number, random: Random): Configuration {
  const moved = configuration.positions.map((x) => x + amplitude * (2 * random.uniform() - 1));
  return { ...configuration, positions: moved };
}

/** Without labels, which belong to the structure before it was moved. */
function bare({ symbols, kinds, positions, cell, periodic }: Configuration): Configuration {
  return { symbols, kinds, positions, cell, periodic };
}
