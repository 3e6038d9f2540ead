/** Tables as CSV (RFC 4180, with '\n' line ends), so that every figure can be drawn again elsewhere. */
import { csvComment, csvRow } from '../../src-compute/quoting/csv.ts';

export interface CsvColumn {
  /** Name and unit, e.g. 'energy reference (eV/atom)'. */
  readonly name: string;
  readonly values: ArrayLike<number> | readonly string[];
}

/** Columns of a figure. Shorter columns leave their cells empty. */
export interface CsvTable {
  /** Lines about the table, written first with '# '. */
  readonly notes?: readonly string[];
  readonly columns: readonly CsvColumn[];
}

/** CSV text of a table. Numbers are written so that reading them gives the same double; NaN as an empty cell. */
export function csvText(table: CsvTable): string {
  const lines = (table.notes ?? []).map(csvComment);
  lines.push(csvRow(table.columns.map(({ name }) => name)));
  const rows = Math.max(0, ...table.columns.map(({ values }) => values.length));
  for (let row = 0; row < rows; row++) {
    lines.push(csvRow(table.columns.map(({ values }) => (row < values.length ? values[row] : ''))));
  }
  return lines.join('\n') + '\n';
}
