/**
 * The columns of an extended-XYZ frame: what `Properties=species:S:1:pos:R:3:…` declares, and the arrays they are
 * read into. The line parser works on bytes (numbers.ts); it is the hot path of an import.
 */
import { FrameFailure } from '../format.ts';
import { GrowingKinds, GrowingReals } from '../growing.ts';
import { isNamedProperty } from '../property-names.ts';
import { asciiText, numberSentence, type NumberScanner } from '../numbers.ts';
import { elementSpelling, symbolOfNumber, typeName } from '../species.ts';

export interface Property {
  readonly name: string;
  readonly kind: 'R' | 'I' | 'S' | 'L';
  readonly columns: number;
}

/** A column block while it is read. */
export type PropertyData =
  | { readonly property: Property; readonly into: 'reals'; readonly reals: GrowingReals }
  | { readonly property: Property; readonly into: 'text'; readonly text: string[] }
  | { readonly property: Property; readonly into: 'kinds' | 'numbered kinds' };

const MOST_COLUMNS = 1000;

/** Layout without `Properties`: symbol and position. */
export const PLAIN_LAYOUT: readonly Property[] = [
  { name: 'species', kind: 'S', columns: 1 },
  { name: 'pos', kind: 'R', columns: 3 },
];

/**
 * Reads the value of `Properties`.
 * @throws FrameFailure when it is not name:kind:count triples with species and positions among them
 */
export function parseProperties(text: string): Property[] {
  const fields = text.trim().split(':');
  if (fields.length % 3 !== 0 || fields.length === 0) {
    throw new FrameFailure(
      `Expected Properties as name:kind:count triples, such as species:S:1:pos:R:3, found "${shorten(text)}".`,
    );
  }
  const properties: Property[] = [];
  for (let k = 0; k < fields.length; k += 3) {
    const [name, kind, count] = [fields[k], fields[k + 1], Number(fields[k + 2])];
    if (kind !== 'R' && kind !== 'I' && kind !== 'S' && kind !== 'L') {
      throw new FrameFailure(
        `Expected the kind R, I, S or L for the column "${name}" in Properties, found "${shorten(kind)}".`,
      );
    }
    if (!Number.isInteger(count) || count < 1 || count > MOST_COLUMNS || name === '') {
      throw new FrameFailure(
        `Expected a name and a count of columns from 1 to ${MOST_COLUMNS} in Properties, found "${shorten(`${name}:${kind}:${fields[k + 2]}`)}".`,
      );
    }
    if (properties.some((property) => property.name === name)) {
      throw new FrameFailure(`Expected each column once in Properties, found "${shorten(name)}" twice.`);
    }
    properties.push({ name, kind, columns: count });
  }
  checkEssential(properties);
  return properties;
}

function checkEssential(properties: readonly Property[]): void {
  const position = properties.find((property) => isPosition(property.name));
  if (position?.kind !== 'R' || position.columns !== 3) {
    throw new FrameFailure('Expected the column pos:R:3 (positions in Å) in Properties.');
  }
  if (speciesProperty(properties) === undefined) {
    throw new FrameFailure('Expected the column species:S:1 (or Z:I:1) in Properties.');
  }
}

/** Whether a column holds the Cartesian positions. */
export function isPosition(name: string): boolean {
  return name === 'pos' || name === 'positions';
}

/** The column that says what each atom is. */
export function speciesProperty(properties: readonly Property[]): Property | undefined {
  return (
    properties.find(
      (p) => (p.name === 'species' || p.name === 'symbols') && p.kind === 'S' && p.columns === 1,
    ) ?? properties.find((p) => (p.name === 'Z' || p.name === 'numbers') && p.kind === 'I' && p.columns === 1)
  );
}

/** Reads the atom lines of one frame. */
export class AtomLines {
  readonly kinds: GrowingKinds;
  readonly data: readonly PropertyData[];
  readonly layout: readonly Property[];
  private readonly scanner: NumberScanner;
  private readonly species: readonly string[] | undefined;
  /** Kind of the last species token, and the token as up to four bytes, to save the look-up. */
  private lastKey = 0;
  private lastKind = 0;

  constructor(
    properties: readonly Property[],
    atoms: number,
    scanner: NumberScanner,
    species: readonly string[] | undefined,
  ) {
    this.kinds = new GrowingKinds(atoms);
    this.layout = properties;
    this.scanner = scanner;
    this.species = species;
    const named = speciesProperty(properties);
    this.data = properties.map((property): PropertyData => {
      if (property === named) return { property, into: property.kind === 'S' ? 'kinds' : 'numbered kinds' };
      if (property.kind === 'S') return { property, into: 'text', text: [] };
      return { property, into: 'reals', reals: new GrowingReals(atoms * property.columns) };
    });
  }

  /**
   * Reads one line.
   * @throws FrameFailure when it does not fit the columns
   */
  read(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    for (const item of this.data) {
      const { kind, columns, name } = item.property;
      for (let column = 0; column < columns; column++) {
        while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
        if (at >= end) throw this.tooFew(name);
        if (item.into === 'reals') {
          if (kind === 'R') {
            item.reals.push(this.real(bytes, at, end, name));
            at = this.scanner.end;
          } else {
            const to = tokenEnd(bytes, at, end);
            item.reals.push(kind === 'I' ? this.integer(bytes, at, to, name) : logical(bytes, at, to, name));
            at = to;
          }
        } else {
          const to = tokenEnd(bytes, at, end);
          if (item.into === 'kinds') this.kinds.push(this.kind(bytes, at, to));
          else if (item.into === 'text') item.text.push(utf8Text(bytes, at, to));
          else this.kinds.pushName(this.numbered(this.integer(bytes, at, to, name)));
          at = to;
        }
      }
    }
    while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
    if (at < end) throw new FrameFailure(`Expected ${this.width()} columns in each atom line, found more.`);
  }

  private real(bytes: Uint8Array, at: number, end: number, name: string): number {
    const value = this.scanner.real(bytes, at, end);
    if (this.scanner.state !== 'number') {
      // a frame is good without what only some files have: what is not finite there is left out later
      if (this.scanner.state === 'not finite' && isNamedProperty(name)) return NaN;
      throw new FrameFailure(
        numberSentence(this.scanner.state, asciiText(bytes, at, this.scanner.end), `the column "${name}"`),
      );
    }
    return value;
  }

  private integer(bytes: Uint8Array, at: number, end: number, name: string): number {
    const value = this.scanner.real(bytes, at, end);
    if (this.scanner.state !== 'number' || !Number.isInteger(value) || Math.abs(value) > 2147483647) {
      throw new FrameFailure(
        `Expected a whole number in the column "${name}", found "${shorten(asciiText(bytes, at, end))}".`,
      );
    }
    return value;
  }

  private kind(bytes: Uint8Array, at: number, to: number): number {
    let key = 0;
    if (to - at <= 3) for (let k = at; k < to; k++) key = (key << 8) | bytes[k];
    if (key !== 0 && key === this.lastKey) return this.lastKind;
    const text = utf8Text(bytes, at, to);
    const kind = this.kinds.kindOf(/^\d+$/.test(text) ? this.numbered(Number(text)) : elementSpelling(text));
    this.lastKey = key;
    this.lastKind = kind;
    return kind;
  }

  /** Name for a number in the species column: a type where the caller named the types, else an atomic number. */
  private numbered(number: number): string {
    if (this.species !== undefined) return typeName(number, this.species);
    const symbol = symbolOfNumber(number);
    if (symbol === undefined)
      throw new FrameFailure(`Expected an atomic number from 1 to 118, found ${number}.`);
    return symbol;
  }

  private width(): number {
    return this.data.reduce((sum, item) => sum + item.property.columns, 0);
  }

  private tooFew(name: string): FrameFailure {
    return new FrameFailure(
      `Expected ${this.width()} columns in each atom line, but the line ends before the column "${shorten(name)}".`,
    );
  }
}

function tokenEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = from;
  while (end < to && bytes[end] !== 32 && bytes[end] !== 9) end++;
  return end;
}

function logical(bytes: Uint8Array, at: number, to: number, name: string): number {
  const text = asciiText(bytes, at, to);
  if (/^(?:T|True|TRUE|true|1)$/.test(text)) return 1;
  if (/^(?:F|False|FALSE|false|0)$/.test(text)) return 0;
  throw new FrameFailure(`Expected T or F in the column "${name}", found "${shorten(text)}".`);
}

const decoder = new TextDecoder('utf-8');

function utf8Text(bytes: Uint8Array, from: number, to: number): string {
  return to - from < 16 && isAscii(bytes, from, to)
    ? asciiText(bytes, from, to)
    : decoder.decode(bytes.subarray(from, to));
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] > 127) return false;
  return true;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
