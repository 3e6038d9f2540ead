/** `--format kim`: a folder that can be copied to a cluster and runs in any LAMMPS with the KIM package. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluate } from '../../../src-compute/backends/index.ts';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { shellWord } from '../../../src-compute/quoting/shell.ts';
import { identifier } from '../../../src-compute/quoting/identifier.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { dataFileText } from '../../engines/lammps/data-file.ts';
import { lammpsFrame } from '../../engines/lammps/frame.ts';
import { findLammps, kimInteraction, lammpsSinglePoints, LammpsError } from '../../engines/lammps/index.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import type { ExportRequest, ExportResult } from './export-request.ts';
import { buildModel, ExportError, filesBelow, missingBuildTools, writeModelFolder } from './model-folder.ts';
import { exampleCrystal } from './test-structures.ts';
import { kimCheckInput, kimReadme, type ExportTexts } from './texts.ts';

/** Largest differences at which the fresh model counts as good: round-off, eV/atom and eV/Å. */
const ENERGY_TOLERANCE = 1e-9;
const FORCE_TOLERANCE = 1e-8;

/**
 * Writes the folder; builds the library and tries it in LAMMPS where the tools are there.
 * @throws PotentialError for potentials that KIM models of ours do not cover; ExportError when the freshly built model
 *   does not agree with this program; CancelledError
 */
export async function exportKim(request: ExportRequest): Promise<ExportResult> {
  const { model, out, comments, signal } = request;
  const name = identifier(request.name);
  const structure = request.structure ?? exampleCrystal(model);
  requireTypes(model.species, structure);
  const notes: string[] = [];
  await mkdir(out, { recursive: true });
  const folder = join(out, name);
  await writeModelFolder(folder, name, model, comments);
  const built = request.build !== false && (await tryBuild(folder, notes, signal));
  const texts: ExportTexts = {
    name,
    species: model.species,
    cutoff: model.cutoff,
    comments,
    boundary: lammpsFrame(structure).boundary,
  };
  await writeCheckFiles(out, structure, model.species);
  await writeFile(join(out, 'in.check'), kimCheckInput(texts));
  await writeFile(join(out, 'README.md'), kimReadme(texts, built));
  const tested = built ? await tryRun(folder, structure, request, notes) : undefined;
  return { name, files: await filesBelow(out), built, tested, notes };
}

/** check.data: the structure as LAMMPS reads it. */
export async function writeCheckFiles(
  out: string,
  structure: Configuration,
  types: readonly string[],
): Promise<void> {
  const path = join(out, 'check.data');
  await writeFile(path, dataFileText(lammpsFrame(structure).configuration, types, path));
}

async function tryBuild(folder: string, notes: string[], signal: AbortSignal | undefined): Promise<boolean> {
  const missing = await missingBuildTools();
  try {
    await buildModel(folder, signal);
    return true;
  } catch (error) {
    if (error instanceof CancelledError || !(error instanceof ForcewrightError)) throw error;
    notes.push(
      `${error.message} ${missing.length > 0 ? error.remedy : error.remedy.split('\n')[0]} Then run: sh ${shellWord(join(folder, 'build.sh'))}`,
    );
    return false;
  }
}

/** Energy and forces of the check structure in LAMMPS and here. */
async function tryRun(
  folder: string,
  structure: Configuration,
  request: ExportRequest,
  notes: string[],
): Promise<ExportResult['tested']> {
  let program;
  try {
    program = await findLammps(request.lammps);
  } catch (error) {
    if (!(error instanceof LammpsError)) throw error;
    notes.push(`The model was built but not tried: ${error.message} ${error.remedy}`);
    return undefined;
  }
  if (!program.packages.has('KIM')) {
    notes.push(`The model was built but not tried: ${program.path} has no KIM package.`);
    return undefined;
  }
  const interaction = kimInteraction(folder, request.model.species);
  const [there] = await lammpsSinglePoints(program, interaction, [structure], { signal: request.signal });
  const here = evaluate(request.model, structure);
  const energy = Math.abs(here.energy - there.energy) / atomCount(structure);
  const force = here.forces.reduce((largest, f, k) => Math.max(largest, Math.abs(f - there.forces[k])), 0);
  if (!(energy <= ENERGY_TOLERANCE && force <= FORCE_TOLERANCE)) {
    throw new ExportError(
      `The exported model does not agree with this program: energies differ by ${energy} eV/atom, forces by ${force} eV/Å.`,
      { remedy: 'Do not use it, and report this with the potential.' },
    );
  }
  return { lammps: program.version, energyDifference: energy, forceDifference: force };
}
