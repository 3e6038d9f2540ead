/** Two datasets side by side: which structures they share, and how far their labels differ on those. */
import type { Project } from '../../store/project.ts';

export interface DatasetComparison {
  /** Different structures in one and not in the other. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly shared: number;
  /** Shared structures whose labels are not the same to the last digit. */
  readonly otherLabels: number;
  /** Mean and largest difference of the energies of shared structures, eV/atom; null without any. */
  readonly meanEnergyDifference: number | null;
  readonly largestEnergyDifference: number | null;
  /** Positions of up to 20 shared structures with the largest difference of energy, in both datasets. */
  readonly farthest: readonly {
    readonly first: number;
    readonly second: number;
    readonly difference: number;
  }[];
}

interface Pair {
  readonly first: number;
  readonly second: number;
  readonly same: number;
  readonly difference: number | null;
}

/** Compares by content: the same structure is the same whatever its place, file and labels. */
export function compareDatasets(project: Project, firstId: number, secondId: number): DatasetComparison {
  const only = project.prepare<[number, number], { count: number }>(
    `SELECT count(DISTINCT structure_hash) AS count FROM configurations WHERE dataset_id = ?
       AND structure_hash NOT IN (SELECT structure_hash FROM configurations WHERE dataset_id = ?)`,
  );
  const pairs = project.prepare<[number, number], Pair>(
    `SELECT a.position AS first, min(b.position) AS second, max(a.content_hash = b.content_hash) AS same,
       min(abs(a.energy_per_atom - b.energy_per_atom)) AS difference
     FROM configurations a JOIN configurations b ON a.structure_hash = b.structure_hash
     WHERE a.dataset_id = ? AND b.dataset_id = ? GROUP BY a.structure_hash`,
  );
  return project.guard(() => {
    const shared = pairs.all(firstId, secondId);
    const differences = shared.flatMap(({ first, second, difference }) =>
      difference === null ? [] : [{ first, second, difference }],
    );
    const sum = differences.reduce((total, { difference }) => total + difference, 0);
    const farthest = differences.sort((a, b) => b.difference - a.difference);
    return {
      onlyFirst: only.get(firstId, secondId)?.count ?? 0,
      onlySecond: only.get(secondId, firstId)?.count ?? 0,
      shared: shared.length,
      otherLabels: shared.filter(({ same }) => same === 0).length,
      meanEnergyDifference: differences.length > 0 ? sum / differences.length : null,
      largestEnergyDifference: farthest.at(0)?.difference ?? null,
      farthest: farthest.slice(0, 20).filter(({ difference }) => difference > 0),
    };
  });
}
