/**
 * Opens structure files for a fit. They are imported into a temporary project by the same job as anything else, so that
 * the same is found and said about them; small ones are then kept in memory, large ones read from there range by range.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FitError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations, type ReadOptions } from '../../formats/index.ts';
import { temporaryFolder } from '../../platform/temporary-files.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import { Project } from '../../store/project.ts';
import { JobService } from '../jobs/job-service.ts';
import { dataFindings, structureDigests } from '../datasets/data-findings.ts';
import { importResult, labelOptions } from '../datasets/import-runner.ts';
import { setInMemory, type ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import { setInDataset } from './configuration-set.ts';

/** Files above this many bytes stay in the temporary project. */
const LARGE = 64 * 2 ** 20;

export interface OpenedSet extends AsyncDisposable {
  readonly set: ConfigurationSet;
  /** What it was read from, in order. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** What deserves a look: findings of the import, duplicates, outliers. */
  readonly findings: readonly string[];
  /** Digests of the structures. */
  readonly structures: readonly string[];
}

/**
 * @param specs files, or FILE@k; several are taken together, in order
 * @throws FormatError for bad frames unless options.skipBad
 */
export async function openSet(
  specs: readonly string[],
  options: ReadOptions = {},
  signal?: AbortSignal,
): Promise<OpenedSet> {
  const files: { name: string; sha256: string }[] = [];
  let size = 0;
  let whole = true;
  for (const name of specs) {
    const file = name.replace(/@\d+$/, '');
    const found = await stat(file).then(
      (status) => status.size,
      () => 0,
    );
    files.push({ name, sha256: found > 0 ? await fileDigest(file) : '' });
    size += found;
    whole &&= file === name && found > 0;
  }
  if (!whole) {
    // single frames, or what no import can be made of: the reader says what is wrong
    const configurations: Configuration[] = [];
    for (const name of specs) configurations.push(...(await readConfigurations(name, options)));
    return {
      set: setInMemory(configurations),
      files,
      findings: [],
      structures: [],
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const folder = temporaryFolder('data');
  let project: Project | undefined;
  const close = async () => {
    // what a full disk does not let it save goes with the folder
    try {
      project?.[Symbol.dispose]();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  try {
    project = Project.open(join(folder, 'data.fwproj'), { create: true });
    using service = new JobService(project);
    const { skipBad, format, species } = options;
    const settings = {
      files: [...specs],
      merge: true,
      skipBad,
      format,
      species: species && [...species],
      ...labelOptions(options),
    };
    const id = service.create(
      'import',
      `Read ${specs.map((file) => basename(file)).join(', ')}`,
      JSON.parse(JSON.stringify(settings)),
    );
    const job = await service.run(id, signal);
    const dataset = importResult.parse(job.result).datasets[0];
    const set = setInDataset(new DatasetRepository(project), dataset.id, {});
    return {
      set: size <= LARGE ? setInMemory(set.range(0, set.count)) : set,
      files,
      findings: dataFindings(project, dataset.id),
      structures: structureDigests(project, dataset.id),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** SHA-256 of a file, hexadecimal. @throws FitError when it cannot be read */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (cause) {
    throw new FitError(`${file} cannot be read.`, { remedy: 'Check the path.', cause });
  }
  return hash.digest('hex');
}
