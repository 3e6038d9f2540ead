/** Large answers and changes are made in a thread of their own: whoever asks meanwhile is answered first. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArrayFrame } from '../../../src-compute/array-frame.ts';
import { answerData } from '../../../src-main/api/data.ts';
import { appRouter } from '../../../src-main/api/router.ts';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { Project } from '../../../src-main/store/project.ts';
import { largeDataset } from '../../support/large-dataset.ts';
import { argonRun, crystal, addDataset, temporaryFolder } from '../../support/project.ts';

const COUNT = 20_500;
const folder = temporaryFolder();
const path = join(folder, 'large.fwproj');
let workspace: Workspace;
let api: ReturnType<typeof appRouter.createCaller>;
let id: number;

// one project and one thread for all: starting one takes longer than what is asked of it
beforeAll(() => {
  workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
  workspace.openPath(path, true);
  api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
});
beforeEach(() => (id = largeDataset(workspace.requireOpen().project, COUNT)));
afterAll(() => workspace.dispose());

const viewOf = async () => (await api.datasets.list()).find((dataset) => dataset.id === id);

/** Which of two is done first, both begun at once. */
async function order(slow: Promise<unknown>, quick: Promise<unknown>): Promise<string[]> {
  const ends: string[] = [];
  await Promise.all([slow.then(() => ends.push('large')), quick.then(() => ends.push('other'))]);
  return ends;
}

describe('while a large answer is made, others are answered', () => {
  const large: [string, () => Promise<unknown>][] = [
    ['its table', () => answerData(workspace, `datasets/${id}/table`, new URLSearchParams())],
    ['a split', () => api.datasets.split({ id, request: { method: 'random', fractions: { test: 0.1 } } })],
    ['a list with it', () => api.datasets.list()],
    ['a comparison', () => api.datasets.compare({ first: id, second: id })],
    [
      'an exclusion',
      () => api.datasets.exclude({ id, positions: Array.from({ length: COUNT }, (_, k) => k) }),
    ],
  ];
  it.each(large)('%s', async (_what, ask) => {
    expect(await order(ask(), api.jobs.list())).toEqual(['other', 'large']);
  });

  it('the cost of a potential', async () => {
    const open = workspace.requireOpen();
    argonRun(open, { steps: 1, every: 1 });
    addDataset(open.project, 'argon', [{ ...crystal(5, 1), symbols: ['Ar'] }]);
    let cost: number | null = null;
    const asked = api.potentials.cost({ id: 1 }).then((found) => (cost = found));
    expect(await order(asked, api.jobs.list())).toEqual(['other', 'large']);
    expect(cost).toBeGreaterThan(0);
  });
});

describe('a large dataset that was removed', () => {
  it('is out of sight at once, comes back when asked for, and goes when the project is closed', async () => {
    const file = workspace.requireOpen().project.path;
    await api.datasets.remove({ id });
    expect(await viewOf()).toBeUndefined();
    expect(await api.datasets.restore({ id })).toBe(true);
    expect(await viewOf()).toBeDefined();
    await api.datasets.remove({ id });
    workspace.close();
    // the thread does what it was given, and ends
    const left = () => {
      using project = Project.open(file);
      return new DatasetRepository(project).list().map((dataset) => dataset.id);
    };
    await expect.poll(left).not.toContain(id);
    workspace.openPath(path);
    expect(await api.datasets.restore({ id })).toBe(false);
  });
});

describe('what the thread does', () => {
  it('is what would be done without it, and what comes after finds it', async () => {
    const request = { method: 'random', fractions: { test: 0.2 }, seed: 3 } as const;
    const parts = await api.datasets.split({ id, request });
    expect(parts.test).toBeGreaterThanOrEqual(COUNT / 5);
    expect((await viewOf())?.parts).toEqual(parts);
    const block = await answerData(workspace, `datasets/${id}/table`, new URLSearchParams());
    const table = new ArrayFrame(block.buffer);
    const test = table.texts('splits').indexOf('test');
    expect(table.u16('split').filter((code) => code === test)).toHaveLength(parts.test);
    expect(await api.datasets.undo({ id })).toMatch(/at random/);
    expect((await viewOf())?.parts).toEqual({ '': COUNT });
    const extracted = await api.datasets.steps({ id });
    expect(extracted.map((step) => step.undone)).toEqual([true]);
  });

  it('fails in sentences, with what to do', async () => {
    await expect(
      api.datasets.split({ id, request: { method: 'tag', tags: { liquid: 'test' } } }),
    ).rejects.toMatchObject({
      cause: { message: /No configuration of the dataset has the tag/, remedy: /There are: bulk/ },
    });
    await expect(api.datasets.exclude({ id, positions: [COUNT + 7] })).rejects.toMatchObject({
      cause: { name: 'StoreError', reason: 'not-found' },
    });
    await expect(answerData(workspace, 'datasets/77/table', new URLSearchParams())).rejects.toThrow(
      /no dataset number 77/,
    );
  });

  it('is done to its end when the project is closed meanwhile', async () => {
    const split = api.datasets.split({ id, request: { method: 'random', fractions: { test: 0.1 } } });
    // the thread has it; then the window closes
    await api.jobs.list();
    workspace.close();
    await split;
    using project = Project.open(path);
    expect(new DatasetRepository(project).parts(id).test).toBeGreaterThanOrEqual(COUNT / 10);
  });
});
