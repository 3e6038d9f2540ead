/**
 * Sums over the data that a fit needs: G = AᵀA over all columns (species, scalars, radial derivatives, target), by
 * group of configurations. Streaming: a structure's rows exist only while they are added. docs/physics.md §1, "Fit".
 */

/** Columns of the design matrix, in order: species | scalars | radial derivatives | target. */
export interface Columns {
  readonly species: number;
  readonly scalars: number;
  /** 0 when the pass was linear. */
  readonly radial: number;
}

export function columnCount(columns: Columns): number {
  return columns.species + columns.scalars + columns.radial + 1;
}

/** G of one group of configurations. */
export interface GroupSums {
  /** Full symmetric matrix, row-major, n × n. */
  readonly gram: Float64Array;
  readonly configurations: number;
  readonly rows: number;
}

/** Sums of all groups of one pass. */
export interface PassSums {
  readonly columns: Columns;
  readonly groups: readonly GroupSums[];
}

/** Sum of several groups, or of partial sums of one group from several workers. */
export function addGroups(groups: readonly GroupSums[]): GroupSums {
  const gram = new Float64Array(groups[0].gram.length);
  let configurations = 0;
  let rows = 0;
  for (const group of groups) {
    for (let k = 0; k < gram.length; k++) gram[k] += group.gram[k];
    configurations += group.configurations;
    rows += group.rows;
  }
  return { gram, configurations, rows };
}

/** Unpacks the upper 4 × 4 tiles of the Gram kernel to a full symmetric matrix of n columns. */
export function unpackTiles(tiles: Float64Array, panels: number, n: number): Float64Array {
  const gram = new Float64Array(n * n);
  let tile = 0;
  for (let p = 0; p < panels; p++) {
    for (let q = p; q < panels; q++, tile += 16) {
      for (let a = 0; a < 4 && 4 * p + a < n; a++) {
        for (let b = 0; b < 4 && 4 * q + b < n; b++) {
          const value = tiles[tile + 4 * a + b];
          gram[(4 * p + a) * n + 4 * q + b] = value;
          gram[(4 * q + b) * n + 4 * p + a] = value;
        }
      }
    }
  }
  return gram;
}
