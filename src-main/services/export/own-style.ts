/** Files of a potential that LAMMPS reads by a pair style of its own, with an input that checks them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ZblModel } from '../../../src-compute/potentials/pair/zbl.ts';
import { identifier } from '../../../src-compute/quoting/identifier.ts';
import { lammpsFrame } from '../../engines/lammps/frame.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import type { ExportRequest, ExportResult } from './export-request.ts';
import { writeCheckFiles } from './export-kim.ts';
import { filesBelow } from './model-folder.ts';
import { exampleCrystal } from './test-structures.ts';
import { ownStyleInput, ownStyleReadme, type OwnStyle } from './texts.ts';

/**
 * Writes the potential's own files, in.check, check.data and README.md. A ZBL repulsion beside it goes into the input as
 * LAMMPS' own pair_style zbl, which is the same function.
 * @param write writes the potential's files, given a path without an extension
 */
export async function exportOwnStyle(
  { out, comments, name: wanted, structure: given }: ExportRequest,
  {
    model,
    zbl,
  }: {
    model: { readonly species: readonly string[]; readonly cutoff: number; readonly form: string };
    zbl?: ZblModel;
  },
  styleOf: (name: string) => OwnStyle,
  write: (base: string) => Promise<readonly string[]>,
): Promise<ExportResult> {
  const name = identifier(wanted);
  const structure = given ?? exampleCrystal(model);
  requireTypes(model.species, structure);
  await mkdir(out, { recursive: true });
  await write(join(out, name));
  await writeCheckFiles(out, structure, model.species);
  const { boundary } = lammpsFrame(structure);
  const texts = { name, species: model.species, cutoff: model.cutoff, comments, boundary };
  const style = styleOf(name);
  await writeFile(join(out, 'in.check'), ownStyleInput(texts, style, zbl));
  await writeFile(join(out, 'README.md'), ownStyleReadme(texts, style, zbl));
  const holds = `${style.files.join(' and ')} ${style.files.length > 1 ? 'hold' : 'holds'} ${style.form}`;
  const notes = zbl
    ? [
        `${holds}. in.check adds the ZBL repulsion inside ${zbl.cutoff} Å by pair_style hybrid/overlay; pair_style ${style.style} alone runs without it.`,
      ]
    : [];
  return { name, files: await filesBelow(out), built: false, tested: undefined, notes };
}
