/** What a potential costs: time of one evaluation on one thread, for comparing accuracy against cost. */
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { DatasetRepository } from '../../store/datasets.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import type { Project } from '../../store/project.ts';

/** Time to spend on the measurement, ms. */
const BUDGET = 60;

/** By content of the potential; a potential is measured once per run of the program. */
const measured = new Map<string, number>();

/**
 * Measures on the largest configuration (up to a thousand atoms) of a dataset that the potential knows the elements of.
 * @returns µs per atom for energies, forces and virial with the neighbour list kept, or undefined without such a dataset
 */
export function potentialCost(
  project: Project,
  datasets: DatasetRepository,
  potentialId: number,
): number | undefined {
  const potentials = new PotentialRepository(project);
  const potential = potentials.get(potentialId);
  const known = measured.get(potential.fileHash);
  if (known !== undefined) return known;
  const dataset = datasets
    .list()
    .find((candidate) => candidate.species.every((name) => potential.species.includes(name)));
  if (dataset === undefined) return undefined;
  const row = datasets
    .rows(dataset.id, { orderBy: 'atoms', descending: true, limit: 200 })
    .find(({ atoms }) => atoms <= 1000);
  if (row === undefined) return undefined;
  const configuration = datasets.configuration(dataset.id, row.position);
  const { model } = parsePotentialDocument(potentials.document(potentialId));
  const engine = createForceEngine(model, atomsOf(configuration));
  try {
    engine.compute(configuration.positions, configuration.cell);
    let fastest = Infinity;
    const end = performance.now() + BUDGET;
    do {
      const before = performance.now();
      engine.compute(configuration.positions, configuration.cell);
      fastest = Math.min(fastest, performance.now() - before);
    } while (performance.now() < end);
    const cost = (1000 * fastest) / row.atoms;
    measured.set(potential.fileHash, cost);
    return cost;
  } finally {
    engine.dispose();
  }
}
