/** Comma-separated values (RFC 4180, with '\n' line ends). */
import { commentText } from './columns.ts';
import { visibleText } from './visible.ts';

/**
 * Text as a cell. Text that a spreadsheet would take for a formula gets a leading apostrophe (OWASP, "CSV Injection"):
 * names come from files of others.
 */
export function csvCell(text: string): string {
  const line = visibleText(text).replaceAll('\t', ' ');
  const safe = /^\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/.test(line) ? `'${line}` : line;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Cells as a row; numbers as they are, NaN and undefined as empty cells. */
export function csvRow(cells: readonly (string | number | undefined | null)[]): string {
  return cells
    .map((cell) => {
      if (typeof cell === 'string') return csvCell(cell);
      return cell === undefined || cell === null || Number.isNaN(cell) ? '' : String(cell);
    })
    .join(',');
}

/** Text as a comment line before the table. */
export function csvComment(text: string): string {
  return `# ${commentText(text)}`;
}
