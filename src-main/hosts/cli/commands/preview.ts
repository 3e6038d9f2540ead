/** `forcewright preview`: what structure files hold and how they would be read, before anything is imported. */
import type { Command } from 'commander';
import { TABLE } from '../../../../src-compute/structure/properties.ts';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { previewFile, type FilePreview } from '../../../services/datasets/preview.ts';
import { names } from '../options.ts';
import { printResult, table, type Json } from '../output.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface PreviewCommandOptions extends ReadingOptions {
  species?: string[];
  json?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('preview')
    .summary('look into structure files before they are imported')
    .description(
      'Looks into the beginning of structure files: format, frames, elements and labels; which keys the energy, forces\n' +
        'and virial are taken from and which others could be meant; what looks wrong, and what cannot be checked.\n' +
        'Nothing is written.',
    )
    .argument('<files...>', 'structure files')
    .option('--species <names>', 'names of the types where a file has only numbers: Si,O', names)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample: forcewright preview train.xyz --energy-key REF_energy')
    .action(run);
  addReadingOptions(command);
}

async function run(files: string[], options: PreviewCommandOptions): Promise<void> {
  const reading = { species: options.species, ...readingOf(options) };
  const previews: FilePreview[] = [];
  for (const file of files) previews.push(await previewFile(file, reading));
  printResult(options.json ?? false, { files: previews.map(jsonOf) }, () =>
    previews.map(textOf).join('\n\n'),
  );
  const failed = previews.find((preview) => preview.failure !== null);
  if (failed?.failure)
    throw new ForcewrightError(`${failed.name} cannot be read.`, { remedy: failed.failure.remedy });
}

function jsonOf(preview: FilePreview): Json {
  return {
    file: preview.name,
    failure: preview.failure?.message ?? null,
    format: preview.format,
    conventions: preview.conventions,
    frames: preview.frames,
    bad_frames: preview.badFrames,
    complete: preview.complete,
    estimated_frames: preview.estimatedFrames,
    atoms: preview.atoms,
    species: preview.species,
    with_energy: preview.withEnergy,
    with_forces: preview.withForces,
    with_virial: preview.withVirial,
    properties: { ...preview.properties },
    energy_ev_per_atom: preview.energyRange,
    max_force_ev_per_a: preview.maxForce,
    own_split: preview.ownParts,
    labels: preview.taken.map((taken) => ({ ...taken })),
    candidates: {
      energy: preview.energyKeys,
      forces: preview.forceKeys,
      virial_or_stress: preview.tensorKeys,
    },
    unchecked: preview.unchecked,
    problems: preview.problems.map(({ severity, message, frame, line }) => ({
      severity,
      message,
      frame,
      line,
    })),
    problem_count: preview.problemCount,
  };
}

/** Labels with the key they are taken from and the others that could be meant. */
function labelRows(preview: FilePreview): string[][] {
  const { taken, frames, badFrames } = preview;
  const count = (n: number) => (n === frames - badFrames ? 'all' : n === 0 ? 'none' : String(n));
  const keys = (labels: readonly string[]) =>
    taken.filter(({ label }) => labels.includes(label)).map(({ key }) => key);
  const row = (name: string, n: number, labels: readonly string[], candidates: readonly string[]) => {
    const chosen = n === 0 ? [] : keys(labels);
    const others = candidates.filter((key) => !chosen.includes(key));
    return [name, count(n), chosen.join(', ') || '–', others.join(', ') || '–'];
  };
  return [
    ['', 'frames', 'taken from', 'others'],
    row('energy', preview.withEnergy, ['energy'], preview.energyKeys),
    row('forces', preview.withForces, ['forces'], preview.forceKeys),
    row('virial', preview.withVirial, ['virial', 'stress'], preview.tensorKeys),
    ...TABLE.flatMap(({ key, title }) =>
      key in preview.properties ? [row(title.toLowerCase(), preview.properties[key], [key], [])] : [],
    ),
  ];
}

function textOf(preview: FilePreview): string {
  const { name, failure, format, frames, complete, species, atoms } = preview;
  if (failure !== null) return `${name}: ${failure.message} ${failure.remedy}`.trim();
  const range = preview.energyRange?.map((value) => value.toFixed(4)).join(' … ');
  return [
    `${name}: ${format}, ${complete ? frames : `about ${preview.estimatedFrames}`} frames, ${atoms} atoms${complete ? '' : ` in the first ${frames}`}, ${species.join(' ')}`,
    ...(preview.badFrames > 0 ? [`${preview.badFrames} bad frames`] : []),
    ...(range === undefined ? [] : [`energies ${range} eV/atom`]),
    ...(preview.maxForce === null ? [] : [`largest force ${preview.maxForce.toPrecision(4)} eV/Å`]),
    '',
    table(labelRows(preview)),
    '',
    ...preview.conventions,
    ...preview.unchecked,
    ...preview.problems.map(({ severity, message, frame, line }) => {
      const place = frame === null ? '' : `frame ${frame}, line ${line}: `;
      return `${severity === 'error' ? 'Error' : 'Warning'}: ${place}${message}`;
    }),
  ].join('\n');
}
