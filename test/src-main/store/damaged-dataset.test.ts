/** A dataset that somebody has damaged, or made up by hand, is listed with that, and hides no other. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { appRouter } from '../../../src-main/api/router.ts';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { commandLine } from '../../support/command-line.ts';

const folder = temporaryFolder();

/** A project of three datasets, the second of which is changed by SQL. */
function damaged(name: string, sql: string): string {
  const path = join(folder, `${name}.fwproj`);
  using project = Project.open(path, { create: true });
  for (const dataset of ['first', 'second', 'third'])
    addDataset(project, dataset, [crystal(2, 1), crystal(2, 2)]);
  project.sqlite.exec(sql);
  return path;
}

const WRONG: readonly (readonly [name: string, sql: string])[] = [
  ['split', `UPDATE datasets SET split = '{"method": 7' WHERE id = 2`],
  [
    'split of another kind',
    `UPDATE datasets SET split = '{"method": "constructor", "createdAt": {}}' WHERE id = 2`,
  ],
  ['findings', "UPDATE datasets SET findings = 'x' WHERE id = 2"],
  ['source', "UPDATE datasets SET source = X'00ff' WHERE id = 2"],
  ['species', `UPDATE datasets SET species = '{"a": 1}' WHERE id = 2`],
  ['properties', "UPDATE datasets SET properties = '[1]' WHERE id = 2"],
  ['excluded', "UPDATE configuration_columns SET data = 'yes' WHERE dataset_id = 2 AND name = 'excluded'"],
  ['parts', "UPDATE configuration_columns SET data = X'ffffffff' WHERE dataset_id = 2 AND name = 'split'"],
  ['words', "UPDATE configuration_columns SET words = '{' WHERE dataset_id = 2 AND name = 'split'"],
  ['count', "UPDATE datasets SET configuration_count = 'many' WHERE id = 2"],
  ['no columns', 'DELETE FROM configuration_columns WHERE dataset_id = 2'],
];

describe('a damaged dataset', () => {
  it.each(WRONG)('leaves the others: %s', async (name, sql) => {
    const path = damaged(name, sql);
    {
      using project = Project.open(path);
      const datasets = new DatasetRepository(project);
      expect(datasets.list().map((dataset) => dataset.name)).toEqual(['first', 'second', 'third']);
      expect(datasets.parts(3)).toEqual({ '': 2 });
    }
    const workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: folder });
    try {
      workspace.openPath(path);
      const api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
      const views = await api.datasets.list();
      expect(views.map((view) => view.name)).toEqual(['first', 'second', 'third']);
      expect(views[2].parts).toEqual({ '': 2 });
      expect(views[1].findings[0]).toMatchObject({
        severity: 'error',
        message: expect.stringMatching(/damaged/) as string,
      });
    } finally {
      await workspace.dispose();
    }
  });

  it('is named by the command line', () => {
    const path = damaged('command', WRONG[6][1]);
    const main = commandLine;
    const out = execFileSync(process.execPath, [main, 'datasets', '--project', path, '--json'], {
      encoding: 'utf8',
    });
    const found = z
      .object({ datasets: z.array(z.object({ name: z.string(), damaged: z.string().optional() })) })
      .parse(JSON.parse(out)).datasets;
    expect(found.map((dataset) => [dataset.name, dataset.damaged !== undefined])).toEqual([
      ['first', false],
      ['second', true],
      ['third', false],
    ]);
  });
});
