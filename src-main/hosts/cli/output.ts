/**
 * What commands print. Results go to stdout, as a table for people or, with --json, as exactly one JSON object;
 * progress goes to stderr, as a bar on a terminal and as plain lines elsewhere. Names come from files of others: what
 * could move the cursor or hide text is shown as its code.
 */
import { CancelledError } from '../../../src-compute/errors.ts';
import { jsonPieces } from '../../../src-compute/quoting/json-pieces.ts';
import { visibleLine, visibleText } from '../../../src-compute/quoting/visible.ts';
import { wordsFor } from '../../error-words.ts';

/** JSON values that results consist of. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Prints the result: one JSON object with --json, else the text. */
export function printResult(json: boolean, result: Json, text: () => string): void {
  if (json) for (const piece of jsonPieces(result)) process.stdout.write(piece);
  else process.stdout.write(visibleText(text()));
  process.stdout.write('\n');
}

/** Writes one line to stderr. */
export function note(line: string): void {
  clearBar();
  process.stderr.write(visibleText(line) + '\n');
}

let barShown = false;
let lastPlainLine = -Infinity;

function clearBar(): void {
  if (barShown) process.stderr.write('\r\u001b[2K');
  barShown = false;
}

/** Seconds as 4 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/**
 * Shows progress: a bar that is redrawn on a terminal, a line at most every 5 seconds elsewhere.
 * @param fraction 0 … 1
 * @param message what is being done, with the numbers that matter
 * @param etaSeconds estimated time left, undefined while unknown
 */
export function showProgress(fraction: number, message: string, etaSeconds?: number): void {
  const eta = etaSeconds === undefined || !Number.isFinite(etaSeconds) ? '' : `  ETA ${duration(etaSeconds)}`;
  message = visibleLine(message);
  const percent = `${Math.floor(100 * fraction)}`.padStart(3) + ' %';
  if (process.stderr.isTTY) {
    const width = 24;
    const filled = Math.round(width * fraction);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const line = `${bar} ${percent}  ${message}${eta}`;
    process.stderr.write('\r\u001b[2K' + line.slice(0, Math.max(20, (process.stderr.columns || 120) - 1)));
    barShown = true;
  } else if (performance.now() - lastPlainLine > 5000 || fraction >= 1) {
    lastPlainLine = performance.now();
    process.stderr.write(`${percent}  ${message}${eta}\n`);
  }
}

/** Ends the bar, so that what follows starts on a line of its own. */
export function endProgress(): void {
  clearBar();
}

/** Prints an error as one sentence and what to do; the stack only when FORCEWRIGHT_DEBUG is set. */
export function printError(error: unknown): void {
  clearBar();
  if (error instanceof CancelledError) {
    process.stderr.write('Cancelled.\n');
    return;
  }
  const { message, remedy, expected } = wordsFor(error);
  const details = expected ? '' : ' With FORCEWRIGHT_DEBUG=1 the details are shown.';
  process.stderr.write(visibleText(`Error: ${message}${remedy ? ' ' + remedy : ''}${details}\n`));
  if (process.env.FORCEWRIGHT_DEBUG && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
    if (error.cause instanceof Error) process.stderr.write(`Caused by: ${error.cause.stack}\n`);
  }
}

/** A table with right-aligned numbers: rows of cells, the first row the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => (row[c] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((w) => '─'.repeat(w)).join('  ');
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}
