/**
 * Programs as C++ of the KIM model (resources/kim-model/source/program-kernels-body.hpp is the skeleton that calls them):
 * values are vectors of central atoms, arrays rows of them.
 */
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import { CrowdingProgram } from '../crowding/program.ts';
import { PairProgram } from '../pair/program.ts';
import { TextCode, type Dialect } from '../text/code.ts';

/** A double that reads back as the same. */
function literal(value: number): string {
  const text = String(value);
  return `splat(${/[.e]/.test(text) ? text : `${text}.0`})`;
}

const dialect: Dialect = {
  single: false,
  constant: literal,
  declare: (name, value) => `const Vector ${name} = ${value};`,
  declareVariable: (name, value) => `Vector ${name} = ${value};`,
  declarePlace: (name, value) => `const int ${name} = ${value};`,
  loop: (variable, first, last) => `for (int ${variable} = ${first}; ${variable} < ${last}; ${variable}++) {`,
  whenAnyLess: (a, b) => `if (anyLess(${a}, ${b})) {`,
  minimum: (a, b) => `least(${a}, ${b})`,
  maximum: (a, b) => `greatest(${a}, ${b})`,
  absolute: (a) => `absolute(${a})`,
  root: (a) => `root(${a})`,
  floor: (a) => `whole(${a})`,
  exponential: (a) => `exponential(${a})`,
  selectLess: (a, b, yes, no) => `choose(${a} < ${b}, ${yes}, ${no})`,
  word: (table, shape, row, k) => `tables[${table}].words[${row} * ${shape.words.length} + ${k}]`,
  real: (table, shape, row, k) => `splat(tables[${table}].reals[${row} * ${shape.reals} + ${k}])`,
  gather: (array, names, index, stride) => [
    `Vector ${names.join(', ')};`,
    `gather(${array}, ${index}, ${stride}, {${names.map((name) => `&${name}`).join(', ')}});`,
  ],
};

const rows = (code: TextCode, name: string, writable = true) =>
  code.array(name, (index) => `${name}[${index}]`, writable);
const numbers = (code: TextCode, name: string) =>
  code.array(name, (index) => `splat(${name}[${index}])`, false);

function neighbourPart(code: TextCode, kept: boolean): NeighbourPart<string, string> {
  return {
    difference: ['x', 'y', 'z'],
    squared: code.let('x * x + y * y + z * z'),
    pair: numbers(code, 'pair'),
    fields: rows(code, 'fields', !kept),
  };
}

function printProgram(program: ManyBodyProgram): string {
  const first = new TextCode(dialect);
  program.neighbour(first, neighbourPart(first, false), rows(first, 'sums'));
  const atom = new TextCode(dialect, program.tables);
  const energy = program.atom(atom, {
    sums: rows(atom, 'sums', false),
    adjoints: rows(atom, 'adjoints'),
    work: rows(atom, 'work'),
    numbers: numbers(atom, 'numbers'),
  });
  atom.statement(`return ${energy};`);
  const second = new TextCode(dialect);
  const gradient = program.gradient(second, neighbourPart(second, true), rows(second, 'adjoints', false));
  ['gx', 'gy', 'gz'].forEach((name, axis) => second.statement(`${name} += ${gradient[axis]};`));
  return `{
static constexpr int REACH = ${program.reach ?? -1};
static constexpr int SUMS_AT = ${program.inWork?.sums ?? -1}, ADJOINTS_AT = ${program.inWork?.adjoints ?? -1};
static constexpr bool QUIET = ${program.quiet ?? false};
static void neighbour(Vector x, Vector y, Vector z, const double* pair, FieldRows fields, Rows sums) {
${first.text}
}
static Vector atom(ConstRows sums, Rows adjoints, Rows work, const double* numbers, const ProgramTable* tables) {
  (void)work, (void)numbers, (void)tables;
${atom.text}
}
static void gradient(Vector x, Vector y, Vector z, const double* pair, FieldRows fields, ConstRows adjoints, Vector& gx, Vector& gy,
                     Vector& gz) {
  (void)pair;
${second.text}
}
};`;
}

/** Programs whose text is the same for all models: every list holds them, so that learnt potentials share one library. */
const COMMON: readonly ManyBodyProgram[] = [
  new PairProgram({ form: 'zbl', species: ['H'], innerRadius: 1, cutoff: 2 }, [0]),
  new CrowdingProgram(
    {
      form: 'crowding',
      species: ['H'],
      cutoff: 1,
      ranges: Float64Array.of(1),
      thresholds: Float64Array.of(1),
      powers: Int32Array.of(3),
      amplitudes: Float64Array.of(1),
    },
    [0],
  ),
];

/** Programs with the same text share a place in the list. */
function textsOf(programs: readonly ManyBodyProgram[]): string[] {
  return [...new Set([...COMMON, ...programs].map(printProgram))];
}

/** Places of a model's programs in its list. */
export function programPlaces(programs: readonly ManyBodyProgram[]): number[] {
  const texts = textsOf(programs);
  return programs.map((program) => texts.indexOf(printProgram(program)));
}

/** The header `program-list.hpp` of a model: its programs, and the list from which the kernels are made. */
export function printProgramList(programs: readonly ManyBodyProgram[]): string {
  const texts = textsOf(programs);
  return [
    '// Written by the generator (src-compute/programs/cpp/print.ts): the functional forms of this model that are programs.',
    '// Included by program-kernels-body.hpp only, once for each instruction set.',
    `#define FORCEWRIGHT_PROGRAM_LIST ${texts.map((_, k) => `X(Program${k})`).join(' ')}`,
    ...texts.map((text, k) => `struct Program${k} ${text}`),
    '',
  ].join('\n');
}
