/** Orders of long columns: found once per column, then applied to any choice of rows in one pass. */

/** Rows of a column in ascending order. Equal values keep their order; NaN comes last. */
export interface ColumnOrder {
  readonly rows: Uint32Array;
  /** Where rows of another value begin in `rows`, and its length at the end. */
  readonly groups: Uint32Array;
  /** Rows from here on have no number. */
  readonly missing: number;
}

/**
 * Order of numbers by radix: bits of a double compare like whole numbers once the sign is taken care of, so that four
 * passes over 16 bits each sort any length, stably and without comparing.
 */
export function orderOf(values: Float64Array): ColumnOrder {
  const n = values.length;
  const numbers = new Float64Array(n);
  // + 0 turns −0 into 0, which is the same number with other bits
  for (let k = 0; k < n; k++) numbers[k] = values[k] + 0;
  const bits = new Uint32Array(numbers.buffer);
  for (let k = 0; k < n; k++) {
    const negative = bits[2 * k + 1] >>> 31 !== 0;
    if (Number.isNaN(values[k])) bits[2 * k] = bits[2 * k + 1] = 0xffffffff;
    else if (negative) {
      bits[2 * k] = ~bits[2 * k];
      bits[2 * k + 1] = ~bits[2 * k + 1];
    } else bits[2 * k + 1] |= 0x80000000;
  }
  let rows = new Uint32Array(n);
  for (let k = 0; k < n; k++) rows[k] = k;
  let other = new Uint32Array(n);
  const counts = new Uint32Array(65536);
  for (let pass = 0; pass < 4; pass++) {
    sortPass(bits, pass >> 1, 16 * (pass & 1), rows, other, counts);
    [rows, other] = [other, rows];
  }
  return withGroups(rows, values);
}

/** Sorts rows by 16 bits of their keys, keeping the order of equal ones. */
function sortPass(
  bits: Uint32Array,
  half: number,
  shift: number,
  rows: Uint32Array,
  into: Uint32Array,
  counts: Uint32Array,
): void {
  counts.fill(0);
  for (let k = 0; k < rows.length; k++) counts[(bits[2 * k + half] >>> shift) & 0xffff]++;
  let start = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit];
    counts[digit] = start;
    start += count;
  }
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k];
    into[counts[(bits[2 * row + half] >>> shift) & 0xffff]++] = row;
  }
}

/** Order of words by their codes: few words, many rows. */
export function orderOfWords(codes: ArrayLike<number>, words: readonly string[]): ColumnOrder {
  const order = words
    .map((_, code) => code)
    .sort((a, b) => words[a].localeCompare(words[b], 'en', { numeric: true }));
  const rank = new Float64Array(words.length);
  order.forEach((code, place) => (rank[code] = place));
  return orderOf(Float64Array.from({ length: codes.length }, (_, row) => rank[codes[row]]));
}

function withGroups(rows: Uint32Array, values: Float64Array): ColumnOrder {
  const groups = new Uint32Array(rows.length + 1);
  let [count, missing] = [0, rows.length];
  for (let k = 0; k < rows.length; k++) {
    const value = values[rows[k]];
    if (Number.isNaN(value)) {
      missing = k;
      break;
    }
    if (k === 0 || value !== values[rows[k - 1]]) groups[count++] = k;
  }
  groups[count++] = missing;
  return { rows, groups: groups.slice(0, count), missing };
}

/**
 * Some rows in the order of a column. Equal values stand by position either way, those without a number last.
 * @param chosen rows by position
 */
export function inOrder(order: ColumnOrder, chosen: Uint32Array, descending: boolean): Uint32Array {
  const { rows, groups, missing } = order;
  const wanted = new Uint8Array(rows.length);
  for (const row of chosen) wanted[row] = 1;
  const sorted = new Uint32Array(chosen.length);
  let n = 0;
  const take = (from: number, to: number) => {
    for (let k = from; k < to; k++) if (wanted[rows[k]] === 1) sorted[n++] = rows[k];
  };
  if (!descending) take(0, missing);
  else for (let group = groups.length - 2; group >= 0; group--) take(groups[group], groups[group + 1]);
  take(missing, rows.length);
  return sorted;
}
