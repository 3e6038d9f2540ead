/** `forcewright grade`: how far structures lie outside of what a potential was fitted to. */
import { Option, type Command } from 'commander';
import {
  ExtrapolationGrades,
  GRADE_MODES,
  type GradeMode,
} from '../../../../src-compute/active-learning/grades.ts';
import { FitError } from '../../../../src-compute/errors.ts';
import type { AtomColumn, Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import { interruptible } from '../interrupt.ts';
import { names } from '../options.ts';
import { note, printResult } from '../output.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import { ResultFiles } from '../result-files.ts';

interface GradeOptions extends ReadingOptions {
  potential: string;
  species?: string[];
  train?: string;
  in: string;
  mode: GradeMode;
  out?: string;
  skipBad?: boolean;
  json?: boolean;
}

/** Above the first a structure is worth a label, above the second nothing is to be believed (MLIP's choice). */
const SELECT = 2;
const BREAK = 10;

export function register(program: Command): void {
  const command = program
    .command('grade')
    .summary('how far structures lie outside of what a potential was fitted to')
    .description(
      'Extrapolation grades γ by D-optimality: of the rows ∂E/∂θ of the training set those with the largest volume are\n' +
        'chosen (MaxVol), and every atom, or configuration, is expressed by them; γ is its largest coefficient. γ ≤ 1 is\n' +
        'interpolation; above 2 a structure is worth a label, above 10 nothing it says is to be believed. For moment\n' +
        'tensors (all parameters), tensor regression, SNAP and linear ACE.',
    )
    .requiredOption('--potential <file>', 'the potential: *.potential.json, *.mtp, *.snapcoeff or *.yace')
    .option('--species <names>', 'names of the types of an .mtp in order: Si,O', names)
    .option('--train <file>', 'what it was fitted to, any format: potentials do not keep it')
    .requiredOption('--in <file>', 'structures, any format; FILE@k for frame k (from 0)')
    .addOption(
      new Option('--mode <what>', 'grades of the neighbourhoods of atoms, or of configurations')
        .choices([...GRADE_MODES])
        .default('neighbourhood'),
    )
    .option(
      '--out <file>',
      'the structures with the grade of every atom as the column grade (of neighbourhoods)',
    )
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright grade --potential Si.potential.json --train Si_train.xyz --in md.xyz',
    )
    .action(run);
  addReadingOptions(command);
}

async function run(options: GradeOptions): Promise<void> {
  using interrupt = interruptible();
  const { model } = await loadPotential(options.potential, options.species);
  const read = (file: string) =>
    readConfigurations(file, {
      ...{ species: model.species, skipBad: options.skipBad, signal: interrupt.signal },
      ...readingOf(options),
    });
  if (options.train === undefined)
    throw new FitError(
      'A grade tells how far a structure is from the training data, and a potential does not keep them.',
      {
        remedy: 'Give the structures that it was fitted to with --train.',
      },
    );
  const training = await read(options.train);
  const grades = new ExtrapolationGrades(model, training, options.mode, { signal: interrupt.signal });
  const structures = await read(options.in);
  const values = structures.map((configuration) => grades.of(configuration));
  const frames = values.map((own) => own.reduce((a, b) => Math.max(a, b), 0));
  const { active, members, trainingGrade } = grades;
  const results = new ResultFiles();
  if (options.out !== undefined && options.mode === 'neighbourhood')
    await results.write(options.out, (path) => writeGrades(path, structures, values));
  else if (options.out !== undefined)
    note(
      'Grades of configurations are no column of atoms: nothing is written. Leave --mode out to write those of atoms.',
    );
  const all = values.flatMap((own) => Array.from(own));
  const above = (limit: number) => all.filter((grade) => grade > limit).length;
  const result = {
    ...{ mode: options.mode, parameters: active.columns, members: members.length },
    ...{ training_structures: training.length, training_grade: trainingGrade },
    ...{ log_volume: active.logVolume, exchanges: active.exchanges },
    ...{ structures: structures.length, grades: frames, graded: all.length },
    max: frames.reduce((a, b) => Math.max(a, b), 0),
    ...{ above_2: above(SELECT), above_10: above(BREAK) },
    out: options.out,
  };
  printResult(options.json ?? false, result, () => text(result));
  results.check();
}

function text(result: {
  mode: GradeMode;
  parameters: number;
  members: number;
  grades: readonly number[];
  graded: number;
  max: number;
  above_2: number;
  above_10: number;
}): string {
  const { mode, parameters, members, grades, graded, max } = result;
  const what = mode === 'neighbourhood' ? 'atoms' : 'structures';
  const worst = grades.indexOf(max);
  return [
    `Active set: ${members} ${what} for ${parameters} parameters${members < parameters ? `; ${parameters - members} directions no training structure has` : ''}.`,
    `Largest grade ${max.toPrecision(4)}, in structure ${worst}.`,
    `Of ${graded} ${what} ${result.above_2} are above 2 (worth a label), ${result.above_10} above 10 (not to be believed).`,
  ].join('\n');
}

async function writeGrades(
  file: string,
  structures: readonly Configuration[],
  grades: readonly Float64Array[],
): Promise<void> {
  const annotated = structures.map((configuration, k): Configuration => {
    const column: AtomColumn = { name: 'grade', columns: 1, kind: 'R', values: grades[k] };
    const others = (configuration.atomColumns ?? []).filter(({ name }) => name !== 'grade');
    return { ...configuration, atomColumns: [...others, column] };
  });
  await writeConfigurations(file, undefined, annotated, { onNote: note });
}
