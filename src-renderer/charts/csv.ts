/** Tables as CSV (RFC 4180, with '\n' line ends), so that every figure can be drawn again elsewhere. */

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
  const lines = (table.notes ?? []).map((note) => `# ${note.replace(/\r?\n/g, ' ')}`);
  lines.push(table.columns.map(({ name }) => quoted(name)).join(','));
  const rows = Math.max(0, ...table.columns.map(({ values }) => values.length));
  for (let row = 0; row < rows; row++) {
    lines.push(table.columns.map(({ values }) => cell(row < values.length ? values[row] : '')).join(','));
  }
  return lines.join('\n') + '\n';
}

function cell(value: number | string): string {
  if (typeof value === 'string') return quoted(value);
  return Number.isNaN(value) ? '' : String(value);
}

/**
 * Quotes text that needs it. Text that a spreadsheet would take for a formula gets a leading apostrophe: names come
 * from files of others.
 */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
