/**
 * The parameter file of the exported KIM model (resources/kim-model/source/parameter-file.hpp reads it): words and
 * numbers separated by white space, '#' starts a comment line, one block per term, and as the last line the CRC-32 of
 * all other lines that are not comments. Numbers are written so that reading gives the same double again.
 */
import { crc32 } from 'node:zlib';
import { PotentialError } from '../../../src-compute/errors.ts';
import type { Handover } from '../../../src-compute/potentials/handover.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import { programPlaces } from '../../../src-compute/programs/cpp/print.ts';
import { manyBodyProgramOf, PROGRAM_FORMS, whyNoProgram } from '../../../src-compute/programs/index.ts';
import type { ManyBodyProgram } from '../../../src-compute/programs/many-body.ts';
import type { SumModel } from '../../../src-compute/potentials/sum/sum.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import {
  descriptorLayout,
  radialRecurrence,
  rankOf,
  type TensorRegressionModel,
} from '../../../src-compute/potentials/tensor-regression/index.ts';
import { columnWord, commentText } from '../../../src-compute/quoting/columns.ts';
import { atomicNumber } from '../../../src-compute/structure/elements.ts';

/** Models that the KIM model evaluates: one entry in TERM_WRITERS each, and sums of them. */
type Term = MomentTensorModel | TensorRegressionModel;

/** A term that is evaluated by a program (src-compute/programs), printed as C++ into the model's sources. */
interface ProgramTerm {
  readonly form: 'program';
  readonly species: readonly string[];
  readonly program: ManyBodyProgram;
}

const TERM_WRITERS: { [Form in Term['form']]: (term: Extract<Term, { form: Form }>) => string[] } = {
  'moment-tensor': momentTensorLines,
  'tensor-regression': tensorRegressionLines,
};

/**
 * Text of the parameter file of a potential.
 * @param model of a form in TERM_WRITERS, one that is written as a program, or a sum of them
 * @param comments lines of provenance and error table, without '#'
 * @throws PotentialError for forms that LAMMPS would need another model for, for heads of single atoms, and for species
 *   that are no elements
 */
export function formatParameterFile(model: PotentialModelBase, comments: readonly string[]): string {
  const terms = termsOf(model);
  const notElement = model.species.find((name) => atomicNumber(name) === undefined);
  if (notElement !== undefined) {
    throw new PotentialError(
      `LAMMPS needs element symbols, and the potential calls a species ${notElement}.`,
      {
        remedy: 'Name the types of the potential in order, such as --species Si,O.',
      },
    );
  }
  const body = [
    'forcewright-parameters 1',
    list('species', model.species.map(columnWord)),
    `terms ${terms.length}`,
  ];
  const places = programPlaces(programsOf(model));
  for (const term of terms) {
    body.push(
      `term ${nameOf(term)}`,
      list('term_species', term.species.map(columnWord)),
      ...(term.form === 'program' ? programLines(term, places.shift() ?? 0) : linesOf(term)),
      'end_term',
    );
  }
  const checksum = crc32(body.map((line) => `${line}\n`).join(''));
  const head = comments
    .flatMap((comment) => comment.split(/\r?\n/))
    .map((line) => `# ${commentText(line)}`.trimEnd());
  return [...head, ...body, `checksum ${checksum.toString(16).padStart(8, '0')}`, ''].join('\n');
}

/** The programs of a model's terms, in the order in which its parameter file counts them. */
export function programsOf(model: PotentialModelBase): ManyBodyProgram[] {
  return termsOf(model).flatMap((term) => (term.form === 'program' ? [term.program] : []));
}

/** Numbers and tables of a program, whose mathematics is in the sources. */
function programLines({ program, species }: ProgramTerm, index: number): string[] {
  const each = species.map((_, s) => s);
  return [
    `program ${index}`,
    `cutoff ${program.cutoff}`,
    `sums ${program.sums}`,
    `channels ${program.channels}`,
    `work ${program.work}`,
    `fields ${program.fields}`,
    `pair_numbers ${program.pairNumbers}`,
    `atom_numbers ${program.atomNumbers}`,
    `tables ${program.tables.length}`,
    list(
      'energies',
      each.map((s) => program.constantEnergy(s)),
    ),
    list(
      'pairs',
      each.flatMap((a) => each.flatMap((b) => Array.from(program.pairNumbersOf(a, b)))),
    ),
    list(
      'numbers',
      each.flatMap((s) => Array.from(program.atomNumbersOf(s))),
    ),
    ...each.flatMap((s) => tableLines(program, s)),
  ];
}

/** Kinds of words: −1 for places among an atom's numbers, else the table whose rows they are. */
function tableLines(program: ManyBodyProgram, centre: number): string[] {
  return program.tablesOf(centre).flatMap(({ words, reals }, t) => {
    const shape = program.tables[t];
    return [
      list(
        'table_words',
        shape.words.map((kind) => (kind === 'work' ? -1 : kind.rowsOf)),
      ),
      `table_reals ${shape.reals}`,
      `table_rows ${shape.rows}`,
      list('words', words),
      list('reals', reals),
    ];
  });
}

/** Flattens sums into their terms. */
function termsOf(model: PotentialModelBase): (Term | ProgramTerm)[] {
  if (isSum(model)) return model.terms.flatMap(termsOf);
  if (isTerm(model)) return [model];
  const program = manyBodyProgramOf(model, model.species);
  if (program) return [{ form: 'program', species: model.species, program }];
  const reason = whyNoProgram(model);
  throw new PotentialError(
    `A potential of the form ${model.form} cannot be exported as a KIM model: ${reason}.`,
    {
      remedy: `Forms that can: ${[...Object.keys(TERM_WRITERS), ...PROGRAM_FORMS].join(', ')}, and sums of them.`,
    },
  );
}

function isSum(model: PotentialModelBase): model is SumModel {
  return model.form === 'sum';
}

function isTerm(model: PotentialModelBase): model is Term {
  return Object.hasOwn(TERM_WRITERS, model.form);
}

/** What the readers of the KIM model call a term; an older model does not know the names with more in them. */
function nameOf(term: Term | ProgramTerm): string {
  if (term.form === 'program') return term.form;
  return term.handover ? `${term.form}-handover` : term.form;
}

function handoverLines(handover: Handover | undefined): string[] {
  return handover ? [list('handover_inner', handover.inner), list('handover_outer', handover.outer)] : [];
}

function linesOf(term: Term): string[] {
  switch (term.form) {
    case 'tensor-regression':
      return TERM_WRITERS['tensor-regression'](term);
    case 'moment-tensor':
      return TERM_WRITERS['moment-tensor'](term);
  }
}

/** Key, number of entries, entries. */
function list(key: string, values: ArrayLike<number | string>, perEntry = 1): string {
  return `${key} ${values.length / perEntry} ${Array.from(values).join(' ')}`;
}

function momentTensorLines(model: MomentTensorModel): string[] {
  return [
    ...handoverLines(model.handover),
    `cutoff ${model.cutoff}`,
    `minimum_distance ${model.minimumDistance}`,
    `scaling ${model.scaling}`,
    `radial_basis_size ${model.radialBasisSize}`,
    `radial_functions ${model.radialFunctionCount}`,
    list('radial_coefficients', model.radialCoefficients),
    list('species_coefficients', model.speciesCoefficients),
    `moments ${model.momentCount}`,
    list('basics', model.basics, 4),
    list('products', model.products, 4),
    list('scalars', model.scalarMoments),
    list('moment_coefficients', model.momentCoefficients),
  ];
}

function tensorRegressionLines(model: TensorRegressionModel): string[] {
  if (model.mode === 'per-atom') {
    throw new PotentialError(
      'A per-atom tensor-regression potential cannot be exported as a KIM model: it has parameters for every single atom, and KIM does not tell a model which atom is which.',
      {
        remedy: 'Fit a shared potential (without --per-atom), or run this one with forcewright md.',
      },
    );
  }
  const { head, species } = model;
  const layout = descriptorLayout(model);
  const radial = radialRecurrence(layout.radialFunctions, model.minimumDistance, model.cutoff);
  const channels = species.map((_, z) => (layout.channels === 1 ? 0 : z));
  const dense = head.kind === 'dense';
  return [
    ...handoverLines(model.handover),
    `cutoff ${model.cutoff}`,
    `element_channels ${layout.channels}`,
    `radial_size ${layout.radialSize}`,
    `angular_size ${layout.angularSize}`,
    `angular_radial ${layout.angularSize === 0 ? 0 : layout.angularRadial}`,
    `radial_first ${radial.first}`,
    list('radial_slopes', radial.slope),
    list('radial_offsets', radial.offset),
    list('radial_previous', radial.previous),
    list('channel_of_species', channels),
    list(
      'weight_of_species',
      channels.map((c, z) => layout.weights[c * species.length + z]),
    ),
    list('shift', model.shift),
    list('scale', model.scale),
    `rank ${rankOf(head)}`,
    list('bonds', dense ? [] : head.bonds),
    list('coefficients', dense ? head.coefficients : head.cores),
    list('constants', dense ? species.map(() => 0) : head.constants),
  ];
}
