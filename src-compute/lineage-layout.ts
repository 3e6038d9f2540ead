/**
 * Where the objects of a project stand in its lineage: a column for each generation (the longest way from something that
 * was made of nothing), and in a column an order in which few arrows cross (barycentres, Sugiyama et al., IEEE Trans.
 * Syst. Man Cybern. 11 (1981) 109: two sweeps are enough for trees of a few hundred objects).
 */

export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  readonly columns: number;
  readonly rows: number;
}

/** @param keys in order of time @param edges from parent to child; circles are cut where they close */
export function layOut(keys: readonly string[], edges: readonly (readonly [string, string])[]): Layout {
  const parents = new Map<string, string[]>(keys.map((key) => [key, []]));
  const children = new Map<string, string[]>(keys.map((key) => [key, []]));
  for (const [from, to] of edges) {
    parents.get(to)?.push(from);
    children.get(from)?.push(to);
  }
  const columnOf = generations(keys, parents);
  const columns: string[][] = [];
  for (const key of keys) (columns[columnOf.get(key) ?? 0] ??= []).push(key);
  const rowOf = new Map<string, number>();
  const number = (column: readonly string[]) => column.forEach((key, row) => rowOf.set(key, row));
  columns.forEach(number);
  const arrange = (column: string[], beside: ReadonlyMap<string, string[]>) => {
    const weight = new Map(column.map((key, row) => [key, mean(beside.get(key) ?? [], rowOf) ?? row]));
    column.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
    number(column);
  };
  for (let sweep = 0; sweep < 2; sweep++) {
    for (const column of columns.slice(1)) arrange(column, parents);
    for (const column of columns.slice(0, -1).reverse()) arrange(column, children);
  }
  return {
    places: new Map(keys.map((key) => [key, { column: columnOf.get(key) ?? 0, row: rowOf.get(key) ?? 0 }])),
    columns: columns.length,
    rows: columns.reduce((most, column) => Math.max(most, column.length), 0),
  };
}

function generations(keys: readonly string[], parents: ReadonlyMap<string, string[]>): Map<string, number> {
  const found = new Map<string, number>();
  const underWay = new Set<string>();
  const generation = (key: string): number => {
    const known = found.get(key);
    if (known !== undefined) return known;
    if (underWay.has(key)) return -1;
    underWay.add(key);
    const value = 1 + Math.max(-1, ...(parents.get(key) ?? []).map(generation));
    underWay.delete(key);
    found.set(key, value);
    return value;
  };
  keys.forEach(generation);
  return found;
}

function mean(keys: readonly string[], rowOf: ReadonlyMap<string, number>): number | undefined {
  if (keys.length === 0) return undefined;
  return keys.reduce((sum, key) => sum + (rowOf.get(key) ?? 0), 0) / keys.length;
}

/** Which object an arrow key leads to: up and down in the column, left to a parent, right to a child. */
export function neighbour(
  layout: Layout,
  edges: readonly (readonly [string, string])[],
  key: string,
  arrow: string,
): string | undefined {
  const at = layout.places.get(key);
  if (!at) return undefined;
  if (arrow === 'ArrowLeft') return edges.find(([, to]) => to === key)?.[0];
  if (arrow === 'ArrowRight') return edges.find(([from]) => from === key)?.[1];
  const step = arrow === 'ArrowDown' ? 1 : arrow === 'ArrowUp' ? -1 : 0;
  if (step === 0) return undefined;
  for (const [other, { column, row }] of layout.places)
    if (column === at.column && row === at.row + step) return other;
  return undefined;
}
