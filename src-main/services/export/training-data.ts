/** The structures that a potential was fitted to, where their file is still to be found. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations, readFrames } from '../../formats/index.ts';
import type { LoadedPotential } from '../potentials/potential-file.ts';

/**
 * All training structures.
 * @param path the potential's file; its document names the data, as seen from here or from beside the potential
 * @returns undefined when there is no such file
 */
export async function trainingStructures(
  loaded: LoadedPotential,
  path: string,
): Promise<Configuration[] | undefined> {
  const file = trainingFile(loaded, path);
  if (file === undefined) return undefined;
  return await readConfigurations(file, { species: loaded.model.species, skipBad: true });
}

/** The first training structure that is periodic. */
export async function firstTrainingStructure(
  loaded: LoadedPotential,
  path: string,
): Promise<Configuration | undefined> {
  const file = trainingFile(loaded, path);
  if (file === undefined) return undefined;
  for await (const { configuration } of readFrames(file, { species: loaded.model.species, skipBad: true })) {
    if (configuration?.periodic.every(Boolean)) return configuration;
  }
  return undefined;
}

function trainingFile({ document }: LoadedPotential, path: string): string | undefined {
  const names = (document?.provenance.data ?? [])
    .filter(({ role }) => role === 'train')
    .map(({ name }) => name);
  return names
    .flatMap((name) => [resolve(name), resolve(dirname(path), name)])
    .find((candidate) => existsSync(candidate));
}
