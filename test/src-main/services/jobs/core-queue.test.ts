/** Jobs together keep no more cores busy than there are. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import type { JsonValue } from '../../../../src-main/store/json.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { CoreQueue, coresOf } from '../../../../src-main/services/jobs/core-queue.ts';

const fit = (threads?: number): { kind: string; settings: JsonValue } => ({
  kind: 'fit',
  settings: { request: threads === undefined ? {} : { threads } },
});
const crystal = (n: number) => ({
  kind: 'lattice',
  lattice: 'diamond',
  symbols: ['Si'],
  a: 5.4,
  repeat: [n, n, n],
});

describe('cores of a job', () => {
  it('are those it was given, or all', () => {
    expect(coresOf(fit(), 8)).toBe(8);
    expect(coresOf(fit(3), 8)).toBe(3);
    expect(coresOf(fit(16), 8)).toBe(8);
    expect(coresOf({ kind: 'recipe', settings: {} }, 8)).toBe(8);
  });

  it('are one for runs of few atoms, and none that is waited for by imports', () => {
    expect(coresOf({ kind: 'md', settings: { structure: crystal(2) } }, 8)).toBe(1);
    expect(coresOf({ kind: 'md', settings: { structure: crystal(5) } }, 8)).toBe(8);
    expect(
      coresOf({ kind: 'md', settings: { structure: { kind: 'dataset', datasetId: 1, position: 0 } } }, 8),
    ).toBe(8);
    expect(coresOf({ kind: 'import', settings: { files: [] } }, 8)).toBe(0);
  });
});

describe('the queue', () => {
  it('begins in order, as cores become free', () => {
    const begun: number[] = [];
    const queue = new CoreQueue((id) => begun.push(id), 4);
    expect(queue.add(1, fit(3))).toBe(true);
    expect(queue.add(2, fit(2))).toBe(false);
    // one that would fit does not overtake
    expect(queue.add(3, fit(1))).toBe(false);
    expect(queue.add(4, { kind: 'import', settings: {} })).toBe(true);
    expect(begun).toEqual([1, 4]);
    queue.done(4);
    expect(begun).toEqual([1, 4]);
    queue.done(1);
    expect(begun).toEqual([1, 4, 2, 3]);
  });

  it('begins one that wants all cores when no other runs', () => {
    const begun: number[] = [];
    const queue = new CoreQueue((id) => begun.push(id), 2);
    queue.add(1, fit());
    queue.add(2, fit());
    expect(begun).toEqual([1]);
    queue.done(1);
    expect(begun).toEqual([1, 2]);
  });

  it('lets one go before its turn, or be taken out', () => {
    const begun: number[] = [];
    const queue = new CoreQueue((id) => begun.push(id), 1);
    for (const id of [1, 2, 3]) queue.add(id, fit());
    expect(queue.hurry(3)).toBe(true);
    expect(queue.hurry(9)).toBe(false);
    expect(queue.remove(2)).toBe(true);
    queue.done(1);
    queue.done(3);
    expect(begun).toEqual([1, 3]);
    expect(queue.clear()).toEqual([]);
  });
});

describe('jobs of a project', () => {
  const folder = temporaryFolder();
  // they fail at once, which is an end like any other
  const settings = { recipe: 'ev', potentialId: 7, settings: {} };

  it('wait for each other, can be stopped while they wait, and begin by themselves', async () => {
    using project = Project.open(join(folder, 'queue.fwproj'), { create: true });
    using service = new JobService(project, { cores: 1 });
    const [first, second, third] = [1, 2, 3].map((n) => service.submit('recipe', `recipe ${n}`, settings));
    expect(service.working).toEqual([first.id]);
    expect(service.get(third.id)).toMatchObject({
      state: 'queued',
      message: expect.stringMatching(/waits until/),
    });
    expect(() => service.start(third.id)).toThrow(/running already/);
    expect(service.busy).toBe(true);
    expect(service.cancel(second.id).state).toBe('cancelled');
    expect((await second.finished).state).toBe('cancelled');
    const [one, three] = await Promise.all([first.finished, third.finished]);
    expect(one.state).toBe('failed');
    expect(three.state).toBe('failed');
    expect(three.startedAt ?? 0).toBeGreaterThanOrEqual(one.finishedAt ?? Infinity);
    expect(service.busy).toBe(false);
  });

  it('that wait when the program ends can be resumed', async () => {
    using project = Project.open(join(folder, 'rest.fwproj'), { create: true });
    using service = new JobService(project, { cores: 1 });
    const [first, second] = [1, 2].map((n) => service.submit('recipe', `recipe ${n}`, settings));
    await service.rest(60);
    expect(service.get(second.id).state).toBe('interrupted');
    expect((await second.finished).state).toBe('interrupted');
    await first.finished;
    expect((await service.start(second.id).finished).state).toBe('failed');
  });
});
