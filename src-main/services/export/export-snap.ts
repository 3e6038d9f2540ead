/** `--format snap`: LAMMPS' own two files of a SNAP potential, and an input for LAMMPS builds with the ML-SNAP package. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifier } from '../../../src-compute/quoting/identifier.ts';
import { lammpsFrame } from '../../engines/lammps/frame.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import type { ExportRequest, ExportResult } from './export-request.ts';
import { writeCheckFiles } from './export-kim.ts';
import { filesBelow } from './model-folder.ts';
import { partsWithRepulsion } from './parts.ts';
import { writeSnapFiles } from './snap-files.ts';
import { exampleCrystal } from './test-structures.ts';
import { snapCheckInput, snapReadme } from './texts.ts';

/**
 * Writes NAME.snapcoeff, NAME.snapparam, in.check, check.data and README.md. The files hold SNAP, its inner switch included;
 * a ZBL repulsion beside it goes into the input as LAMMPS' own pair_style zbl, which is the same function.
 * @throws PotentialError for potentials that are neither SNAP nor its sum with a ZBL repulsion
 */
export async function exportSnap(request: ExportRequest): Promise<ExportResult> {
  const { out, comments } = request;
  const { model, zbl } = partsWithRepulsion(request.model, 'snap', 'LAMMPS’ SNAP files hold SNAP potentials');
  const name = identifier(request.name);
  const structure = request.structure ?? exampleCrystal(model);
  requireTypes(model.species, structure);
  await mkdir(out, { recursive: true });
  await writeSnapFiles(join(out, name), model, comments);
  await writeCheckFiles(out, structure, model.species);
  const boundary = lammpsFrame(structure).boundary;
  const texts = { name, species: model.species, cutoff: model.cutoff, comments, boundary };
  await writeFile(join(out, 'in.check'), snapCheckInput(texts, name, zbl));
  await writeFile(join(out, 'README.md'), snapReadme(texts, name, zbl));
  const notes = zbl
    ? [
        `${name}.snapcoeff and ${name}.snapparam hold SNAP. in.check adds the ZBL repulsion inside ${zbl.cutoff} Å by pair_style hybrid/overlay; pair_style snap alone runs without it.`,
      ]
    : [];
  return { name, files: await filesBelow(out), built: false, tested: undefined, notes };
}
