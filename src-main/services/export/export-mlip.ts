/** `--format mlip`: the `.mtp` file and an input for LAMMPS builds with the MLIP interface. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mtpPieces } from '../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { commentText } from '../../../src-compute/quoting/columns.ts';
import { identifier } from '../../../src-compute/quoting/identifier.ts';
import { lammpsFrame } from '../../engines/lammps/frame.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import type { ExportRequest, ExportResult } from './export-request.ts';
import { writeCheckFiles } from './export-kim.ts';
import { filesBelow } from './model-folder.ts';
import { partsWithRepulsion } from './parts.ts';
import { exampleCrystal } from './test-structures.ts';
import { mlipCheckInput, mlipHandoverSentence, mlipReadme } from './texts.ts';

/**
 * Writes NAME.mtp, mlip.ini, in.check, check.data and README.md. The format holds the moment tensor part; a ZBL
 * repulsion beside it goes into the input as LAMMPS' own pair_style zbl, which is the same function.
 * @throws PotentialError for potentials that are neither a moment tensor potential nor its sum with a ZBL repulsion
 */
export async function exportMlip(request: ExportRequest): Promise<ExportResult> {
  const { out, comments } = request;
  const { model, zbl } = partsWithRepulsion(
    request.model,
    'moment-tensor',
    'The MLIP format holds moment tensor potentials',
  );
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

/** MLIP stops reading after the coefficients, so that comments can follow there. */
function* withComments(text: Iterable<string>, comments: readonly string[]): Generator<string> {
  yield* text;
  if (comments.length > 0)
    yield `\n${comments.map((line) => `# ${commentText(line)}`.trimEnd()).join('\n')}\n`;
}
