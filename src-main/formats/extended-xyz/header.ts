/**
 * The comment line of extended XYZ: key=value pairs. Values are bare, quoted ("…" or '…' with backslash escapes),
 * arrays in the old style ("1 2 3" or {1 2 3}) or in the new style ([1, 2, 3], [[1, 2], [3, 4]]). A key without a
 * value is true. Text that ASE writes as `_JSON …` is read back as what it was.
 * Format: libAtoms/extxyz, README "Extended XYZ specification"; ASE, ase/io/extxyz.py.
 */
import { plainJson } from '../../../src-compute/quoting/json.ts';
import { visibleText } from '../../../src-compute/quoting/visible.ts';
import type { FrameValue } from '../../../src-compute/structure/configuration.ts';
import { FrameFailure } from '../format.ts';
import { shortReal } from '../numbers.ts';
import { isEnergyUnit } from '../units.ts';

interface RawValue {
  readonly text: string;
  readonly style: 'bare' | 'quoted' | 'braces' | 'brackets';
}

const REAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?$/;
const NOT_FINITE: Record<string, number> = {
  nan: NaN,
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  '-infinity': -Infinity,
};
const TRUE = /^(?:T|True|TRUE|true)$/;
const FALSE = /^(?:F|False|FALSE|false)$/;

/**
 * Keys and values of a comment line, in order.
 * @throws FrameFailure for an unclosed quote or bracket
 */
export function parseHeader(line: string): Map<string, FrameValue> {
  const values = new Map<string, FrameValue>();
  let at = 0;
  while ((at = skipBlanks(line, at)) < line.length) {
    const key = readKey(line, at);
    at = skipBlanks(line, key.end);
    if (line[at] === '=') {
      at = skipBlanks(line, at + 1);
      const raw = readValue(line, at, key.text);
      at = raw.end;
      if (key.text !== '') values.set(key.text, interpret(raw));
    } else {
      at = key.end;
      if (key.text !== '') values.set(key.text, true);
    }
  }
  return values;
}

/** Whether a comment line is extended XYZ rather than free text. */
export function isExtendedHeader(line: string): boolean {
  return /(?:^|\s)(?:Lattice|Properties)\s*=/i.test(line);
}

/** A plain comment that is longer holds no list of labels; each of its words is looked for in all of it below. */
const LONGEST_LABELS = 10_000;

/**
 * Keys and values of a plain comment that consists of nothing else, such as `energy=-31.7 pbc="F F F"`; a unit of
 * energy may stand among them. Undefined when it is prose, or holds no label.
 */
export function labelledComment(line: string): Map<string, FrameValue> | undefined {
  if (line.length > LONGEST_LABELS) return undefined;
  if (!/(?:energy|pbc|stress|virial|free|etot|toten)[^=\s]*\s*=/i.test(line)) return undefined;
  try {
    const values = parseHeader(line);
    const bare = [...values.keys()].filter(
      (key) => values.get(key) === true && !line.includes(`${key}=`) && !line.includes(`${key} =`),
    );
    const units = bare.map((key) => key.replaceAll(/[()[\]]/g, '')).filter(isEnergyUnit);
    if (bare.length !== units.length || units.length > 1) return undefined;
    for (const key of bare) values.delete(key);
    if (units.length === 1) values.set('energy-unit', units[0]);
    return values;
  } catch (error) {
    if (!(error instanceof FrameFailure)) throw error;
    return undefined;
  }
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function skipBlanks(line: string, at: number): number {
  while (at < line.length && isBlank(line.charCodeAt(at))) at++;
  return at;
}

function readKey(line: string, at: number): { text: string; end: number } {
  if (line[at] === '"' || line[at] === "'") return readQuoted(line, at);
  let end = at;
  for (; end < line.length; end++) {
    const code = line.charCodeAt(end);
    if (isBlank(code) || code === 61) break;
  }
  return { text: line.slice(at, end), end: end === at ? at + 1 : end };
}

function readQuoted(line: string, at: number): { text: string; end: number } {
  const quote = line[at];
  const close = line.indexOf(quote, at + 1);
  const whole = line.slice(at + 1, Math.max(at + 1, close));
  if (close > 0 && !whole.includes('\\')) return { text: whole, end: close + 1 };
  let text = '';
  let end = at + 1;
  for (; end < line.length && line[end] !== quote; end++) {
    if (line[end] === '\\' && end + 1 < line.length) {
      end++;
      text += line[end] === 'n' ? '\n' : line[end];
    } else {
      text += line[end];
    }
  }
  if (end >= line.length) {
    throw new FrameFailure(
      `Expected a closing ${quote} in the comment line after "${line.slice(at, at + 20)}".`,
    );
  }
  return { text, end: end + 1 };
}

function readValue(line: string, at: number, key: string): RawValue & { end: number } {
  const first = line[at];
  if (first === '"' || first === "'") return { ...readQuoted(line, at), style: 'quoted' };
  if (first === '{' || first === '[') {
    const end = closingBracket(line, at, key);
    return first === '{'
      ? { text: line.slice(at + 1, end), style: 'braces', end: end + 1 }
      : { text: line.slice(at, end + 1), style: 'brackets', end: end + 1 };
  }
  let end = at;
  while (end < line.length && !isBlank(line.charCodeAt(end))) end++;
  return { text: line.slice(at, end), style: 'bare', end };
}

function closingBracket(line: string, at: number, key: string): number {
  let depth = 0;
  let quoted = false;
  for (let end = at; end < line.length; end++) {
    const character = line[end];
    if (character === '"') quoted = !quoted;
    else if (quoted) {
      if (character === '\\') end++;
    } else if (character === '[' || character === '{') depth++;
    else if ((character === ']' || character === '}') && --depth === 0) return end;
  }
  throw new FrameFailure(`Expected a closing bracket for the value of "${key}" in the comment line.`);
}

function interpret(raw: RawValue): FrameValue {
  switch (raw.style) {
    case 'bare':
      return scalar(raw.text);
    case 'brackets':
      return newStyleArray(raw.text);
    case 'braces':
      return oldStyleArray(raw.text, true);
    case 'quoted':
      return raw.text.startsWith('_JSON ') ? json(raw.text.slice(6)) : oldStyleArray(raw.text, false);
  }
}

function scalar(text: string): FrameValue {
  const number = toNumber(text);
  if (number !== undefined) return number;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  return text;
}

function toNumber(text: string): number | undefined {
  const short = shortReal(text, 0, text.length);
  if (!Number.isNaN(short)) return short;
  if (REAL.test(text)) {
    const value = Number(text);
    return Number.isNaN(value) ? Number(text.replace(/[dD]/, 'e')) : value;
  }
  return Object.hasOwn(NOT_FINITE, text.toLowerCase()) ? NOT_FINITE[text.toLowerCase()] : undefined;
}

/** "1 2 3": an array when every word is of one kind that is not text, else the text itself. */
function oldStyleArray(text: string, always: boolean): FrameValue {
  const numbers = shortReals(text);
  if (numbers !== undefined && numbers.length > 0)
    return numbers.length === 1 && !always ? numbers[0] : numbers;
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return always ? [] : text;
  const values = words.map(scalar);
  if (values.length === 1 && !always) return typeof values[0] === 'string' ? text : values[0];
  if (values.every((value) => typeof value === 'number')) return values;
  if (values.every((value) => typeof value === 'boolean')) return values;
  return always ? words : text;
}

/** The numbers of a text that holds nothing but short ones (numbers.ts) and separators; else undefined. */
function shortReals(text: string): number[] | undefined {
  const numbers: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (isSeparator(text.charCodeAt(at))) continue;
    const from = at;
    while (at < text.length && !isSeparator(text.charCodeAt(at))) at++;
    const value = shortReal(text, from, at);
    if (Number.isNaN(value)) return undefined;
    numbers.push(value);
  }
  return numbers;
}

function isSeparator(code: number): boolean {
  return isBlank(code) || code === 44;
}

/** [1, 2, 3]; arrays of arrays are kept as their text, except lattices and tensors, which are read where used. */
function newStyleArray(text: string): FrameValue {
  const inner = text.slice(1, -1);
  if (inner.includes('[')) return text;
  const words = splitOutsideQuotes(inner);
  const values = words.map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : scalar(word),
  );
  if (values.every((value) => typeof value === 'number')) return values;
  if (values.every((value) => typeof value === 'boolean')) return values;
  return values.map((value, k) => (typeof value === 'string' ? value : words[k]));
}

function splitOutsideQuotes(text: string): string[] {
  return text.match(/"(?:\\.|[^"\\])*"|[^\s,]+/g) ?? [];
}

function json(text: string): FrameValue {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    if (Array.isArray(value)) {
      if (value.every((item) => typeof item === 'number')) return value;
      if (value.every((item) => typeof item === 'string')) return value;
      if (value.every((item) => typeof item === 'boolean')) return value;
    }
  } catch {
    // not JSON after all: keep the text
  }
  return `_JSON ${text}`;
}

/** All numbers of a value that is a number, an array of numbers, or an array of arrays kept as text. */
export function numbersOf(value: FrameValue): number[] | undefined {
  if (typeof value === 'number') return [value];
  if (typeof value === 'string') {
    const text = value.startsWith('_JSON ') ? value.slice(6).trim() : value;
    if (!text.startsWith('[')) return undefined;
    const words = text.split(/[\s,[\]]+/).filter((word) => word !== '');
    const numbers = words.map(toNumber);
    return numbers.every((number) => number !== undefined) ? numbers : undefined;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
  return undefined;
}

/** Text of a value that parseHeader reads back as the same value. */
export function headerValue(value: FrameValue, formatNumber: (value: number) => string): string {
  if (typeof value === 'number') return numberText(value, formatNumber);
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (typeof value === 'string') return stringText(value);
  if (value.length === 0) return quoted('_JSON []');
  if (value.every((item) => typeof item === 'number')) {
    const words = value.map((item) => numberText(item, formatNumber));
    return words.length === 1 ? `[${words[0]}]` : `"${words.join(' ')}"`;
  }
  if (value.every((item) => typeof item === 'boolean')) {
    const words = value.map((item) => (item ? 'T' : 'F'));
    return words.length === 1 ? `[${words[0]}]` : `"${words.join(' ')}"`;
  }
  return quoted(`_JSON ${plainJson(value)}`);
}

function numberText(value: number, formatNumber: (value: number) => string): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return formatNumber(value);
}

function stringText(value: string): string {
  if (/^[A-Za-z_][\w./:+-]*$/.test(value) && typeof scalar(value) === 'string') return value;
  const asRead = interpret({ text: value, style: 'quoted' });
  // control characters would break the line; words that look like numbers would change their kind
  if (asRead !== value || visibleText(value) !== value || value.includes('\t'))
    return quoted(`_JSON ${plainJson(value)}`);
  return quoted(value);
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** A key as it may be written: quoted when it holds blanks, quotes or '='. */
export function headerKey(key: string): string {
  return /^[^\s="'[\]{}]+$/.test(key) ? key : quoted(visibleText(key));
}
