/** `forcewright rdf`: radial distribution function of a trajectory or of any structures. */
import type { Command } from 'commander';
import {
  RadialDistribution,
  type RadialDistributionResult,
} from '../../../../src-compute/analysis/radial-distribution.ts';
import {
  StructureFactor,
  type StructureFactorResult,
} from '../../../../src-compute/analysis/structure-factor.ts';
import { readFrames } from '../../../formats/index.ts';
import type { Figure } from '../../../services/figures/figure.ts';
import { csvPieces, writeFigure } from '../../../services/figures/output.ts';
import { writeFileAtomically } from '../../../services/potentials/potential-file.ts';
import { CancelledError, ForcewrightError } from '../../../../src-compute/errors.ts';
import { interruptible } from '../interrupt.ts';
import { names, real, whole } from '../options.ts';
import { endProgress, printResult, showProgress, table } from '../output.ts';
import { ResultFiles } from '../result-files.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface RdfOptions extends ReadingOptions {
  in: string;
  species?: string[];
  cutoff: number;
  bins: number;
  skip: number;
  stride: number;
  structureFactor?: number;
  out?: string;
  figure?: string;
  json?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('rdf')
    .summary('radial distribution function')
    .description(
      'g(r) by pairs of species and in total, with running coordination numbers, averaged over the frames of a file.\n' +
        'With --structure-factor also S(q), summed over the wave vectors of the cell.',
    )
    .requiredOption('--in <file>', 'trajectory or structures')
    .option('--species <names>', 'names of numbered types, in order: Si,O', names)
    .option('--cutoff <Å>', 'largest distance', real(0.1, 100), 8)
    .option('--bins <n>', 'number of bins', whole(1, 100000), 200)
    .option('--skip <n>', 'frames to leave out at the beginning', whole(), 0)
    .option('--stride <n>', 'use every nth frame', whole(1), 1)
    .option('--structure-factor <1/Å>', 'also S(q) up to this q', real(0.1, 100))
    .option('--out <file>', 'table (CSV)')
    .option('--figure <file>', 'figure (SVG)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright rdf --in T.xyz --cutoff 8 --skip 100 --out g.csv --figure g.svg',
    )
    .action(run);
  addStructureReadingOptions(command);
}

async function run(options: RdfOptions): Promise<void> {
  using interrupt = interruptible();
  const distribution = new RadialDistribution({ cutoff: options.cutoff, bins: options.bins });
  const factor =
    options.structureFactor === undefined
      ? undefined
      : new StructureFactor(options.structureFactor, options.bins);
  let fraction = 0;
  let used = 0;
  const frames = readFrames(options.in, {
    species: options.species,
    ...readingOf(options),
    signal: interrupt.signal,
    onProgress: (bytes, all) => (fraction = all > 0 ? bytes / all : 0),
  });
  for await (const { configuration, frame } of frames) {
    if (interrupt.signal.aborted) throw new CancelledError();
    if (!configuration || frame < options.skip || (frame - options.skip) % options.stride !== 0) continue;
    distribution.add(configuration);
    factor?.add(configuration);
    showProgress(Math.min(0.99, fraction), `${++used} frames`);
  }
  endProgress();
  if (used === 0) {
    throw new ForcewrightError(`No frame of ${options.in} is left after skipping ${options.skip}.`, {
      remedy: 'Skip fewer frames.',
    });
  }
  const result = distribution.result;
  const s = factor?.result;
  const results = new ResultFiles();
  if (options.out !== undefined)
    await results.write(options.out, (path) => writeFileAtomically(path, csvPieces(figureOf(result))));
  if (options.figure !== undefined)
    await results.write(options.figure, (path) => writeFigure(path, figureOf(result)));
  printResult(options.json ?? false, toJson(result, s), () => toText(result));
  results.check();
}

/** g(r) as a figure. */
export function figureOf(result: RadialDistributionResult): Figure {
  return {
    title: 'Radial distribution function',
    x: { label: 'r (Å)', name: 'r_a' },
    y: { label: 'g(r)' },
    series: result.pairs.map(({ pair, g }) => ({
      name: pair.join('–'),
      kind: 'line',
      x: Array.from(result.distances),
      y: Array.from(g),
    })),
  };
}

/** First peak and first minimum behind it. */
function firstPeak(
  distances: Float64Array,
  g: Float64Array,
): { peak: number; height: number; minimum: number } {
  let top = 0;
  while (top < g.length && g[top] < 0.5) top++;
  while (top + 1 < g.length && g[top + 1] > g[top]) top++;
  let low = top;
  while (low + 1 < g.length && !(g[low + 1] > g[low] && g[low] < 1)) low++;
  return { peak: distances[top] ?? NaN, height: g[top] ?? NaN, minimum: low };
}

function toJson(result: RadialDistributionResult, s: StructureFactorResult | undefined) {
  return {
    frames: result.frames,
    r_a: Array.from(result.distances),
    pairs: result.pairs.map(({ pair, g, coordination }) => ({
      pair: [...pair],
      g: Array.from(g),
      coordination: Array.from(coordination),
    })),
    structure_factor: s && { q_per_a: Array.from(s.q), s: Array.from(s.s) },
  };
}

function toText(result: RadialDistributionResult): string {
  const rows = result.pairs.map(({ pair, g, coordination }) => {
    const { peak, height, minimum } = firstPeak(result.distances, g);
    return [
      pair.join('–'),
      peak.toFixed(3),
      height.toFixed(3),
      (result.distances[minimum] ?? NaN).toFixed(3),
      (coordination[minimum] ?? NaN).toFixed(2),
    ];
  });
  return [
    `${result.frames} frames`,
    table([['pair', 'first peak (Å)', 'height', 'first minimum (Å)', 'neighbours inside'], ...rows]),
  ].join('\n');
}
