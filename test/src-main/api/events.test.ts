/** Events for a page that reads slowly, and jobs of a project that is closed under them. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../src-main/api/event-queue.ts';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { appRouter } from '../../../src-main/api/router.ts';
import { ApiSocket } from '../../../src-main/hosts/api-socket.ts';
import { temporaryFolder } from '../../support/project.ts';

const progress = (jobId: number, fraction: number) =>
  ({ type: 'progress', jobId, fraction, message: '', etaSeconds: undefined, detail: undefined, points: [] }) as const; // prettier-ignore

describe('events of a stalled page', () => {
  it('are merged: the newest progress of a job, one change, its end after it', () => {
    const queue = new EventQueue();
    for (let k = 0; k < 100_000; k++) {
      queue.push(progress(1, k / 1e5));
      queue.push({ type: 'changed' });
    }
    queue.push({ type: 'end', jobId: 1 });
    queue.push(progress(2, 0.5));
    expect(queue.take().map((event) => ('jobId' in event ? `${event.type} ${event.jobId}` : event.type))).toEqual([
      'progress 1', 'changed', 'end 1', 'progress 2',
    ]); // prettier-ignore
    expect(queue.size).toBe(0);
  });

  it('keep the last lines of a log and say that there were more', () => {
    const queue = new EventQueue();
    for (let k = 0; k < 10_000; k++) queue.push({ type: 'log', jobId: 1, level: 'info', text: `line ${k}` });
    const events = queue.take();
    expect(events.length).toBeLessThan(600);
    expect(events.at(-1)).toMatchObject({ text: 'line 9999' });
    expect(events).toContainEqual({ type: 'changed' });
  });

  it('wait for the connection, and a hopeless page is let go', async () => {
    let waiting = 2e6;
    const sent: string[] = [];
    let ended = false;
    const wire = { get waiting() { return waiting; }, send: (text: string) => void sent.push(text), close: () => undefined, terminate: () => (ended = true) }; // prettier-ignore
    const page = new ApiSocket(wire, true);
    let ready = false;
    void page.ready().then(() => (ready = true));
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(ready).toBe(false);
    waiting = 0;
    await expect.poll(() => ready).toBe(true);
    page.send('a');
    waiting = 1e9;
    page.send('b');
    expect({ sent, ended }).toEqual({ sent: ['a'], ended: true });
  });
});

describe('a project closed right after an import was started', () => {
  it('stays open until the import is done, and the published parts are there', async () => {
    const folder = temporaryFolder();
    const workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
    const api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
    await api.project.create({ name: 'Sample' });
    const { jobId } = await api.datasets.importSample({ sample: 'silicon' });
    await expect(api.project.close()).rejects.toThrow(/still running/);
    await expect.poll(async () => (await api.jobs.get({ id: jobId })).state).toBe('done');
    const [{ parts }] = await api.datasets.list();
    expect(parts).toEqual({ train: 214, test: 25 });
    // the thread of the job may live a moment longer: whatever it says then must not end the host
    await api.project.close();
    await workspace.dispose();
  }); // prettier-ignore

  it('ends in good order when the host ends in the middle of it', async () => {
    const folder = temporaryFolder();
    const workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
    const api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
    await api.project.create({ name: 'Sample' });
    await api.datasets.importSample({ sample: 'silicon' });
    await workspace.dispose();
    const again = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
    const open = again.openPath(join(folder, 'projects', 'Sample.fwproj'));
    expect(['interrupted', 'done']).toContain(open.jobs.list()[0].state);
    await again.dispose();
  }); // prettier-ignore
});

describe('what is asked of a project while it closes', () => {
  it('is answered with a sentence, not with the words of the database', async () => {
    const folder = temporaryFolder();
    const workspace = new Workspace({
      folder: join(folder, 'settings'),
      projectsFolder: join(folder, 'projects'),
    });
    const api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
    const ask: (() => Promise<unknown>)[] = [
      () => api.jobs.list(),
      () => api.jobs.get({ id: 1 }),
      () => api.datasets.list(),
      () => api.datasets.steps({ id: 1 }),
      () => api.datasets.rename({ id: 1, name: 'x' }),
      () => api.potentials.list(),
      () => api.simulations.trajectories(),
    ];
    // closed between the look whether it is open and the answer, as by another page
    const requireOpen = workspace.requireOpen.bind(workspace);
    workspace.requireOpen = () => {
      const open = requireOpen();
      workspace.close();
      return open;
    };
    for (const question of ask) {
      workspace.openPath(join(folder, 'a.fwproj'), question === ask[0]);
      await expect(question()).rejects.toMatchObject({
        cause: {
          name: 'StoreError',
          reason: 'closed',
          message: 'The project a.fwproj was closed meanwhile.',
        },
      });
    }
    await workspace.dispose();
  });
});
