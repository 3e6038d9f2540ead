/** `forcewright entropy`: what a set of structures covers, and what of it a reference set does not. */
import type { Command } from 'commander';
import type { AtomColumn, Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { measureEntropy, type MeasureReport } from '../../../services/entropy/measure.ts';
import { kernelSettings, type KernelSettings } from '../../../services/entropy/settings.ts';
import { summariseTrajectory, writeSummary } from '../../../services/entropy/trajectory.ts';
import { interruptible } from '../interrupt.ts';
import { addKernelOptions } from '../kernel-options.ts';
import { real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';

interface EntropyOptions {
  in: string;
  reference?: string;
  descriptor: string;
  cutoff: number;
  neighbors: number;
  bandwidth: KernelSettings['bandwidth'];
  backend: KernelSettings['backend'];
  threads: number;
  tolerance?: number;
  completeness?: boolean;
  overlap?: boolean;
  seed: number;
  species?: string[];
  skipBad?: boolean;
  out?: string;
  summary?: string;
  json?: boolean;
}

export function register(program: Command): void {
  addKernelOptions(
    program
      .command('entropy')
      .summary('measure what structures cover, and what is new in them')
      .description(
        'Kernel entropy H, its maximum ln N and the diversity D of all atom environments, in nats, without any labels\n' +
          '(Schwalbe-Koda et al., Nat. Commun. 16 (2025) 4014). With --reference also the novelty of every atom against\n' +
          'another set: > 0 means outside of what that set covers.\n\n' +
          'An isolated atom counts as an environment of its own kind; identical frames add nothing. Atoms of elements\n' +
          'that the reference set does not have count as new.',
      )
      .requiredOption('--in <file>', 'structures; FILE@k means frame k, from 0')
      .option('--reference <file>', 'structures to compare with, such as a training set'),
  )
    .option('--backend <name>', 'wasm (64 bit), wasm-f32 or reference', 'wasm')
    .option('--threads <n>', 'threads; 0 means one per core', whole(0, 1024), 0)
    .option(
      '--tolerance <nats>',
      'allow this much error in H and visit near environments only, for large sets; exact without it',
      real(1e-16, 1),
    )
    .option('--completeness', 'also H of random 10 … 90 % of the environments, three draws each')
    .option('--overlap', 'also what the two sets have in common')
    .option('--seed <n>', 'seed of the random draws', whole(), 0)
    .option('--out <file>', 'write the structures with the novelty of every atom as the column novelty')
    .option(
      '--summary <file>',
      'also reduce a trajectory to histograms and moments of its descriptors, frame by frame (JSON), with their drift',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright entropy --in md.xyz --reference Si_train.xyz --out novel.xyz',
    )
    .action(run);
}

async function run(options: EntropyOptions): Promise<void> {
  using interrupt = interruptible();
  const settings = kernelSettings.parse({ ...options, neighbours: options.neighbors });
  const read = (file: string) =>
    readConfigurations(file, {
      species: options.species,
      skipBad: options.skipBad,
      signal: interrupt.signal,
    });
  const configurations = await read(options.in);
  const references = options.reference === undefined ? undefined : await read(options.reference);
  let stage = '';
  const report = await measureEntropy(
    { configurations },
    references && { configurations: references },
    { settings, completeness: options.completeness, overlap: options.overlap, seed: options.seed },
    {
      signal: interrupt.signal,
      onStage: (message) => (stage = message),
      onProgress: (fraction) => showProgress(fraction, stage),
    },
  ).finally(endProgress);
  if (report.novelty && report.novelty.unknownElements.length > 0) {
    note(
      `The reference set has no ${report.novelty.unknownElements.join(', ')}: atoms of these elements count as new.`,
    );
  }
  if (options.out !== undefined) await writeAnnotated(options.out, configurations, report);
  const drift =
    options.summary === undefined
      ? undefined
      : await summarise(options, options.summary, references, settings);
  printResult(options.json ?? false, { ...toJson(report, configurations.length), drift }, () =>
    toText(report),
  );
}

/** Writes the summary of the trajectory; gives the drift per frame, in deviations of the first frame or the reference. */
async function summarise(
  options: EntropyOptions,
  path: string,
  references: readonly Configuration[] | undefined,
  settings: KernelSettings,
): Promise<number[]> {
  const { species, skipBad } = options;
  const summary = await summariseTrajectory(options.in.replace(/@\d+$/, ''), references, settings, {
    species,
    skipBad,
  });
  await writeSummary(summary, path);
  return Array.from(summary.drift);
}

function toJson(report: MeasureReport, structures: number) {
  const { entropy, novelty, completeness, overlap } = report;
  return {
    structures,
    environments: entropy.environments,
    entropy_nats: entropy.entropy,
    max_nats: entropy.maximum,
    diversity: entropy.diversity,
    bandwidth: entropy.bandwidth,
    bandwidth_rule: report.bandwidthRule,
    descriptor: report.descriptor,
    backend: report.backend,
    threads: report.threads,
    novelty: novelty && {
      mean: novelty.mean,
      max: novelty.max,
      fraction_positive: novelty.fractionPositive,
      unknown_elements: novelty.unknownElements,
      structure_mean: Array.from(novelty.frameMean),
      structure_max: Array.from(novelty.frameMax),
    },
    completeness: completeness?.map((point) => ({
      fraction: point.fraction,
      environments: point.environments,
      entropy_nats: point.entropy,
      deviation_nats: point.deviation,
      diversity: point.diversity,
    })),
    overlap: overlap && {
      in_covered_by_reference: overlap.coveredByB,
      reference_covered_by_in: overlap.coveredByA,
      divergence_nats: overlap.divergence,
      max_divergence_nats: overlap.maximumDivergence,
    },
  };
}

function toText(report: MeasureReport): string {
  const { entropy, novelty, completeness, overlap } = report;
  const rows = [
    ['quantity', 'value'],
    ['environments', String(entropy.environments)],
    ['entropy H, nats', entropy.entropy.toFixed(4)],
    ['largest possible ln N, nats', entropy.maximum.toFixed(4)],
    ['diversity D, nats', entropy.diversity.toFixed(4)],
    [`bandwidth (${report.bandwidthRule})`, entropy.bandwidth.toPrecision(4)],
  ];
  if (novelty) {
    rows.push(
      ['mean novelty, nats', novelty.mean.toFixed(4)],
      ['largest novelty, nats', novelty.max.toFixed(4)],
      ['new atoms', `${(100 * novelty.fractionPositive).toFixed(2)} %`],
    );
  }
  if (overlap) {
    rows.push(
      ['covered by the reference', `${(100 * overlap.coveredByB).toFixed(2)} %`],
      ['reference covered', `${(100 * overlap.coveredByA).toFixed(2)} %`],
      [`divergence (≤ ${overlap.maximumDivergence.toFixed(3)}), nats`, overlap.divergence.toFixed(4)],
    );
  }
  const curve = completeness?.map((point) => [
    `${Math.round(100 * point.fraction)} %`,
    String(point.environments),
    point.entropy.toFixed(4),
    point.deviation.toFixed(4),
  ]);
  return curve
    ? `${table(rows)}\n\n${table([['fraction', 'environments', 'H', '±'], ...curve])}`
    : table(rows);
}

/** The structures with a column `novelty` (or `rarity` = −ln Σ K within the set itself) per atom. */
async function writeAnnotated(
  file: string,
  configurations: readonly Configuration[],
  report: MeasureReport,
): Promise<void> {
  const name = report.novelty ? 'novelty' : 'rarity';
  const values = report.novelty?.values ?? report.entropy.logSums.map((value) => 0 - value);
  const annotated = configurations.map((configuration, frame): Configuration => {
    const column: AtomColumn = {
      name,
      columns: 1,
      kind: 'R',
      values: values.slice(report.frameStart[frame], report.frameStart[frame + 1]),
    };
    const others = (configuration.atomColumns ?? []).filter((other) => other.name !== name);
    return { ...configuration, atomColumns: [...others, column] };
  });
  await writeConfigurations(file, undefined, annotated, { onNote: note });
}
