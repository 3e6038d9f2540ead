/** Datasets, potentials and runs as objects of the project: what was made from what, a page for each, notes. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { objectPage } from '../../services/objects/object-page.ts';
import { LONGEST_NOTE, NoteRepository, OBJECT_KINDS } from '../../store/notes.ts';
import { writeFileAtomically } from '../../services/potentials/potential-file.ts';
import { potentialReport, projectReport } from '../../services/report/report.ts';
import { safeName } from '../file-grants.ts';
import { projectProcedure, router } from '../trpc.ts';

export type { Lineage, LineageNode } from '../../services/objects/lineage.ts';
export type { Badge, Fact, ObjectPage } from '../../services/objects/object-page.ts';
export type { ObjectKind } from '../../store/notes.ts';

const object = z.object({ kind: z.enum(OBJECT_KINDS), id: z.number().int().positive() });

export const objectsRouter = router({
  /** Everything there is and what was made from what. */
  lineage: projectProcedure.query(({ ctx }) => ctx.open.lineage()),

  get: projectProcedure.input(object).query(({ ctx, input }) => objectPage(ctx.open, input.kind, input.id)),

  /** A potential, or the project, as one HTML file under /data/exports/KEY. */
  report: projectProcedure
    .input(z.object({ potentialId: z.number().int().positive().optional() }))
    .mutation(async ({ ctx, input }) => {
      const { open, workspace } = ctx;
      const report =
        input.potentialId === undefined
          ? await projectReport(open, open.name)
          : await potentialReport(open, input.potentialId);
      const fileName = safeName(`${report.title.split(':')[0]}-report.html`);
      const { key, path } = await workspace.exports.place(fileName);
      await writeFileAtomically(path, report.html);
      return { key, fileName, figures: report.figures };
    }),

  setNotes: projectProcedure
    .input(object.extend({ text: z.string().max(LONGEST_NOTE) }))
    .mutation(({ ctx, input }) => {
      if (ctx.open.project.readOnly) {
        throw new ForcewrightError('The project is read-only, so notes cannot be saved in it.', {
          remedy: 'Make its file writable and open it again, or work on a copy.',
        });
      }
      new NoteRepository(ctx.open.project).set(input.kind, input.id, input.text);
      ctx.workspace.touched();
    }),
});
