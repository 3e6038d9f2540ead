/** `forcewright relax`: structures at their nearest minimum of energy or enthalpy. */
import { Option, type Command } from 'commander';
import { closeAtomsWarning } from '../../../../src-compute/potentials/distances.ts';
import { CancelledError, FitError, ForcewrightError } from '../../../../src-compute/errors.ts';
import { RELAXATION_METHODS, type RelaxationResult } from '../../../../src-compute/relaxation/index.ts';
import { volume } from '../../../../src-compute/structure/cell.ts';
import { atomCount, formula, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, readFrames, writeConfigurations } from '../../../formats/index.ts';
import {
  cellFreedom,
  relaxationFields,
  relaxationRequest,
  relaxStructure,
  unfinished,
  type RelaxationRequest,
} from '../../../services/relaxation/relax-structure.ts';
import { openSimulationEngine } from '../../../services/simulations/engines.ts';
import { interruptible } from '../interrupt.ts';
import { real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import { ResultFiles } from '../result-files.ts';
import {
  addEngineOptions,
  atomList,
  engineChoice,
  loadModel,
  maskOf,
  type EngineOptions,
} from '../simulation-options.ts';

interface RelaxOptions extends EngineOptions, Omit<ReadingOptions, 'format' | 'lengthUnit'> {
  in?: string;
  structure?: string;
  forceTolerance?: number;
  out?: string;
  fix?: number[];
  cell: string;
  pressure: number;
  tolerance: number;
  steps: number;
  method: RelaxationRequest['method'];
  keepSymmetry?: boolean;
  skipBad?: boolean;
  json?: boolean;
}

/** What is told of one structure. */
interface Report {
  readonly frame: number;
  readonly formula: string;
  readonly converged: boolean;
  readonly end: RelaxationResult['end'];
  readonly steps: number;
  readonly evaluations: number;
  readonly energy_ev: number;
  readonly energy_change_ev: number;
  readonly largest_force_ev_per_a: number;
  readonly volume_a3: number | null;
  /** Å, 9 */
  readonly cell: readonly number[];
  /** Of an atom; null when the cell changed. */
  readonly largest_displacement_a: number | null;
  readonly symmetry?: string;
}

const words = (name: keyof typeof relaxationFields) => relaxationFields[name].description ?? '';

export function register(program: Command): void {
  const command = addEngineOptions(
    program
      .command('relax')
      .summary('structures at their nearest minimum')
      .description(
        'Moves atoms, and the cell if asked, downhill in energy (in enthalpy under pressure) until no force is left: a\n' +
          'preconditioned quasi-Newton method, or FIRE. Ends with exit code 1 when a structure did not come to rest.',
      ),
  )
    .option('--in <file>', 'structures, any format; FILE@k for frame k (from 0)')
    .option('--structure <file>', 'one structure: the first frame, or frame k of FILE@k; instead of --in')
    .option(
      '--out <file>',
      'relaxed structures, with energies and forces, as extended XYZ or what the name says',
    )
    .option('--cell <words>', words('cell'), 'fixed')
    .option('--pressure <GPa>', words('pressure'), real(-1000, 10000), 0)
    .option('--tolerance <eV/Å>', words('tolerance'), real(1e-12, 10), 1e-4)
    .option('--force-tolerance <eV/Å>', 'the same as --tolerance', real(1e-12, 10))
    .option('--steps <n>', words('steps'), whole(1, 1_000_000), 2000)
    .addOption(new Option('--method <name>', words('method')).choices(RELAXATION_METHODS).default('lbfgs'))
    .option('--fix <atoms>', 'atoms that stay where they are, from 1: 1-20,35', atomList)
    .option('--keep-symmetry', words('keepSymmetry'))
    .option('--skip-bad', 'leave out frames that cannot be read or relaxed, and say which')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright relax --potential Si.potential.json --in defects.xyz --cell full --out relaxed.xyz',
    );
  addReadingOptions(command);
  command.action(run);
}

async function run(given: RelaxOptions, command: Command): Promise<void> {
  const options = {
    ...given,
    in: sourceOf(given, command),
    tolerance: given.forceTolerance ?? given.tolerance,
  };
  using interrupt = interruptible();
  const model = await loadModel(options);
  cellFreedom(options.cell); // before anything is computed
  const request = relaxationRequest.parse(options);
  const reports: Report[] = [];
  let choice = '';
  let cancelled: CancelledError | undefined;
  const skipped: string[] = [];
  async function* relaxed(): AsyncGenerator<Configuration> {
    reports.length = 0;
    skipped.length = 0;
    for await (const structure of structures(options, model.species)) {
      const engine = await openSimulationEngine(model, structure, engineChoice(options));
      choice = engine.choice;
      try {
        const before = await energyOf(engine, structure);
        const result = await relaxStructure(structure, engine, {
          request,
          fixed: fixedComponents(options.fix, structure),
          signal: interrupt.signal,
          onStep: ({ step, energy, largestForce }) =>
            showProgress(
              Math.min(1, step / request.steps),
              `structure ${reports.length + 1}, step ${step}: ${energy.toFixed(4)} eV, largest force ${largestForce.toExponential(1)} eV/Å`,
            ),
        });
        sayWarnings(reports.length, result, closeAtomsWarning(model, result.configuration));
        reports.push(reportOf(reports.length, structure, before, result));
        const { forces, virial } = engine.result;
        yield { ...result.configuration, forces: forces.slice(), virial: virial.slice() };
      } catch (error) {
        if (!(error instanceof CancelledError)) {
          if (!options.skipBad || !(error instanceof ForcewrightError)) throw error;
          skipped.push(error.message);
          note(
            `Left out: a structure of ${atomCount(structure)} atoms, ${formula(structure)}: ${error.message}`,
          );
          continue;
        }
        // what was relaxed before is kept
        if (reports.length === 0) throw error;
        cancelled = error;
        return;
      } finally {
        engine.dispose();
      }
    }
  }
  const results = new ResultFiles();
  if (options.out === undefined) for (const frames = relaxed(); !(await frames.next()).done;);
  else
    await results
      .write(options.out, (path) =>
        writeConfigurations(path, undefined, relaxed(), { significantDigits: 15 }),
      )
      .finally(endProgress);
  endProgress();
  if (cancelled) {
    note(
      `Cancelled: ${reports.length} structures had been relaxed${options.out === undefined ? '' : `, and are in ${options.out}`}.`,
    );
    throw cancelled;
  }
  if (reports.length === 0) throw new FitError(`${options.in} has no structures.`);
  const left = reports.filter(({ converged }) => !converged).length;
  printResult(
    options.json ?? false,
    {
      structures: reports.map((report) => ({ ...report })),
      not_converged: left,
      left_out: skipped.length,
      ...ofTheFirst(reports[0], left === 0),
      backend: choice,
      out: options.out ?? null,
    },
    () => textOf(reports, choice),
  );
  if (left > 0) process.exitCode = 1;
  results.check();
}

/** Of --in and --structure the one that is given. */
function sourceOf({ in: many, structure }: RelaxOptions, command: Command): string {
  if (many !== undefined && structure !== undefined)
    command.error("error: '--in <file>' and '--structure <file>' exclude each other");
  if (many !== undefined) return many;
  if (structure === undefined)
    command.error("error: what is relaxed is missing: '--structure <file>' or '--in <file>'");
  return /@\d+$/.test(structure) ? structure : `${structure}@0`;
}

/** What scripts read that relax one structure. */
const ofTheFirst = (first: Report, converged: boolean) => ({
  steps: first.steps,
  force_calls: first.evaluations,
  energy_ev: first.energy_ev,
  max_force_ev_per_a: first.largest_force_ev_per_a,
  cell: [...first.cell],
  volume_a3: first.volume_a3,
  converged,
});

/** Frames one by one, or the one frame of FILE@k. */
async function* structures(
  options: RelaxOptions & { readonly in: string },
  species: readonly string[],
): AsyncGenerator<Configuration> {
  const reading = { species, ...readingOf(options) };
  if (/@\d+$/.test(options.in)) {
    yield* await readConfigurations(options.in, reading);
    return;
  }
  for await (const { configuration, problems } of readFrames(options.in, {
    ...reading,
    skipBad: options.skipBad,
  })) {
    if (configuration) yield configuration;
    else for (const { message } of problems) note(`Left out: ${message}`);
  }
}

async function energyOf(
  engine: Awaited<ReturnType<typeof openSimulationEngine>>,
  { positions, cell }: Configuration,
): Promise<number> {
  await engine.compute(positions, cell);
  return engine.result.energy;
}

function fixedComponents(
  atoms: readonly number[] | undefined,
  structure: Configuration,
): Uint8Array | undefined {
  const mask = maskOf(atoms, atomCount(structure));
  return mask && Uint8Array.from({ length: 3 * mask.length }, (_, k) => mask[Math.floor(k / 3)]);
}

function sayWarnings(frame: number, result: RelaxationResult, close: string | undefined): void {
  const why = unfinished(result);
  if (why !== undefined) note(`Warning: structure ${frame + 1}: ${why}`);
  if (close !== undefined) note(`Warning: structure ${frame + 1}: ${close}`);
}

function reportOf(
  frame: number,
  structure: Configuration,
  before: number,
  result: RelaxationResult & { readonly symmetry?: string },
): Report {
  const { configuration } = result;
  const cellMoved = configuration.cell.some((x, k) => x !== structure.cell[k]);
  return {
    frame,
    formula: formula(structure),
    converged: result.converged,
    end: result.end,
    steps: result.steps,
    evaluations: result.evaluations,
    energy_ev: result.energy,
    energy_change_ev: result.energy - before,
    largest_force_ev_per_a: result.largestForce,
    volume_a3: configuration.periodic.every(Boolean) ? volume(configuration.cell) : null,
    cell: Array.from(configuration.cell),
    largest_displacement_a: cellMoved ? null : furthest(structure.positions, configuration.positions),
    ...(result.symmetry === undefined ? {} : { symmetry: result.symmetry }),
  };
}

function furthest(a: Float64Array, b: Float64Array): number {
  let most = 0;
  for (let k = 0; k < a.length; k += 3)
    most = Math.max(most, Math.hypot(a[k] - b[k], a[k + 1] - b[k + 1], a[k + 2] - b[k + 2]));
  return most;
}

function textOf(reports: readonly Report[], choice: string): string {
  const rows = reports.map((report) => [
    String(report.frame),
    report.formula,
    report.converged ? 'at rest' : report.end,
    String(report.steps),
    String(report.evaluations),
    report.energy_ev.toFixed(6),
    report.energy_change_ev.toFixed(6),
    report.largest_force_ev_per_a.toExponential(1),
    report.volume_a3?.toFixed(3) ?? '–',
  ]);
  const head = ['frame', 'formula', 'end', 'steps', 'evaluations', 'E (eV)', 'ΔE (eV)', 'F (eV/Å)', 'V (Å³)'];
  return `${table([head, ...rows])}\n\n${choice}`;
}
