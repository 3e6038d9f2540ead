/** What a POSCAR, and every file of VASP that begins like one, has before the positions. */
import { signedVolume } from '../../../src-compute/structure/cell.ts';
import { isElement } from '../../../src-compute/structure/elements.ts';
import { FrameFailure } from '../format.ts';
import { GrowingKinds } from '../growing.ts';
import { countOf, realOf, requiredLine, requiredRows, shorten, wordsOf } from '../lines.ts';
import { parseCount, parseReal } from '../numbers.ts';
import { elementOfLabel, typeName } from '../species.ts';
import type { TextInput } from '../text-input.ts';

export interface PoscarHeader {
  readonly comment: string;
  /** Lattice vectors as rows, Å. */
  readonly cell: Float64Array;
  /** Factors of Cartesian positions along x, y, z. */
  readonly scale: readonly [number, number, number];
  readonly symbols: readonly string[];
  readonly kinds: Uint16Array;
}

/**
 * Comment, scale, lattice vectors, symbols and counts.
 * @param species names of the types where the file has none
 */
export async function readPoscarHeader(
  input: TextInput,
  comment: string,
  species: readonly string[] | undefined,
): Promise<PoscarHeader> {
  const { vectors, scale } = await readCell(input);
  const { names, counts } = await readSpecies(input, comment, species);
  const kinds = new GrowingKinds();
  counts.forEach((count, k) => {
    const kind = count > 0 ? kinds.kindOf(names[k]) : 0;
    for (let atom = 0; atom < count; atom++) kinds.push(kind);
  });
  return { comment, cell: vectors, scale, symbols: kinds.symbols, kinds: kinds.finish() };
}

async function readCell(
  input: TextInput,
): Promise<{ vectors: Float64Array; scale: [number, number, number] }> {
  const words = wordsOf(await requiredLine(input, 'the scale of the lattice'));
  const scales = words.slice(0, words.length >= 3 && typeof parseReal(words[2]) === 'number' ? 3 : 1);
  const numbers = scales.map((word) => realOf(word, 'the scale of the lattice on the second line'));
  if (numbers.length === 0) realOf('', 'the scale of the lattice on the second line');
  const vectors = Float64Array.from(await requiredRows(input, 3, 3, 'the lattice vectors'));
  let scale: [number, number, number] =
    numbers.length === 3 ? [numbers[0], numbers[1], numbers[2]] : [numbers[0], numbers[0], numbers[0]];
  if (numbers.length === 1 && numbers[0] < 0) {
    const factor = Math.cbrt(-numbers[0] / Math.abs(signedVolume(vectors)));
    if (!Number.isFinite(factor))
      throw new FrameFailure('Expected lattice vectors that span a volume; they lie in one plane.');
    scale = [factor, factor, factor];
  }
  if (scale.some((factor) => !(factor > 0)))
    throw new FrameFailure(
      `Expected a positive scale, or the negative volume, found "${shorten(words.join(' '))}".`,
    );
  for (let k = 0; k < 9; k++) vectors[k] *= scale[k % 3];
  return { vectors, scale };
}

/** Symbols and counts; VASP 4 gives counts only, then the comment or the caller names the species. */
async function readSpecies(
  input: TextInput,
  comment: string,
  species: readonly string[] | undefined,
): Promise<{ names: string[]; counts: number[] }> {
  let words = await speciesWords(input, 'the symbols and counts of the species');
  let labels: string[] | undefined;
  // VASP writes at most 20 species on a line and goes on in the next one
  while (words.length > 0 && parseCount(words[0]) === undefined) {
    labels = [...(labels ?? []), ...words];
    words = await speciesWords(input, 'the counts of the species');
  }
  const counts = words.map((word) => countOf(word, 'the count of each species', 0));
  while (labels !== undefined && counts.length < labels.length && (await input.nextLine())) {
    const more = wordsOf(input.text()).map(parseCount);
    if (more.length === 0 || !more.every((count) => count !== undefined)) {
      input.hold();
      break;
    }
    counts.push(...more);
  }
  if (counts.length === 0 || counts.every((count) => count === 0))
    throw new FrameFailure('Expected the counts of the species, at least one atom.');
  if (labels !== undefined && labels.length !== counts.length) {
    throw new FrameFailure(
      `Expected one count for each of the ${labels.length} species, found ${counts.length} counts.`,
    );
  }
  const fromComment = wordsOf(comment).map((word) => (isElement(word) ? word : undefined));
  const names = counts.map((_, k) => {
    if (labels !== undefined) return elementOfLabel(labels[k].split('/', 1)[0]) ?? labels[k];
    if (species === undefined && fromComment.length === counts.length)
      return fromComment[k] ?? typeName(k + 1, undefined);
    return typeName(k + 1, species);
  });
  return { names, counts };
}

/** Words of the next line, without a comment behind ! or #. */
async function speciesWords(input: TextInput, what: string): Promise<string[]> {
  const words = wordsOf(await requiredLine(input, what));
  const end = words.findIndex((word) => /^[!#]/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

/** Whether a text begins like a POSCAR; what follows the counts. */
export function poscarBeginning(lines: readonly string[]): { follows: readonly string[] } | undefined {
  const words = lines.map(wordsOf);
  const three = (row: readonly string[] | undefined) =>
    row !== undefined &&
    row.length >= 3 &&
    row.slice(0, 3).every((word) => parseReal(word) !== 'not a number');
  if (typeof parseReal(words[1]?.[0] ?? '') !== 'number' || ![2, 3, 4].every((k) => three(words[k])))
    return undefined;
  const isCounts = (k: number) => words[k]?.[0] !== undefined && parseCount(words[k][0]) !== undefined;
  let at = 5;
  while (at < 10 && words[at]?.[0] !== undefined && !isCounts(at)) at++;
  if (!isCounts(at)) return undefined;
  while (isCounts(at) && words[at].every((word) => /^\d+$/.test(word))) at++;
  return { follows: lines.slice(Math.max(at, 6)) };
}
