/**
 * The main job in the window of the desktop program, whatever runs it: the stand-in for Electron or Electron itself.
 * Drop a file from the disk, look at it, import, fit, find the outlier, exclude it, refit, simulate, export.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { startFit } from './desktop-forms.ts';
import { outlierPlace } from './outlier.ts';
import { siliconFile } from './silicon-file.ts';

export interface DesktopWindow {
  readonly page: Page;
  /** Folder for the files that come and go. */
  readonly folder: string;
  /** The next download goes to this file; resolves when it is there. */
  saveNext(path: string): Promise<void>;
}

const rail = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });

/** Drags files from the disk onto the window and drops them there, as the system does. */
export async function dropFromDisk(page: Page, files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 500, data });
  await session.detach();
}

async function importSilicon({ page, folder }: DesktopWindow): Promise<void> {
  const file = siliconFile();
  const path = `${folder}/silicon klein ü.xyz`;
  writeFileSync(path, file.text);
  await dropFromDisk(page, [path]);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Leave out 1 bad frame').waitFor();
  await dialog.getByRole('button', { name: 'Import' }).click();
  await page.getByRole('link', { name: /silicon klein ü/ }).click();
  const table = page.getByRole('grid', { name: 'Configurations' });
  await expect.poll(() => table.getAttribute('aria-rowcount')).toBe(String(file.frames + 1));
}

async function refitWithoutOutlier(page: Page): Promise<void> {
  await page.locator('section.run').getByRole('link', { name: 'Understand' }).click();
  const plot = page.locator('section.plot').first().locator('canvas').first();
  await plot.waitFor();
  await page.getByText('Errors by part and type').waitFor();
  const chosen = page.getByRole('region', { name: 'Chosen configurations' });
  await expect
    .poll(
      async () => {
        const box = await plot.boundingBox();
        if (box === null) return 0;
        const place = outlierPlace(box);
        await page.mouse.click(place.x, place.y);
        return chosen.getByText('Largest force error').count();
      },
      { interval: 500 },
    )
    .toBeGreaterThan(0);
  await chosen.getByRole('button', { name: 'Exclude' }).click();
  await page.getByText(/1 configuration excluded\. Refit/).waitFor();
  await chosen.getByRole('button', { name: 'Refit' }).click();
  await expect.poll(() => page.locator('#all-potentials ~ .scroll tbody tr').count()).toBe(2);
}

/** Sets up a run of 64 atoms and starts it. */
export async function startDynamics(page: Page, steps: number): Promise<void> {
  await rail(page, 'Simulate').click();
  // where runs are there, the newest is shown and the form is folded away
  const fresh = page.getByRole('button', { name: 'New run' });
  const axis = page.getByLabel('× a');
  await fresh.or(axis).filter({ visible: true }).first().waitFor();
  if (await fresh.isVisible()) await fresh.click();
  for (const axis of ['a', 'b', 'c']) await page.getByLabel(`× ${axis}`).fill('2');
  await page.getByLabel('Steps', { exact: true }).fill(String(steps));
  await page.getByText('64 atoms').waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
}

/** From a file to a potential that was mended, a run and an export. */
export async function desktopJourney(window: DesktopWindow): Promise<void> {
  const { page } = window;
  await page.getByRole('heading', { name: 'Forcewright' }).waitFor();
  await importSilicon(window);
  await page.getByRole('link', { name: 'Fit a potential' }).click();
  await startFit(page);
  await page.locator('section.run').getByRole('link', { name: 'Understand' }).waitFor();
  await refitWithoutOutlier(page);
  // the page is loaded anew: pipe, project and potentials are there again
  await page.reload();
  await startDynamics(page, 100);
  await page.getByText('meV/atom/ps').waitFor();
  await rail(page, 'Export').click();
  await page
    .getByText(/moment tensor potential/)
    .first()
    .waitFor();
  const target = `${window.folder}/exported.xyz`;
  const saved = window.saveNext(target);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await saved;
  // one of the frames was excluded
  expect(readFileSync(target, 'utf8').match(/Lattice=/g)?.length).toBe(siliconFile().frames - 1);
}
