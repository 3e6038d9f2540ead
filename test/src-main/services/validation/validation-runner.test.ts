/** A validation as a job of the project: values, figures, structures and the report are kept; the potential gets a badge. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { objectPage } from '../../../../src-main/services/objects/object-page.ts';
import { VALIDATION_ANALYSIS } from '../../../../src-main/services/validation/validation-runner.ts';
import { AnalysisRepository } from '../../../../src-main/store/analyses.ts';
import { PotentialRepository } from '../../../../src-main/store/potentials.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();

it('a validation job keeps verdict, values, figures, structures and report', async () => {
  const path = join(folder, 'trust.fwproj');
  {
    using project = Project.open(path, { create: true });
    const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
    const document = { name: 'Si <1>', model: stillingerWeberSilicon(), provenance, metrics: {} };
    new PotentialRepository(project).add({
      name: 'Si <1>',
      form: 'stillinger-weber',
      species: ['Si'],
      document: formatPotentialDocument(document),
    });
  }
  using open = ProjectService.open(path);
  const id = open.jobs.create('validation', 'Validation', {
    potentialIds: [1],
    checks: ['lattice', 'dimers'],
    references: { lattice_constant_a: 5.43 },
    published: false,
  });
  const job = await open.jobs.run(id);
  expect(job.state).toBe('done');
  const { analysisId, verdicts } = job.result as { analysisId: number; verdicts: unknown[] };
  expect(verdicts).toMatchObject([
    { potentialId: 1, verdict: [expect.stringContaining('No check found'), expect.anything()] },
  ]);
  const kept = new AnalysisRepository(open.project).get(analysisId);
  expect(kept?.kind).toBe(VALIDATION_ANALYSIS);
  expect(kept?.result).toMatchObject({
    checks: expect.arrayContaining([
      expect.objectContaining({ name: 'lattice_constant_a', reference: 5.43, grade: 'good' }),
    ]),
    sections: [
      {
        potentialId: 1,
        checks: [
          { name: 'lattice', failed: null, structures: [{ symbols: ['Si'] }] },
          { name: 'dimers', figures: [{ title: 'Energy of two atoms' }] },
        ],
      },
    ],
    // names are text wherever they stand
    html: expect.stringContaining('Validation of Si &lt;1&gt;'),
  });
  const badge = objectPage(open, 'potential', 1).badges.find(({ kind }) => kind === 'judged');
  expect(badge).toMatchObject({ label: 'validated', text: expect.stringContaining('dimers repel') });
});
