/** A project of somebody else in the window: its jobs are shown in full and start nothing until the user says so. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { JobRepository } from '../../src-main/store/jobs.ts';
import { Project } from '../../src-main/store/project.ts';
import { accessibility } from './support/axe.ts';
import { hasChromium, startHost, Visitor, type RunningHost } from './support/web-host.ts';

// on a machine that others use too a step may take long without anything being wrong
vi.setConfig({ testTimeout: 240_000 });

describe.skipIf(!hasChromium)('a project of somebody else', () => {
  let host: RunningHost;
  let visitor: Visitor;
  let marker: string;
  beforeAll(async () => {
    host = await startHost();
    visitor = await Visitor.arrive(host.url);
    visitor.page.setDefaultTimeout(300_000);
    marker = join(host.folder, 'marker');
    mkdirSync(join(host.folder, 'projects'), { recursive: true });
    using project = Project.open(join(host.folder, 'projects', 'gift.fwproj'), { create: true });
    new JobRepository(project).create('on-the-fly', 'Silicon at 300 K', {
      name: 'Silicon',
      structure: { kind: 'lattice', lattice: 'diamond', symbols: ['Si'], a: 5.43, repeat: [1, 1, 1] },
      settings: { ensemble: 'nve', temperature: 300, timestep: 1, steps: 5, seed: 1 },
      engine: { engine: 'i-pi', client: `sh -c "echo here > ${marker}"`, connectTimeout: 5 },
    });
    project.sqlite.exec("UPDATE jobs SET state = 'interrupted'");
  });
  afterAll(async () => {
    await visitor?.leave();
    await host?.stop();
  });

  it('asks before a job runs, with every program and setting, and runs nothing when it is left', async () => {
    const { page } = visitor;
    await page.reload();
    await page.locator('button.recent', { hasText: 'gift' }).click();
    await page.getByRole('button', { name: 'Jobs', exact: true }).click();
    const tray = page.getByRole('complementary', { name: 'Jobs' });
    const dialog = page.getByRole('dialog', { name: 'Run this job here?' });
    await tray.getByRole('button', { name: /Go on|Run again/ }).click();
    await dialog.getByText(`sh -c "echo here > ${marker}"`, { exact: true }).waitFor();
    await dialog.getByText('"connectTimeout": 5').waitFor();
    expect.soft(await accessibility(page)).toEqual([]);
    await visitor.picture('24-foreign-job');
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await tray.getByText('interrupted').waitFor();
    expect(existsSync(marker)).toBe(false);

    await tray.getByRole('button', { name: /Go on|Run again/ }).click();
    await dialog.getByRole('button', { name: 'Run it here' }).click();
    // it was started, and is no client of the protocol
    await tray
      .getByText(/connect|ended|stopped/i)
      .first()
      .waitFor();
    expect(existsSync(marker)).toBe(true);
    expect(visitor.errors).toEqual([]);
  });
});
