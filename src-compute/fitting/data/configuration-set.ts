/** Configurations for a fit, wherever they are: in memory, or in a project, read range by range. */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { weightOf } from './configuration-weight.ts';

export interface ConfigurationSet {
  readonly count: number;
  /** Atoms of each configuration. */
  readonly atoms: Int32Array;
  /** Factor on the weights of each configuration. */
  readonly importance: Float64Array;
  /** Configurations from…to−1. */
  range(from: number, to: number): Configuration[];
}

export function setInMemory(configurations: readonly Configuration[]): ConfigurationSet {
  return {
    count: configurations.length,
    atoms: Int32Array.from(configurations, atomCount),
    importance: Float64Array.from(configurations, weightOf),
    range: (from, to) => configurations.slice(from, to),
  };
}

/** Several sets one after the other. */
export function joinSets(sets: readonly ConfigurationSet[]): ConfigurationSet {
  const starts: number[] = [];
  let count = 0;
  for (const set of sets) {
    starts.push(count);
    count += set.count;
  }
  const joined = <T extends Int32Array | Float64Array>(target: T, part: (set: ConfigurationSet) => T): T => {
    sets.forEach((set, k) => target.set(part(set), starts[k]));
    return target;
  };
  return {
    count,
    atoms: joined(new Int32Array(count), (set) => set.atoms),
    importance: joined(new Float64Array(count), (set) => set.importance),
    range: (from, to) =>
      sets.flatMap((set, k) => {
        const [low, high] = [
          Math.max(from, starts[k]) - starts[k],
          Math.min(to, starts[k] + set.count) - starts[k],
        ];
        return low < high ? set.range(low, high) : [];
      }),
  };
}
