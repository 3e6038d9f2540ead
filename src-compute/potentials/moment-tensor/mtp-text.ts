/**
 * The text form of moment tensor potentials that MLIP-2 and MLIP-3 read and write (`.mtp`). Species are given by
 * index only; names come from the caller.
 */
import { PotentialError } from '../../errors.ts';
import { MOST_MOMENTS, MOST_NUMBERS, MOST_RADIAL, MOST_SPECIES } from '../bounds.ts';
import { identifier } from '../../quoting/identifier.ts';
import { inPieces } from '../../quoting/json-pieces.ts';
import { validateMomentTensorModel, type MomentTensorModel } from './model.ts';

/** Reading positions of the keys that a file may hold, in any order. */
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)/gi;

/**
 * Parses a `.mtp` text.
 * @param text content of the file
 * @param species names of the types in order; 'type1', 'type2', … when absent
 * @throws PotentialError naming the missing or broken key
 */
export function parseMtp(text: string, species?: readonly string[]): MomentTensorModel {
  // after the coefficients MLIP may append the state of its active set ("#MVS_v1.1"), and we append comments
  const clean = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/^#MVS[\s\S]*/m, '')
    .replace(/^#.*$/gm, '');
  if (
    !clean
      .slice(0, 200)
      .split('\n')
      .some((line) => line.trim() === 'MTP')
  ) {
    throw new PotentialError('This is not an MLIP potential: the first line should read MTP.');
  }
  const fields = keyValues(clean);
  const count = integer(fields, 'species_count', MOST_SPECIES);
  if (species && species.length !== count) {
    throw new PotentialError(
      `The potential has ${count} species and ${species.length} names were given (${species.join(', ')}).`,
      { remedy: 'Name one element per type, in the order of the file, such as --species Si,O.' },
    );
  }
  const basis = (fields.get('radial_basis_type') ?? 'RBChebyshev').trim();
  if (basis !== 'RBChebyshev') {
    throw new PotentialError(`The radial basis ${basis} is not supported: RBChebyshev was expected.`);
  }
  const radialBasisSize = integer(fields, 'radial_basis_size', MOST_RADIAL);
  const radialFunctionCount = integer(fields, 'radial_funcs_count', MOST_RADIAL);
  const basics = integers(fields, 'alpha_index_basic', 4, integer(fields, 'alpha_index_basic_count'));
  const products = integers(fields, 'alpha_index_times', 4, integer(fields, 'alpha_index_times_count'));
  const scalarMoments = integers(fields, 'alpha_moment_mapping', 1, integer(fields, 'alpha_scalar_moments'));
  if (!fields.has('species_coeffs') || !fields.has('moment_coeffs')) {
    throw new PotentialError('This potential is not fitted: it has no species_coeffs and moment_coeffs.', {
      remedy: 'Fit it first, or take the fitted file.',
    });
  }
  const model: MomentTensorModel = {
    form: 'moment-tensor',
    species: species ?? Array.from({ length: count }, (_, k) => `type${k + 1}`),
    cutoff: number(fields, 'max_dist'),
    minimumDistance: number(fields, 'min_dist'),
    scaling: fields.has('scaling') ? number(fields, 'scaling') : 1,
    radialBasisSize,
    radialFunctionCount,
    radialCoefficients: radialCoefficients(fields, count, radialFunctionCount, radialBasisSize),
    momentCount: integer(fields, 'alpha_moments_count'),
    basics,
    products,
    scalarMoments,
    speciesCoefficients: Float64Array.from(numbers(fields, 'species_coeffs')),
    momentCoefficients: Float64Array.from(numbers(fields, 'moment_coeffs')),
  };
  validateMomentTensorModel(model);
  return model;
}

/**
 * Writes the `.mtp` text of a potential; numbers keep all their digits.
 * @param name goes into potential_name
 */
export function formatMtp(model: MomentTensorModel, name: string): string {
  return [...mtpPieces(model, name)].join('');
}

/** The same in pieces of about `length` characters. */
export function mtpPieces(model: MomentTensorModel, name: string, length?: number): Generator<string> {
  return inPieces(mtpTexts(model, name), length);
}

const real = (x: number) => x.toExponential(15);

/** `{1, 2}` or `{{1, 2}, {3, 4}}`, entry by entry. */
function* braces(values: ArrayLike<number>, width: number, format: (x: number) => string = String) {
  yield '{';
  for (let k = 0; k < values.length; k += width) {
    const row = Array.from({ length: width }, (_, c) => format(values[k + c])).join(', ');
    yield `${k > 0 ? ', ' : ''}${width > 1 ? `{${row}}` : row}`;
  }
  yield '}';
}

function* mtpTexts(model: MomentTensorModel, name: string): Generator<string> {
  const head = [
    'MTP',
    'version = 1.1.0',
    `potential_name = ${identifier(name)}`,
    `scaling = ${real(model.scaling)}`,
    `species_count = ${model.species.length}`,
    'potential_tag = ',
    'radial_basis_type = RBChebyshev',
    `\tmin_dist = ${real(model.minimumDistance)}`,
    `\tmax_dist = ${real(model.cutoff)}`,
    `\tradial_basis_size = ${model.radialBasisSize}`,
    `\tradial_funcs_count = ${model.radialFunctionCount}`,
    '\tradial_coeffs',
  ];
  yield head.join('\n');
  const c = model.radialCoefficients;
  let offset = 0;
  for (let zi = 0; zi < model.species.length; zi++) {
    for (let zj = 0; zj < model.species.length; zj++) {
      yield `\n\t\t${zi}-${zj}`;
      for (let mu = 0; mu < model.radialFunctionCount; mu++, offset += model.radialBasisSize) {
        yield '\n\t\t\t';
        yield* braces(c.subarray(offset, offset + model.radialBasisSize), 1, real);
      }
    }
  }
  yield `\nalpha_moments_count = ${model.momentCount}`;
  yield `\nalpha_index_basic_count = ${model.basics.length / 4}`;
  yield '\nalpha_index_basic = ';
  yield* braces(model.basics, 4);
  yield `\nalpha_index_times_count = ${model.products.length / 4}`;
  yield '\nalpha_index_times = ';
  yield* braces(model.products, 4);
  yield `\nalpha_scalar_moments = ${model.scalarMoments.length}`;
  yield '\nalpha_moment_mapping = ';
  yield* braces(model.scalarMoments, 1);
  yield '\nspecies_coeffs = ';
  yield* braces(model.speciesCoefficients, 1, real);
  yield '\nmoment_coeffs = ';
  yield* braces(model.momentCoefficients, 1, real);
  yield '\n';
}

/** Splits the file into key → value text; a value may run over several lines until its braces close. */
function keyValues(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  const heads = [...text.matchAll(/^[ \t]*([a-z_]+)[ \t]*(?:=|$)/gm)].filter((head) => head[1] !== '');
  heads.forEach((head, k) => {
    const start = head.index + head[0].length;
    const end = k + 1 < heads.length ? heads[k + 1].index : text.length;
    const value = text.slice(start, end);
    const before = fields.get(head[1]);
    // MLIP applies every scaling line: they multiply
    const both = head[1] === 'scaling' && before !== undefined;
    fields.set(head[1], both ? String(Number(before) * Number(value)) : value);
  });
  return fields;
}

function numbers(fields: Map<string, string>, key: string): number[] {
  const value = fields.get(key);
  if (value === undefined)
    throw new PotentialError(`The potential file has no ${key}.`, { remedy: 'It may be cut short.' });
  if (value.includes('{') && (value.match(/{/g)?.length ?? 0) !== (value.match(/}/g)?.length ?? 0)) {
    throw new PotentialError(`The list ${key} of the potential file does not end.`, {
      remedy: 'It may be cut short.',
    });
  }
  return (value.match(NUMBER) ?? []).map(Number);
}

function number(fields: Map<string, string>, key: string): number {
  const values = numbers(fields, key);
  if (values.length !== 1 || !Number.isFinite(values[0])) {
    throw new PotentialError(`${key} of the potential file should be one number.`);
  }
  return values[0];
}

function integer(fields: Map<string, string>, key: string, most = MOST_MOMENTS): number {
  const value = number(fields, key);
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new PotentialError(
      `${key} of the potential file should be a count up to ${most}, and is ${value}.`,
    );
  }
  return value;
}

function integers(fields: Map<string, string>, key: string, width: number, rows: number): Int32Array {
  const values = numbers(fields, key);
  if (
    values.length !== width * rows ||
    !values.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31)
  ) {
    throw new PotentialError(
      `${key} should hold ${rows} entries of ${width} integers, and holds ${values.length} numbers.`,
      {
        remedy: 'The file may be cut short or edited.',
      },
    );
  }
  return Int32Array.from(values);
}

function radialCoefficients(
  fields: Map<string, string>,
  species: number,
  functions: number,
  size: number,
): Float64Array {
  const block = fields.get('radial_coeffs');
  if (block === undefined) {
    throw new PotentialError('This potential is not fitted: it has no radial_coeffs.', {
      remedy: 'Fit it first.',
    });
  }
  const length = species * species * functions * size;
  if (length > MOST_NUMBERS)
    throw new PotentialError(`radial_coeffs should hold ${length} numbers, more than any potential has.`);
  const result = new Float64Array(length).fill(NaN);
  const pairs = [...block.matchAll(/^[ \t]*(\d+)-(\d+)[ \t]*$/gm)];
  pairs.forEach((pair, k) => {
    const [zi, zj] = [Number(pair[1]), Number(pair[2])];
    if (zi >= species || zj >= species)
      throw new PotentialError(`radial_coeffs names the pair ${pair[1]}-${pair[2]}, beyond species_count.`);
    const end = k + 1 < pairs.length ? pairs[k + 1].index : block.length;
    const values = (block.slice(pair.index + pair[0].length, end).match(NUMBER) ?? []).map(Number);
    if (values.length !== functions * size) {
      throw new PotentialError(
        `radial_coeffs of the pair ${pair[1]}-${pair[2]} should hold ${functions} × ${size} numbers, and holds ${values.length}.`,
      );
    }
    result.set(values, (zi * species + zj) * functions * size);
  });
  if (!result.every(Number.isFinite)) {
    throw new PotentialError('radial_coeffs does not give finite numbers for every pair of species.');
  }
  return result;
}
