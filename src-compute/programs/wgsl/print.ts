/**
 * Programs as WGSL, with the skeleton of many-body forms around them: one thread per atom, whose neighbours it visits twice.
 * Sums, derivatives and work of an atom lie in a scratch buffer, number after number for all atoms of a batch, so that
 * neighbouring threads read neighbouring words.
 */
import { ENTRY, THREAD_INDEX } from '../../backends/gpu/shaders.ts';
import type { TableShape } from '../code.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import { TextCode, type Dialect } from '../text/code.ts';

/** Smallest normal number of single precision: shaders may not say smaller ones. */
const SMALLEST = 2 ** -126;

const literal = (value: number) => `${Math.abs(value) < SMALLEST ? 0 : Math.fround(value)}f`;

/** Where things lie among the words that a program reads. */
export interface WordPlaces {
  /** Numbers of atoms, of pairs; the tables of each species. */
  readonly atoms: number;
  readonly pairs: number;
  readonly tables: number;
  /** Starts of the tables of one species, and how many words they are. */
  readonly starts: readonly number[];
  readonly tableWords: number;
  readonly end: number;
}

const rowWords = (shape: TableShape) => shape.words.length + shape.reals;

export function wordPlaces(program: ManyBodyProgram, species: number): WordPlaces {
  const pairs = species * program.atomNumbers;
  const tables = pairs + species ** 2 * program.pairNumbers;
  let tableWords = 0;
  const starts = program.tables.map((shape) => {
    const start = tableWords;
    tableWords += shape.rows * rowWords(shape);
    return start;
  });
  return { atoms: 0, pairs, tables, starts, tableWords, end: tables + species * tableWords };
}

/** All words of a program: numbers as their bits, tables row by row. */
export function programWords(program: ManyBodyProgram, species: number): Uint32Array<ArrayBuffer> {
  const places = wordPlaces(program, species);
  const words = new Uint32Array(places.end);
  const reals = new Float32Array(words.buffer);
  for (let a = 0; a < species; a++) {
    reals.set(program.atomNumbersOf(a), places.atoms + a * program.atomNumbers);
    for (let b = 0; b < species; b++)
      reals.set(program.pairNumbersOf(a, b), places.pairs + (a * species + b) * program.pairNumbers);
    program.tablesOf(a).forEach((contents, t) => {
      const shape = program.tables[t];
      for (let row = 0; row < shape.rows; row++) {
        const at = places.tables + a * places.tableWords + places.starts[t] + row * rowWords(shape);
        for (let k = 0; k < shape.words.length; k++)
          words[at + k] = contents.words[row * shape.words.length + k];
        for (let k = 0; k < shape.reals; k++)
          reals[at + shape.words.length + k] = contents.reals[row * shape.reals + k];
      }
    });
  }
  return words;
}

function dialectOf(places: WordPlaces): Dialect {
  const rowAt = (table: number, shape: TableShape, row: string) =>
    `tableBase + ${places.starts[table]}u + ${row} * ${rowWords(shape)}u`;
  return {
    single: true,
    constant: literal,
    declare: (name, value) => `let ${name} = ${value};`,
    declareVariable: (name, value) => `var ${name} = ${value};`,
    declarePlace: (name, value) => `let ${name} = ${value};`,
    loop: (variable, first, last) =>
      `for (var ${variable}: u32 = ${first}; ${variable} < ${last}; ${variable}++) {`,
    whenAnyLess: (a, b) => `if (${a} < ${b}) {`,
    minimum: (a, b) => `min(${a}, ${b})`,
    maximum: (a, b) => `max(${a}, ${b})`,
    absolute: (a) => `abs(${a})`,
    root: (a) => `sqrt(${a})`,
    floor: (a) => `floor(${a})`,
    exponential: (a) => `exp(clamp(${a}, -86f, 86f))`,
    selectLess: (a, b, yes, no) => `select(${no}, ${yes}, ${a} < ${b})`,
    word: (table, shape, row, k) => `words[${rowAt(table, shape, row)} + ${k}u]`,
    real: (table, shape, row, k) =>
      `bitcast<f32>(words[${rowAt(table, shape, row)} + ${shape.words.length + k}u])`,
    gather: (array, names, index, stride) =>
      names.map(
        (name, k) => `let ${name} = bitcast<f32>(words[${array} + u32(${index}) * ${stride}u + ${k}u]);`,
      ),
  };
}

/** Reals of an atom in scratch memory; `base` is the place of its first. */
const scratch = (code: TextCode, base: string, writable = true) =>
  code.array(base, (index) => `scratch[${base} + (${index}) * batch.w]`, writable);
const numbers = (code: TextCode, base: string) =>
  code.array(base, (index) => `bitcast<f32>(words[${base} + ${index}])`, false);

function neighbourPart(code: TextCode, writable: boolean): NeighbourPart<string, string> {
  return {
    difference: ['d.x', 'd.y', 'd.z'],
    squared: code.let('dot(d, d)'),
    pair: numbers(code, 'pairBase'),
    fields: code.array('fields', (index) => `scratch[pair + (${index}) * batch.z]`, writable),
  };
}

/** Numbers of an atom in scratch memory. */
export function scratchNumbers(program: ManyBodyProgram): number {
  return (program.inWork ? 0 : 2 * program.sums * program.channels) + program.work;
}

/**
 * The shader of a program. Bindings: batch (first atom, the one behind the last, capacity of pairs, atoms of a batch), words,
 * rowStart, vectors, types (centre · species + neighbour of each pair), centres (species of each atom), gradients, sums
 * (8 per atom: energy without its constant, virial), scratch: first the kept fields of all pairs, then the atoms' numbers.
 */
export function programShader(program: ManyBodyProgram, species: number): string {
  const places = wordPlaces(program, species);
  const dialect = dialectOf(places);
  const sumCount = program.sums * program.channels;
  const first = new TextCode(dialect);
  program.neighbour(first, neighbourPart(first, true), scratch(first, 'sums'));
  const atom = new TextCode(dialect, program.tables);
  const energy = program.atom(atom, {
    sums: scratch(atom, 'sums', false),
    adjoints: scratch(atom, 'adjoints'),
    work: scratch(atom, 'work'),
    numbers: numbers(atom, 'numberBase'),
  });
  const second = new TextCode(dialect);
  const gradient = program.gradient(second, neighbourPart(second, false), scratch(second, 'adjoints', false));
  const { inWork } = program;
  const channel = (base: string) =>
    program.channels === 1 ? base : `${base} + (u32(types[p]) % ${species}u) * ${program.sums}u * batch.w`;
  const reach = `bitcast<f32>(words[pairBase + ${program.reach ?? 0}u])`;
  const beyond =
    program.reach === undefined
      ? 'return false;'
      : `let reach = ${reach}; return dot(d, d) >= reach * reach;`;
  return `
@group(0) @binding(0) var<uniform> batch: vec4<u32>;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read> rowStart: array<u32>;
@group(0) @binding(3) var<storage, read> vectors: array<f32>;
@group(0) @binding(4) var<storage, read> types: array<f32>;
@group(0) @binding(5) var<storage, read> centres: array<u32>;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(7) var<storage, read_write> results: array<f32>;
@group(0) @binding(8) var<storage, read_write> scratch: array<f32>;
fn neighbour(d: vec3<f32>, pairBase: u32, pair: u32, sums: u32) {
${first.text}
}
fn energyOf(sums: u32, adjoints: u32, work: u32, numberBase: u32, tableBase: u32) -> f32 {
${atom.text}
  return ${energy};
}
fn gradientOf(d: vec3<f32>, pairBase: u32, pair: u32, adjoints: u32) -> vec3<f32> {
${second.text}
  return vec3<f32>(${gradient.join(', ')});
}
fn vectorOf(p: u32) -> vec3<f32> {
  return vec3<f32>(vectors[3u * p], vectors[3u * p + 1u], vectors[3u * p + 2u]);
}
fn isBeyond(d: vec3<f32>, pairBase: u32) -> bool {
  ${beyond}
}
fn pairBaseOf(p: u32) -> u32 { return ${places.pairs}u + u32(types[p]) * ${program.pairNumbers}u; }
${ENTRY} {
  let slot = ${THREAD_INDEX};
  let l = batch.x + slot;
  if (l >= batch.y) { return; }
  let start = ${program.fields}u * batch.z + slot;
  let sums = start + ${inWork ? inWork.sums : 0}u * batch.w;
  let adjoints = start + ${inWork ? inWork.adjoints : sumCount}u * batch.w;
  let work = start + ${inWork ? 0 : 2 * sumCount}u * batch.w;
  for (var k = 0u; k < ${sumCount}u; k++) { scratch[sums + k * batch.w] = 0.0; }
  for (var p = rowStart[l]; p < rowStart[l + 1u]; p++) {
    let d = vectorOf(p);
    let pairBase = pairBaseOf(p);
    if (isBeyond(d, pairBase)) { continue; }
    neighbour(d, pairBase, p, ${channel('sums')});
  }
  let centre = centres[l];
  let energy = energyOf(sums, adjoints, work, ${places.atoms}u + centre * ${program.atomNumbers}u,
                        ${places.tables}u + centre * ${places.tableWords}u);
  var diagonal = vec3<f32>(0.0);
  var other = vec3<f32>(0.0);
  for (var p = rowStart[l]; p < rowStart[l + 1u]; p++) {
    let d = vectorOf(p);
    let pairBase = pairBaseOf(p);
    var g = vec3<f32>(0.0);
    if (!isBeyond(d, pairBase)) { g = gradientOf(d, pairBase, p, ${channel('adjoints')}); }
    gradients[3u * p] = g.x;
    gradients[3u * p + 1u] = g.y;
    gradients[3u * p + 2u] = g.z;
    diagonal += d * g;
    other += d.yxx * g.zzy;
  }
  let r = 8u * l;
  results[r] = energy;
  results[r + 1u] = diagonal.x;
  results[r + 2u] = diagonal.y;
  results[r + 3u] = diagonal.z;
  results[r + 4u] = other.x;
  results[r + 5u] = other.y;
  results[r + 6u] = other.z;
}`;
}
