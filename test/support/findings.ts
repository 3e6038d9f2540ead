/** What the import of a file says about it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFindings } from '../../src-main/services/datasets/data-findings.ts';
import { importResult } from '../../src-main/services/datasets/import-runner.ts';
import { JobService } from '../../src-main/services/jobs/job-service.ts';
import { Project } from '../../src-main/store/project.ts';

/** Findings of the import, duplicates and outliers of a file, as sentences. */
export async function datasetFindingsOf(file: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fw-import-'));
  try {
    using project = Project.open(join(folder, 'p.fwproj'), { create: true });
    using jobs = new JobService(project);
    const job = await jobs.run(jobs.create('import', 'import', { files: [file] }));
    return dataFindings(project, importResult.parse(job.result).datasets[0].id);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
