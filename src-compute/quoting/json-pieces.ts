/**
 * JSON in pieces: V8 holds no string of more than 2²⁹ − 24 characters, and a document with its posterior, a summary of a
 * long run or the arrays that a command prints can be longer.
 */

/** Characters of a piece, about. */
export const PIECE_LENGTH = 1 << 20;

export interface JsonLayout {
  /** Blanks per level; 0 for one line. */
  readonly indent?: number;
  /** Lists of numbers on one line each, where others are indented. */
  readonly flatLists?: boolean;
  /** Characters after which a piece ends. */
  readonly length?: number;
}

/** Text that is collected until it makes a piece. */
class Collector {
  private parts: string[] = [];
  private size = 0;
  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  add(text: string): void {
    this.parts.push(text);
    this.size += text.length;
  }

  get full(): boolean {
    return this.size >= this.length;
  }

  take(): string {
    const text = this.parts.join('');
    this.parts = [];
    this.size = 0;
    return text;
  }
}

/** Strings of anything in pieces of about `length` characters: for writers of lines. */
export function* inPieces(texts: Iterable<string>, length = PIECE_LENGTH): Generator<string> {
  const piece = new Collector(length);
  for (const text of texts) {
    piece.add(text);
    if (piece.full) yield piece.take();
  }
  const last = piece.take();
  if (last !== '') yield last;
}

/**
 * The text of JSON.stringify(value, null, indent) (ECMA-262, 25.5.2), piece by piece.
 * @param value plain data: what has no JSON is left out of objects and null in lists
 */
export function jsonPieces(value: unknown, layout: JsonLayout = {}): Generator<string> {
  const { indent = 0, flatLists = false, length = PIECE_LENGTH } = layout;
  return inPieces(tokens(value, { indent, flatLists }, ''), length);
}

interface Style {
  readonly indent: number;
  readonly flatLists: boolean;
}

function* tokens(given: unknown, style: Style, margin: string): Generator<string> {
  const value = plain(given);
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  const inner = margin + ' '.repeat(style.indent);
  const line = style.indent > 0 ? `\n${inner}` : '';
  const end = style.indent > 0 ? `\n${margin}` : '';
  let count = 0;
  if (Array.isArray(value)) {
    const flat = style.flatLists && isList(value);
    const between = flat ? '' : line;
    const comma = flat && style.indent > 0 ? ', ' : ',';
    yield '[';
    for (const item of value as unknown[]) {
      yield `${count++ > 0 ? comma : ''}${between}`;
      yield* tokens(item, style, inner);
    }
    yield count > 0 && !flat ? `${end}]` : ']';
    return;
  }
  yield '{';
  for (const [key, item] of Object.entries(value)) {
    if (!hasJson(plain(item))) continue;
    yield `${count++ > 0 ? ',' : ''}${line}${JSON.stringify(key)}:${style.indent > 0 ? ' ' : ''}`;
    yield* tokens(item, style, inner);
  }
  yield count > 0 ? `${end}}` : '}';
}

/** What stands for a value: of dates and others their own word. */
function plain(value: unknown): unknown {
  const own = typeof value === 'object' && value !== null && 'toJSON' in value ? value.toJSON : undefined;
  return typeof own === 'function' ? (own.call(value, '') as unknown) : value;
}

const hasJson = (value: unknown) => !['undefined', 'function', 'symbol'].includes(typeof value);

/** A list that begins with a number and holds no texts, lists and objects. */
function isList(values: readonly unknown[]): boolean {
  return (
    typeof values[0] === 'number' &&
    Number.isFinite(values[0]) &&
    values.every((value) => value === null || !['object', 'string'].includes(typeof value))
  );
}
