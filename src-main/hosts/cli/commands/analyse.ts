/** `forcewright analyse`: measurements on the frames of a trajectory. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { CancelledError } from '../../../../src-compute/errors.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readFrames } from '../../../formats/index.ts';
import {
  analyseTrajectory,
  MEASUREMENTS,
  trajectoryAnalysisSchema,
  type Measurement,
} from '../../../services/analyses/trajectory-analysis.ts';
import { csvPieces, writeFigure } from '../../../services/figures/output.ts';
import { writeFileAtomically } from '../../../services/potentials/potential-file.ts';
import { interruptible } from '../interrupt.ts';
import { names, real, whole } from '../options.ts';
import { endProgress, printResult, showProgress, table } from '../output.ts';
import { ResultFiles } from '../result-files.ts';
import type { Figure } from '../../../services/figures/figure.ts';
import { plusMinus } from '../simulation-options.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface AnalyseOptions extends ReadingOptions {
  in: string;
  species?: string[];
  measure: Measurement[];
  cutoff: number;
  bins: number;
  largestQ: number;
  bondLength?: number;
  interval?: number;
  skip: number;
  stride: number;
  out?: string;
  json?: boolean;
}

function measurements(text: string): Measurement[] {
  return names(text).map((name) => {
    const known = MEASUREMENTS.find((candidate) => candidate === name);
    if (!known) throw new InvalidArgumentError(`One or more of ${MEASUREMENTS.join(', ')} were expected.`);
    return known;
  });
}

export function register(program: Command): void {
  const command = program
    .command('analyse')
    .summary('measure the frames of a trajectory')
    .description(
      'rdf: g(r); structure-factor: S(q); coordination; angles; displacement: mean square and diffusion; vibrations: density\n' +
        'of states from velocities; bond-order: averaged q4 and q6; crystal: fcc, hcp, bcc, diamond by adaptive common\n' +
        'neighbours. Means come with the half-width that holds the truth in 68 % of cases, correlations\n' +
        'of the frames and their number taken into account.',
    )
    .requiredOption('--in <file>', 'trajectory or structures')
    .requiredOption('--measure <list>', `of ${MEASUREMENTS.join(', ')}`, measurements)
    .option('--species <names>', 'names of numbered types, in order: Si,O', names)
    .option('--cutoff <Å>', 'largest distance of g(r)', real(0.1, 100), 8)
    .option('--bins <n>', 'bins of g(r) and S(q)', whole(10, 100000), 200)
    .option('--largest-q <1/Å>', 'of S(q)', real(0.1, 50), 8)
    .option('--bond-length <Å>', 'longest bond, for coordination, angles and bond order', real(0.1, 100))
    .option('--interval <fs>', 'time between frames; from the file when it says so', real(1e-9, 1e12))
    .option('--skip <n>', 'frames to leave out at the beginning', whole(), 0)
    .option('--stride <n>', 'use every nth frame', whole(1), 1)
    .option('--out <folder>', 'folder for tables (CSV) and figures (SVG)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright analyse --in T.xyz --measure rdf,displacement,crystal --skip 100 --out analysis',
    )
    .action(run);
  addStructureReadingOptions(command);
}

async function run(options: AnalyseOptions): Promise<void> {
  using interrupt = interruptible();
  const settings = trajectoryAnalysisSchema.parse(options);
  let fraction = 0;
  async function* chosen(): AsyncGenerator<Configuration> {
    const frames = readFrames(options.in, {
      species: options.species,
      ...readingOf(options),
      signal: interrupt.signal,
      onProgress: (bytes, all) => (fraction = all > 0 ? bytes / all : 0),
    });
    for await (const { configuration, frame } of frames) {
      if (interrupt.signal.aborted) throw new CancelledError();
      if (configuration && frame >= options.skip && (frame - options.skip) % options.stride === 0)
        yield configuration;
    }
  }
  const result = await analyseTrajectory(chosen(), settings, (count) =>
    showProgress(Math.min(0.99, fraction), `${count} frames`),
  ).finally(endProgress);
  const results = new ResultFiles();
  let files: string[] = [];
  if (options.out !== undefined)
    await results.write(
      options.out,
      async (folder) => void (files = await writeFigures(folder, result.figures)),
    );
  const figures = result.figures.map(({ title, x, y, series }) => ({
    title,
    series: series.map((s) => ({ name: s.name, [x.name ?? 'x']: s.x, [y.name ?? 'y']: s.y })),
  }));
  printResult(options.json ?? false, { frames: result.frames, ...result.values, figures, files }, () =>
    [
      `${result.frames} frames`,
      table([
        ['quantity', 'value'],
        ...Object.entries(result.values).flatMap(([name, value]) => rowsOf(name, value)),
      ]),
      ...files.map((file) => `wrote ${file}`),
    ].join('\n'),
  );
  results.check();
}

/** Tables and pictures, named after the titles. @returns their paths */
async function writeFigures(folder: string, figures: readonly Figure[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const figure of figures) {
    const name = figure.title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const stem = join(folder, name);
    await writeFileAtomically(`${stem}.csv`, csvPieces(figure));
    await writeFigure(`${stem}.svg`, figure);
    files.push(`${stem}.csv`, `${stem}.svg`);
  }
  return files;
}

/** Nested values as rows; estimates as value ± error. */
function rowsOf(name: string, value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  if ('value' in value && 'error' in value) {
    return [[name, plusMinus({ value: Number(value.value), error: Number(value.error) })]];
  }
  return Object.entries(value).flatMap(([key, inner]) => rowsOf(`${name} ${key}`, inner));
}
