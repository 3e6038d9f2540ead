/**
 * Programs as C++ of the KIM model (resources/kim-model/source/program-kernels-body.hpp is the skeleton that calls them):
 * values are vectors of central atoms, arrays rows of them.
 */
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
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
  minimum: (a, b) => `least(${a}, ${b})`,
  maximum: (a, b) => `greatest(${a}, ${b})`,
  absolute: (a) => `absolute(${a})`,
  root: (a) => `root(${a})`,
  floor: (a) => `whole(${a})`,
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

function printProgram(program: ManyBodyProgram, index: number): string {
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
  return `struct Program${index} {
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

/** The header `program-list.hpp` of a model: its programs, and the list from which the kernels are made. */
export function printProgramList(programs: readonly ManyBodyProgram[]): string {
  const list = programs.map((_, k) => `X(Program${k})`).join(' ');
  return [
    '// Written by the generator (src-compute/programs/cpp/print.ts): the functional forms of this model that are programs.',
    '// Included by program-kernels-body.hpp only, once for each instruction set.',
    `#define FORCEWRIGHT_PROGRAM_LIST ${list}`.trimEnd(),
    ...programs.map(printProgram),
    '',
  ].join('\n');
}
