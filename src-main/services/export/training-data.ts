/** The structures that a potential was fitted to, where their file is still to be found. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations, readFrames } from '../../formats/index.ts';
import { fileDigest } from '../fit/open-set.ts';
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
  const file = await trainingFile(loaded, path);
  if (file === undefined) return undefined;
  return await readConfigurations(file, { species: loaded.model.species, skipBad: true });
}

/** The first training structure that is periodic. */
export async function firstTrainingStructure(
  loaded: LoadedPotential,
  path: string,
): Promise<Configuration | undefined> {
  const file = await trainingFile(loaded, path);
  if (file === undefined) return undefined;
  for await (const { configuration } of readFrames(file, { species: loaded.model.species, skipBad: true })) {
    if (configuration?.periodic.every(Boolean)) return configuration;
  }
  return undefined;
}

/**
 * A potential may come from anybody, and so may the names in it: a file is taken only when it is the very one that the
 * potential was fitted to, by its digest.
 */
async function trainingFile({ document }: LoadedPotential, path: string): Promise<string | undefined> {
  for (const { name, role, sha256 } of document?.provenance.data ?? []) {
    if (role !== 'train' || sha256 === undefined) continue;
    for (const candidate of [resolve(name), resolve(dirname(path), name)]) {
      // pipes and devices have no end and no digest
      if (isFile(candidate) && (await fileDigest(candidate).catch(() => '')) === sha256) return candidate;
    }
  }
  return undefined;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
