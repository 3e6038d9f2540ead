/** Which potentials may be ranked against each other: those of the same elements, tested on the same configurations. */
import type { PotentialView } from '../../src-main/api/types.ts';

export interface ComparablePoint {
  readonly id: string;
  readonly name: string;
  /** µs per atom */
  readonly cost: number;
  /** meV/Å */
  readonly error: number;
}

export interface ComparableGroup {
  readonly key: string;
  /** 'Si, 25 test configurations' */
  readonly title: string;
  readonly points: readonly ComparablePoint[];
}

/**
 * Newest group first.
 * @param cost of a potential, µs per atom; undefined where it is not known
 */
export function comparableGroups(
  potentials: readonly PotentialView[],
  cost: (id: number) => number | undefined,
): ComparableGroup[] {
  const groups = new Map<string, { title: string; points: ComparablePoint[] }>();
  for (const { id, name, species, test, train, testSet } of potentials) {
    const errors = test ?? train;
    const error = errors?.force_mae_ev_per_a;
    const [time, what] = [cost(id), test ? 'test' : 'training'];
    if (time === undefined || error === null || error === undefined) continue;
    const key = `${species.toSorted().join(' ')} ${what} ${testSet}`;
    const title = `${species.join(', ')}, ${errors?.configurations} ${what} configurations`;
    const group = groups.get(key) ?? { title, points: [] };
    groups.set(key, group);
    group.points.push({ id: String(id), name, cost: time, error: 1000 * error });
  }
  return [...groups].map(([key, group]) => ({ key, ...group }));
}
