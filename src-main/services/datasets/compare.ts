/** Two datasets side by side: which structures they share, and how far their labels differ on those. */
import { ColumnReader, DIGEST_BYTES } from '../../store/columns.ts';
import type { Project } from '../../store/project.ts';
import { firstOfSame } from './same-structures.ts';

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

/** Compares by content: the same structure is the same whatever its place, file and labels. */
export function compareDatasets(project: Project, firstId: number, secondId: number): DatasetComparison {
  const columns = new ColumnReader(project);
  const digests = [firstId, secondId].map((id) => columns.digests(id, 'structureHash'));
  const contents = [firstId, secondId].map((id) => columns.digests(id, 'contentHash'));
  const energies = [firstId, secondId].map((id) => columns.numbers(id, 'energyPerAtom'));
  const split = energies[0].length;
  const both = new Uint8Array(digests[0].length + digests[1].length);
  both.set(digests[0]);
  both.set(digests[1], digests[0].length);
  /** Positions of a structure in the first and in the second dataset. */
  const groups = new Map<number, readonly [number[], number[]]>();
  firstOfSame(both).forEach((first, k) => {
    const group = groups.get(first) ?? [[], []];
    groups.set(first, group);
    if (k < split) group[0].push(k);
    else group[1].push(k - split);
  });
  const content = (of: 0 | 1, position: number) =>
    Buffer.from(contents[of].subarray(DIGEST_BYTES * position, DIGEST_BYTES * (position + 1))).toString(
      'latin1',
    );
  let [onlyFirst, onlySecond, shared, otherLabels, sum] = [0, 0, 0, 0, 0];
  const farthest: { first: number; second: number; difference: number }[] = [];
  for (const [first, second] of groups.values()) {
    if (second.length === 0) onlyFirst++;
    else if (first.length === 0) onlySecond++;
    else {
      shared++;
      const known = new Set(first.map((position) => content(0, position)));
      if (!second.some((position) => known.has(content(1, position)))) otherLabels++;
      const [a, b] = [first.map((k) => energies[0][k]), second.map((k) => energies[1][k])];
      const difference = smallestDifference(a, b);
      if (difference === undefined) continue;
      sum += difference;
      farthest.push({ first: first[0], second: second[0], difference });
    }
  }
  farthest.sort((a, b) => b.difference - a.difference);
  return {
    onlyFirst,
    onlySecond,
    shared,
    otherLabels,
    meanEnergyDifference: farthest.length > 0 ? sum / farthest.length : null,
    largestEnergyDifference: farthest.at(0)?.difference ?? null,
    farthest: farthest.slice(0, 20).filter(({ difference }) => difference > 0),
  };
}

/** Smallest difference between a number of one list and one of the other; NaN is no number. */
function smallestDifference(a: readonly number[], b: readonly number[]): number | undefined {
  const [first, second] = [a, b].map((list) => list.filter((x) => !Number.isNaN(x)).sort((x, y) => x - y));
  let smallest: number | undefined;
  for (let i = 0, j = 0; i < first.length && j < second.length;) {
    const difference = Math.abs(first[i] - second[j]);
    if (smallest === undefined || difference < smallest) smallest = difference;
    if (first[i] < second[j]) i++;
    else j++;
  }
  return smallest;
}
