/** Markdown (CommonMark). */
import { visibleLine } from './visible.ts';

/** Text of others inside a paragraph or a cell of a table: no markup, no HTML, no links. */
export function markdownText(text: string): string {
  return visibleLine(text).replace(/[\\`*_{}[\]()<>#+!|~&-]/g, '\\$&');
}

/** Lines of others as a block of code: nothing in it can end it. */
export function markdownBlock(lines: readonly string[]): string {
  return lines.map((line) => `    ${visibleLine(line)}`.trimEnd()).join('\n');
}
