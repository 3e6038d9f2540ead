/** `forcewright generate`: training structures made by what their atom environments are. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { DRIVES } from '../../../../src-compute/analysis/entropy/guided/drive.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { GOALS, makeSettings, makeStructures, withMakeDescriptor } from '../../../services/entropy/make.ts';
import { measureEntropy } from '../../../services/entropy/measure.ts';
import { kernelSettings } from '../../../services/entropy/settings.ts';
import { writeOrKeep } from '../../../platform/whole-file.ts';
import { interruptible } from '../interrupt.ts';
import { addKernelOptions } from '../kernel-options.ts';
import { real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface GenerateOptions extends ReadingOptions {
  out: string;
  target?: string;
  reference?: string;
  neighbors: number;
  bandwidth?: number | string;
  species?: string[];
  skipBad?: boolean;
  json?: boolean;
}

/** LOW,HIGH */
function range(text: string): [number, number] {
  const values = text.split(',').map(Number);
  if (values.length !== 2 || !(values[0] > 0) || !(values[1] >= values[0]) || !Number.isFinite(values[1])) {
    throw new InvalidArgumentError('Two positive numbers were expected, the smaller one first: 15,25.');
  }
  return [values[0], values[1]];
}

export function register(program: Command): void {
  const command = addKernelOptions(
    program
      .command('generate')
      .summary('make training structures with diverse, ordered or representative environments')
      .description(
        'Moves random structures of a given composition and density range in a potential of descriptors: a soft core\n' +
          'plus −K × entropy (diverse; ordered with the opposite sign), minus the novelty against a reference set and\n' +
          'the structures made before, or the distance between the moments of descriptors and those of a target\n' +
          '(representative; Goff et al., J. Phys.: Condens. Matter 37 (2025) 075901). They carry no labels.',
      )
      .requiredOption('--composition <formula>', 'atoms of each structure: Si32, Ga16As16')
      .requiredOption('--out <file>', 'write the structures here'),
    { rule: 'mtp:8 for representative structures, else quests' },
  )
    .option('--count <n>', 'number of structures', whole(1, 100_000), 10)
    .option(
      '--volume <low,high>',
      'range of the volume, Å³ per atom; that of the reference or target otherwise',
      range,
    )
    .addOption(new Option('--goal <name>', 'what they are to be').choices([...GOALS]).default('diverse'))
    .option('--reference <file>', 'diverse: structures to differ from, such as the training set so far')
    .option('--target <file>', 'representative: structures to represent')
    .option('--strength <k>', 'K in eV per atom and nat (1); representative: w in eV per atom (0.3)', real(0))
    .option('--novelty <k>', 'K of the novelty, eV per atom and nat', real(0), 0.05)
    .addOption(new Option('--drive <name>', 'how they are moved').choices([...DRIVES]).default('minimise'))
    .option('--steps <n>', 'steps of relaxation or dynamics, trajectories of hmc', whole(1), 100)
    .option('--temperature <t>', 'of md, hmc and exchanges of elements, K', real(1e-3), 1000)
    .option('--timestep <dt>', 'of md and hmc, fs', real(1e-3), 1)
    .option('--swaps <n>', 'exchanges of two elements tried per structure', whole(0), 0)
    .option(
      '--hops <n>',
      'kicks, each with a relaxation, of which the best stays; 10 for representative structures, else 0',
      whole(0),
    )
    .option('--core-height <a>', 'soft core: energy of two atoms in one place, eV', real(1e-6), 20)
    .option('--core-scale <s>', 'soft core: factor on the covalent radii', real(1e-3, 3), 1)
    .option('--seed <n>', 'seed', whole(), 0)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright generate --composition Si32 --volume 14,26 --count 20 --out new.xyz',
    )
    .action(run);
  addStructureReadingOptions(command);
}

async function run(options: GenerateOptions & Record<string, unknown>): Promise<void> {
  if (typeof options.bandwidth === 'string' && options.bandwidth !== 'median') {
    throw new ForcewrightError('The bandwidth that guides is a number or follows the median rule.', {
      remedy: 'Leave --bandwidth out, or give a number.',
    });
  }
  const bandwidth = typeof options.bandwidth === 'number' ? options.bandwidth : undefined;
  const settings = makeSettings.parse({ ...options, bandwidth, neighbours: options.neighbors });
  using interrupt = interruptible();
  const source = settings.goal === 'representative' ? options.target : options.reference;
  const given =
    source === undefined
      ? undefined
      : await readConfigurations(source, {
          species: options.species,
          skipBad: options.skipBad,
          ...readingOf(options),
          signal: interrupt.signal,
        });
  const made = await makeStructures(settings, given, {
    signal: interrupt.signal,
    onStructure: (done, all) => showProgress(done / all, `${done} of ${all} structures`),
  }).finally(endProgress);
  await writeOrKeep(options.out, (path) =>
    writeConfigurations(path, undefined, made.configurations, { onNote: note }),
  );
  const report = await measureEntropy(
    { configurations: made.configurations },
    given && { configurations: given },
    { settings: kernelSettings.parse({ ...withMakeDescriptor(settings), bandwidth: 'default' }) },
    { signal: interrupt.signal },
  );
  const result = {
    file: options.out,
    structures: made.configurations.length,
    goal: settings.goal,
    drive: settings.drive,
    descriptor: report.descriptor,
    guiding_bandwidth: made.bandwidth,
    volume_per_atom: made.volume,
    environments: report.entropy.environments,
    entropy_nats: report.entropy.entropy,
    max_nats: report.entropy.maximum,
    diversity: report.entropy.diversity,
    bandwidth: report.entropy.bandwidth,
    distance_to_target: made.distance && {
      mean_deviations: made.distance.mean,
      variance_relative: made.distance.variance,
    },
    novelty: report.novelty && {
      mean: report.novelty.mean,
      max: report.novelty.max,
      fraction_positive: report.novelty.fractionPositive,
    },
  };
  printResult(options.json ?? false, result, () =>
    table([
      ['generated', `${result.structures} structures in ${options.out}`],
      ['environments', String(result.environments)],
      ['entropy H (at most ln N), nats', `${result.entropy_nats.toFixed(4)} (${result.max_nats.toFixed(4)})`],
      ['bandwidth of H', result.bandwidth.toPrecision(4)],
      ['bandwidth that guided', result.guiding_bandwidth.toPrecision(4)],
      ...(made.distance
        ? [
            ['means off the target, deviations', made.distance.mean.toFixed(3)],
            ['variances off the target, parts', made.distance.variance.toFixed(3)],
          ]
        : []),
      ...(report.novelty
        ? [['new against the given set', `${(100 * report.novelty.fractionPositive).toFixed(1)} %`]]
        : []),
    ]),
  );
}
