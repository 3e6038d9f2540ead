/** `--format mlip`: the `.mtp` file and an input for LAMMPS builds with the MLIP interface. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isForm } from '../../../src-compute/backends/form.ts';
import { PotentialError } from '../../../src-compute/errors.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import { formatMtp } from '../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { lammpsFrame } from '../../engines/lammps/frame.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import type { ExportRequest, ExportResult } from './export.ts';
import { writeCheckFiles } from './export-kim.ts';
import { filesBelow, modelName } from './model-folder.ts';
import { exampleCrystal } from './test-structures.ts';
import { mlipCheckInput, mlipReadme } from './texts.ts';

/**
 * Writes NAME.mtp, mlip.ini, in.check, check.data and README.md.
 * @throws PotentialError for potentials that are no single moment tensor potential
 */
export async function exportMlip(request: ExportRequest): Promise<ExportResult> {
  const { model, out, comments } = request;
  if (!isForm<MomentTensorModel>(model, 'moment-tensor')) {
    const what =
      model.form === 'sum' ? 'a sum of several terms (a ZBL repulsion?)' : `of the form ${model.form}`;
    throw new PotentialError(
      `The MLIP format holds moment tensor potentials only, and this potential is ${what}.`,
      {
        remedy: 'Export it with --format kim, or fit it without the repulsion (--zbl off).',
      },
    );
  }
  const name = modelName(request.name);
  const file = `${name}.mtp`;
  const structure = request.structure ?? exampleCrystal(model);
  requireTypes(model.species, structure);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, file), withComments(formatMtp(model, name), comments));
  await writeFile(join(out, 'mlip.ini'), `mtp-filename ${file}\nselect FALSE\n`);
  await writeCheckFiles(out, structure, model.species);
  const boundary = lammpsFrame(structure).boundary;
  const texts = { name, species: model.species, cutoff: model.cutoff, comments, boundary };
  await writeFile(join(out, 'in.check'), mlipCheckInput(texts, file));
  await writeFile(join(out, 'README.md'), mlipReadme(texts, file));
  return { name, files: await filesBelow(out), built: false, tested: undefined, notes: [] };
}

/** MLIP stops reading after the coefficients, so that comments can follow there. */
function withComments(text: string, comments: readonly string[]): string {
  return comments.length === 0
    ? text
    : `${text}\n${comments.map((line) => `# ${line}`.trimEnd()).join('\n')}\n`;
}
