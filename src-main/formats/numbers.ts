/**
 * Numbers in text. The readers of large files scan bytes, not strings: a decimal of at most 15 digits (16 below
 * 2⁵³) with a small exponent is m·10^e or m/10^e of two exactly representable numbers, so one rounding gives the
 * nearest double (Clinger, "How to read floating point numbers accurately", 1990). Everything else goes through
 * Number(), which is exact as well but needs a string.
 */

const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
const TWO_TO_53 = 9007199254740992;

/** What the last token was. */
export type TokenState = 'number' | 'not finite' | 'overflow' | 'not a number';

/** Scans numbers out of bytes without making strings; reuse one scanner, it keeps no memory. */
export class NumberScanner {
  /** Index after the token of the last call. */
  end = 0;
  /** What the token of the last call was; anything but 'number' comes with the value NaN. */
  state: TokenState = 'number';

  /**
   * Real number that begins at `from` (no leading blanks). Accepts Fortran's D exponents.
   * @param to end of the line
   */
  real(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    let byte = at < to ? bytes[at] : 0;
    const negative = byte === 45;
    if (negative || byte === 43) byte = ++at < to ? bytes[at] : 0;
    let mantissa = 0;
    let digits = 0;
    let seen = 0;
    while (byte >= 48 && byte <= 57) {
      mantissa = mantissa * 10 + (byte - 48);
      if (mantissa !== 0) digits++;
      seen++;
      byte = ++at < to ? bytes[at] : 0;
    }
    let exponent = 0;
    if (byte === 46) {
      byte = ++at < to ? bytes[at] : 0;
      while (byte >= 48 && byte <= 57) {
        mantissa = mantissa * 10 + (byte - 48);
        if (mantissa !== 0) digits++;
        seen++;
        exponent--;
        byte = ++at < to ? bytes[at] : 0;
      }
    }
    if (seen > 0 && (byte === 101 || byte === 69 || byte === 100 || byte === 68)) {
      let power = 0;
      byte = ++at < to ? bytes[at] : 0;
      const down = byte === 45;
      if (down || byte === 43) byte = ++at < to ? bytes[at] : 0;
      let powerDigits = 0;
      while (byte >= 48 && byte <= 57) {
        power = power * 10 + (byte - 48);
        powerDigits++;
        byte = ++at < to ? bytes[at] : 0;
      }
      if (powerDigits === 0) seen = 0;
      exponent += down ? -power : power;
    }
    const ended = at >= to || byte === 32 || byte === 9;
    if (seen > 0 && ended && digits <= 16 && mantissa < TWO_TO_53 && exponent >= -22 && exponent <= 22) {
      this.end = at;
      this.state = 'number';
      const value = exponent < 0 ? mantissa / POWERS[-exponent] : mantissa * POWERS[exponent];
      return negative ? -value : value;
    }
    return this.slowReal(bytes, from, to);
  }

  private slowReal(bytes: Uint8Array, from: number, to: number): number {
    let end = from;
    while (end < to && bytes[end] !== 32 && bytes[end] !== 9) end++;
    this.end = end;
    const value = parseReal(asciiText(bytes, from, end));
    this.state = typeof value === 'number' ? 'number' : value;
    return typeof value === 'number' ? value : NaN;
  }
}

/**
 * A plain decimal in text[from … to) of at most 15 digits and a small exponent, as Number() reads it; NaN for everything
 * else, whether it is a number or not. For texts of which most words are such numbers: no string is made of them.
 */
export function shortReal(text: string, from: number, to: number): number {
  let at = from;
  const negative = text.charCodeAt(at) === 45;
  if (negative || text.charCodeAt(at) === 43) at++;
  let [mantissa, exponent] = [0, 0];
  const first = at;
  let point = -1;
  for (; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) mantissa = 10 * mantissa + (code - 48);
    else if (code === 46 && point < 0) point = at;
    else break;
  }
  const digits = at - first - (point < 0 ? 0 : 1);
  if (digits === 0 || digits > 15) return NaN;
  if (point >= 0) exponent = point + 1 - at;
  if (at < to) {
    const letter = text.charCodeAt(at++);
    if (letter !== 101 && letter !== 69) return NaN;
    const down = text.charCodeAt(at) === 45;
    if (down || text.charCodeAt(at) === 43) at++;
    if (at >= to || to - at > 3) return NaN;
    let power = 0;
    for (; at < to; at++) {
      const code = text.charCodeAt(at);
      if (!(code >= 48 && code <= 57)) return NaN;
      power = 10 * power + (code - 48);
    }
    exponent += down ? -power : power;
  }
  if (exponent < -22 || exponent > 22) return NaN;
  const value = exponent < 0 ? mantissa / POWERS[-exponent] : mantissa * POWERS[exponent];
  return negative ? -value : value;
}

/** Bytes as text, one character a byte. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?$/;
/** Fortran drops the letter when the exponent needs three digits: 0.1234-102. */
const DECIMAL_WITHOUT_LETTER = /^([+-]?\d*\.\d*)([+-]\d{3})$/;
const NOT_FINITE = /^[+-]?(?:nan|inf(?:inity)?)(?:\(.*\))?$/i;

/** A real number as C or Fortran print it, or what the text is instead. */
export function parseReal(text: string): number | Exclude<TokenState, 'number'> {
  if (DECIMAL.test(text)) {
    const value = Number(text.replace(/[dD]/, 'e'));
    return Number.isFinite(value) ? value : 'not finite';
  }
  if (NOT_FINITE.test(text)) return 'not finite';
  if (/\*{2,}/.test(text)) return 'overflow';
  const fortran = DECIMAL_WITHOUT_LETTER.exec(text);
  if (fortran !== null && /\d/.test(fortran[1])) return Number(`${fortran[1]}e${fortran[2]}`);
  return 'not a number';
}

/** A whole number of at least 0, or undefined. */
export function parseCount(text: string): number | undefined {
  if (!/^\s*\+?\d{1,15}\s*$/.test(text)) return undefined;
  return Number(text);
}

/** Text of a number: the shortest that reads back the same, or with the given significant digits. */
export function formatReal(value: number, significantDigits?: number): string {
  if (Object.is(value, -0)) return '-0.0';
  if (significantDigits === undefined) return String(value);
  return value.toPrecision(significantDigits);
}

/** Sentence for a token that is no usable number. */
export function numberSentence(state: TokenState, token: string, what: string): string {
  const shown = token.length > 24 ? `${token.slice(0, 24)}…` : token;
  switch (state) {
    case 'not finite':
      return `Expected a finite number for ${what}, found "${shown}".`;
    case 'overflow':
      return `Expected a number for ${what}, found "${shown}": a Fortran program printed stars because the number did not fit its column.`;
    default:
      return shown === ''
        ? `Expected a number for ${what}, but the line ends before it.`
        : `Expected a number for ${what}, found "${shown}".`;
  }
}
