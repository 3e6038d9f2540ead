/** What takes long happens in a thread of its own: files of large datasets, and what becomes of them when nobody waits. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Background } from '../../../src-main/services/background/background.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();

describe('the file of a large dataset', () => {
  it('is written in a thread, as where it is asked for; one that nobody waits for leaves nothing behind', async () => {
    using project = Project.open(join(folder, 'p.fwproj'), { create: true });
    const id = addDataset(
      project,
      'silicon',
      Array.from({ length: 40 }, (_, k) => crystal(2, k + 1)),
    );
    new DatasetService(project).exclude(id, Uint32Array.of(3), 'test');
    using thread = new Background(project, 0);
    using here = new Background(project);
    const request = (name: string) => ({ id, path: join(folder, name), format: 'extxyz' });
    // while it is written the thread that asked does other things
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const answers = [await thread.about([id], 'exportFile', request('thread.xyz'))];
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    answers.push(await here.about([id], 'exportFile', request('here.xyz')));
    expect(answers).toEqual(Array(2).fill({ written: 39, notes: [] }));
    expect(readFileSync(join(folder, 'thread.xyz'), 'utf8')).toBe(
      readFileSync(join(folder, 'here.xyz'), 'utf8'),
    );
    const controller = new AbortController();
    const given = thread.about([id], 'exportFile', request('given-up.xyz'), controller.signal);
    controller.abort();
    await expect(given).rejects.toThrow(/cancelled|stopped/i);
    await expect(
      thread.about([id], 'exportFile', { ...request('x.xyz'), parts: ['none of this name'] }),
    ).rejects.toThrow(/no configuration|nothing/i);
    expect(readdirSync(folder).filter((name) => /given-up|x\.xyz|part/.test(name))).toEqual([]);
  });
});
