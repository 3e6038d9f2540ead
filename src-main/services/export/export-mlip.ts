/** `--format mlip`: the `.mtp` file and an input for LAMMPS builds with the MLIP interface. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isForm } from '../../../src-compute/backends/form.ts';
import { PotentialError } from '../../../src-compute/errors.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import { mtpPieces } from '../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import type { ZblModel } from '../../../src-compute/potentials/pair/zbl.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { commentText } from '../../../src-compute/quoting/columns.ts';
import { identifier } from '../../../src-compute/quoting/identifier.ts';
import type { SumModel } from '../../../src-compute/potentials/sum/sum.ts';
import { lammpsFrame } from '../../engines/lammps/frame.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import type { ExportRequest, ExportResult } from './export.ts';
import { writeCheckFiles } from './export-kim.ts';
import { filesBelow } from './model-folder.ts';
import { exampleCrystal } from './test-structures.ts';
import { mlipCheckInput, mlipHandoverSentence, mlipReadme } from './texts.ts';

/**
 * Writes NAME.mtp, mlip.ini, in.check, check.data and README.md. The format holds the moment tensor part; a ZBL
 * repulsion beside it goes into the input as LAMMPS' own pair_style zbl, which is the same function.
 * @throws PotentialError for potentials that are neither a moment tensor potential nor its sum with a ZBL repulsion
 */
export async function exportMlip(request: ExportRequest): Promise<ExportResult> {
  const { out, comments } = request;
  const { model, zbl } = mlipParts(request.model);
  const name = identifier(request.name);
  const file = `${name}.mtp`;
  const structure = request.structure ?? exampleCrystal(model);
  requireTypes(model.species, structure);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, file), withComments(mtpPieces(model, name), comments));
  await writeFile(join(out, 'mlip.ini'), `mtp-filename ${file}\nselect FALSE\n`);
  await writeCheckFiles(out, structure, model.species);
  const boundary = lammpsFrame(structure).boundary;
  const texts = { name, species: model.species, cutoff: model.cutoff, comments, boundary };
  await writeFile(join(out, 'in.check'), mlipCheckInput(texts, file, zbl));
  await writeFile(join(out, 'README.md'), mlipReadme(texts, file, zbl, model.handover !== undefined));
  const notes = zbl
    ? [
        `${file} holds the moment tensor part. in.check adds the ZBL repulsion inside ${zbl.cutoff} Å by pair_style hybrid/overlay; other programs that read ${file} run without it.`,
      ]
    : [];
  if (model.handover) notes.push(mlipHandoverSentence(file));
  return { name, files: await filesBelow(out), built: false, tested: undefined, notes };
}

/** The moment tensor potential, and the repulsion where there is one. */
function mlipParts(model: PotentialModelBase): { model: MomentTensorModel; zbl?: ZblModel } {
  if (isForm<MomentTensorModel>(model, 'moment-tensor')) return { model };
  const terms = isForm<SumModel>(model, 'sum') ? model.terms : [];
  const part = terms.find((term) => isForm<MomentTensorModel>(term, 'moment-tensor'));
  const zbl = terms.find((term) => isForm<ZblModel>(term, 'zbl'));
  if (terms.length === 2 && part && zbl) return { model: part as MomentTensorModel, zbl: zbl as ZblModel };
  const what = model.form === 'sum' ? 'another sum of terms' : `of the form ${model.form}`;
  throw new PotentialError(
    `The MLIP format holds moment tensor potentials, alone or with a ZBL repulsion, and this potential is ${what}.`,
    { remedy: 'Export it for LAMMPS as a KIM model (--format kim).' },
  );
}

/** MLIP stops reading after the coefficients, so that comments can follow there. */
function* withComments(text: Iterable<string>, comments: readonly string[]): Generator<string> {
  yield* text;
  if (comments.length > 0)
    yield `\n${comments.map((line) => `# ${commentText(line)}`.trimEnd()).join('\n')}\n`;
}
