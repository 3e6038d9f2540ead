/** Reads `.yace` files: the C-tilde basis of an ACE potential, for `pair_style pace` of LAMMPS. */
import { isElement } from '../../structure/elements.ts';
import { LONGEST_CUTOFF, MOST_RADIAL, MOST_SPECIES } from '../bounds.ts';
import {
  ACE_CORES,
  ACE_EMBEDDINGS,
  ACE_RADIAL_FAMILIES,
  LARGEST_ACE_L,
  LARGEST_ACE_RANK,
  validateAceModel,
  whatIsWrong,
  type AceBond,
  type AceCore,
  type AceEmbedding,
  type AceFunction,
  type AceModel,
} from './model.ts';
import { YamlText, type Field } from './yaml-fields.ts';

const MOST_DENSITIES = 100;
const MOST_COMBINATIONS = 1_000_000;

/**
 * @param text of a `.yace` file
 */
export function parseYace(text: string): AceModel {
  const { root } = new YamlText(text);
  const names = root.get('elements');
  const species = names.list().map((name) => name.word());
  if (species.length < 1 || species.length > MOST_SPECIES) names.fail('should name at least one element');
  const odd = species.find((name) => !isElement(name));
  if (odd !== undefined) names.fail(`names ${JSON.stringify(odd.slice(0, 40))}, which is no element`);
  if (new Set(species).size < species.length) names.fail('names an element twice');
  const size = species.length;
  const isolated = Float64Array.from(root.get('E0').reals(size));
  const embeddings = perSpecies(root.get('embeddings'), species, readEmbedding);
  const { bonds, core } = readBonds(root.get('bonds'), species);
  const spacing = root.get('deltaSplineBins');
  const tableSpacing = spacing.real();
  if (!(tableSpacing >= 1e-5 && tableSpacing <= 0.1))
    spacing.fail(`is ${tableSpacing} Å: 0.00001 to 0.1 was expected`);
  const model: AceModel = {
    ...{ form: 'ace', species, cutoff: Math.max(...bonds.map(({ cutoff }) => cutoff)) },
    ...{ tableSpacing, core, isolated, embeddings, bonds, functions: species.map(() => []) },
  };
  const functions = perSpecies(root.get('functions'), species, (field, s) =>
    field.list().map((one, k) => readFunction(one, model, s, k)),
  );
  const whole = { ...model, functions };
  validateAceModel(whole);
  return whole;
}

/** The values of a map whose keys number the species. */
function perSpecies<T>(field: Field, species: readonly string[], read: (value: Field, s: number) => T): T[] {
  const found = new Map<number, T>();
  for (const { key, value } of field.entries()) {
    const [s] = key;
    if (key.length !== 1 || !Number.isInteger(s) || s < 0 || s >= species.length)
      value.fail(`is of a species that there is not: 0 to ${species.length - 1} were expected`);
    if (found.has(s)) value.fail('stands twice');
    found.set(s, read(value, s));
  }
  return species.map((name, s) => {
    const value = found.get(s);
    if (value === undefined) return field.fail(`lacks those of ${name} (${s})`);
    return value;
  });
}

/** One of some words. */
function choice<W extends string>(field: Field, words: readonly W[], remedy?: string): W {
  const word = field.word();
  const found = words.find((one) => one === word);
  if (found === undefined)
    return field.fail(`is ${JSON.stringify(word.slice(0, 60))}: ${words.join(', ')} can be read`, remedy);
  return found;
}

function readEmbedding(field: Field): AceEmbedding {
  const densities = field.get('ndensity').integer(1, MOST_DENSITIES);
  const parameters = field.get('FS_parameters').reals(2 * densities);
  return {
    kind: choice(field.get('npoti'), ACE_EMBEDDINGS),
    weights: Float64Array.from({ length: densities }, (_, p) => parameters[2 * p]),
    exponents: Float64Array.from({ length: densities }, (_, p) => parameters[2 * p + 1]),
    coreCutoff: field.get('rho_core_cutoff').real(),
    coreWidth: field.get('drho_core_cutoff').real(),
  };
}

function readBond(field: Field): { bond: AceBond; core: AceCore } {
  const radial = choice(
    field.get('radbasename'),
    ACE_RADIAL_FAMILIES,
    'Radial functions of ACE.jl (ACE.jl.base) are tables of another kind and are not read.',
  );
  const radialCount = field.get('nradmax').integer(1, MOST_RADIAL);
  const lmax = field.get('lmax').integer(0, LARGEST_ACE_L);
  const baseCount = field.get('nradbasemax').integer(1, MOST_RADIAL);
  const parameters = field.get('radparameters');
  const [parameter] = parameters.reals();
  if (parameter === undefined) parameters.fail('should hold λ');
  const coefficients = new Float64Array(radialCount * (lmax + 1) * baseCount);
  const given = field.get('radcoefficients');
  const byN = given.list();
  if (byN.length !== radialCount)
    given.fail(`are of ${byN.length} functions where nradmax is ${radialCount}`);
  byN.forEach((one, n) => {
    const byL = one.list();
    if (byL.length !== lmax + 1) one.fail(`are of ${byL.length} l where lmax is ${lmax}`);
    byL.forEach((row, l) => {
      coefficients.set(row.reals(baseCount), (n * (lmax + 1) + l) * baseCount);
    });
  });
  const cutoff = field.get('rcut');
  const rcut = cutoff.real();
  if (!(rcut > 0 && rcut <= LONGEST_CUTOFF))
    cutoff.fail(`is ${rcut} Å: more than 0 and at most ${LONGEST_CUTOFF} was expected`);
  const optional = (key: string) => (field.has(key) ? field.get(key).real() : 0);
  const bond = {
    ...{ radial, parameter, radialCount, baseCount, lmax, coefficients, cutoff: rcut },
    cutoffWidth: field.get('dcut').real(),
    innerCutoff: optional('rcut_in'),
    innerWidth: optional('dcut_in'),
    corePrefactor: field.get('prehc').real(),
    coreExponent: field.get('lambdahc').real(),
  };
  for (const key of ['cutoffWidth', 'innerCutoff', 'innerWidth'] as const)
    if (bond[key] < 0) field.fail(`has a negative ${key === 'cutoffWidth' ? 'dcut' : 'inner cutoff'}`);
  const core = field.has('inner_cutoff_type') ? choice(field.get('inner_cutoff_type'), ACE_CORES) : 'density';
  return { bond, core };
}

/** Bonds of all ordered pairs, with as many functions as the largest of them has. */
function readBonds(field: Field, species: readonly string[]): { bonds: AceBond[]; core: AceCore } {
  const size = species.length;
  const found = new Map<number, { bond: AceBond; core: AceCore }>();
  for (const { key, value } of field.entries()) {
    const [a, b] = key;
    const known = key.length === 2 && key.every((s) => Number.isInteger(s) && s >= 0 && s < size);
    if (!known) value.fail(`is of species that there are not: 0 to ${size - 1} were expected`);
    if (found.has(a * size + b)) value.fail('stands twice');
    found.set(a * size + b, readBond(value));
  }
  const list = Array.from({ length: size * size }, (_, k) => {
    const one = found.get(k);
    const [a, b] = [Math.floor(k / size), k % size];
    if (one === undefined)
      return field.fail(`lacks the pair [${a}, ${b}] (${species[a]} sees ${species[b]})`);
    return one;
  });
  const [{ core }] = list;
  if (list.some((one) => one.core !== core))
    field.fail('has pairs with different inner_cutoff_type', 'The evaluator knows one for all pairs.');
  return { bonds: widened(list.map(({ bond }) => bond)), core };
}

/** The file's evaluator gives every pair the most functions that any has; the coefficients of those added are zero. */
function widened(bonds: readonly AceBond[]): AceBond[] {
  const most = (key: 'radialCount' | 'baseCount' | 'lmax') => Math.max(...bonds.map((bond) => bond[key]));
  const [radialCount, baseCount, lmax] = [most('radialCount'), most('baseCount'), most('lmax')];
  return bonds.map((bond) => {
    const coefficients = new Float64Array(radialCount * (lmax + 1) * baseCount);
    for (let n = 0; n < bond.radialCount; n++)
      for (let l = 0; l <= bond.lmax; l++) {
        const from = (n * (bond.lmax + 1) + l) * bond.baseCount;
        const row = bond.coefficients.subarray(from, from + bond.baseCount);
        coefficients.set(row, (n * (lmax + 1) + l) * baseCount);
      }
    return { ...bond, radialCount, baseCount, lmax, coefficients };
  });
}

function readFunction(field: Field, model: AceModel, centre: number, k: number): AceFunction {
  if (field.get('mu0').real() !== centre)
    field.get('mu0').fail(`should be ${centre}, the species of the list`);
  const rank = field.get('rank').integer(1, LARGEST_ACE_RANK);
  const densities = field.get('ndensity').integer(1, MOST_DENSITIES);
  const combinations = field.get('num_ms_combs').integer(1, MOST_COMBINATIONS);
  const f = {
    neighbours: Int32Array.from(field.get('mus').integers(rank, 0, model.species.length - 1)),
    radial: Int32Array.from(field.get('ns').integers(rank, 1, MOST_RADIAL)),
    angular: Int32Array.from(field.get('ls').integers(rank, 0, LARGEST_ACE_L)),
    orders: Int32Array.from(
      field.get('ms_combs').integers(rank * combinations, -LARGEST_ACE_L, LARGEST_ACE_L),
    ),
    couplings: Float64Array.from(field.get('ctildes').reals(combinations * densities)),
    weights: new Float64Array(densities).fill(1),
  };
  const wrong = whatIsWrong(f, model, centre);
  if (wrong !== undefined) field.fail(`(function ${k + 1} of ${model.species[centre]}) ${wrong}`);
  return f;
}

/** Whether a text begins as a `.yace` file does. */
export function looksLikeYace(text: string): boolean {
  return /^(?:#[^\n]*\n|\s)*elements:\s*\[/.test(text.slice(0, 2000)) && text.includes('deltaSplineBins');
}
