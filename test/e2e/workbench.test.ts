/**
 * The whole job in a real Chromium against the real host, services, SQLite and fits: drop a file, look at it, import,
 * curate, fit, find the outlier, exclude it, refit, simulate, play, export. Pictures go to test-output/screenshots.
 */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accessibility } from './support/axe.ts';
import { dropFile } from './support/drop.ts';
import { parityWindow } from '../../src-renderer/charts/parity-window.ts';
import { siliconFile, WRONG_FORCE } from './support/silicon-file.ts';
import { traceTasks } from './support/task-trace.ts';
import { hasChromium, startHost, Visitor, type RunningHost } from './support/web-host.ts';

/** On a machine that others use too a step may take long without anything being wrong. */
const PATIENCE = 120_000;
vi.setConfig({ testTimeout: 240_000 });
/** Longest task that does not hold up the window, ms (W3C, Long Tasks). */
const LONG_TASK = 50;

/**
 * Where the wrong force lies in the parity plot. Its prediction is an ordinary force, about 0; axes and margins as in
 * charts/parity.ts.
 */
function outlierPlace(plot: { x: number; y: number; width: number; height: number }) {
  const forces = siliconFile()
    .text.split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.length === 7 && words[0] === 'Si')
    .flatMap((words) => words.slice(4).map(Number));
  const [low, high] = parityWindow(forces, forces, true).x;
  const [left, right, top, bottom] = [74, 24, 28, 52];
  const along = (value: number) => (value - low) / (high - low);
  return {
    x: plot.x + left + along(WRONG_FORCE) * (plot.width - left - right),
    y: plot.y + top + (1 - along(-0.6)) * (plot.height - top - bottom),
  };
}

describe.skipIf(!hasChromium)('the workbench in a browser', () => {
  let host: RunningHost;
  let visitor: Visitor;
  let page: Page;
  beforeAll(async () => {
    host = await startHost();
    visitor = await Visitor.arrive(host.url);
    page = visitor.page;
    page.setDefaultTimeout(PATIENCE);
  });
  afterAll(async () => {
    await visitor?.leave();
    await host?.stop();
  });

  const rail = (name: string) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });

  it('starts without the token in sight, and is accessible', async () => {
    await page.getByRole('heading', { name: 'Forcewright' }).waitFor();
    expect(page.url()).not.toContain('token');
    await visitor.picture('01-start');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('previews a dropped file, says what is wrong with it, and imports the rest', async () => {
    const file = siliconFile();
    await dropFile(page, 'silicon small.xyz', file.text);
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(`${file.frames + file.bad}`, { exact: false })
      .first()
      .waitFor();
    await dialog.getByText('Leave out 1 bad frame').waitFor();
    await dialog
      .getByText(/Frame \d+, line \d+/)
      .first()
      .waitFor();
    await visitor.picture('02-import-preview');
    expect.soft(await accessibility(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Import' }).click();
    const card = page.getByRole('link', { name: /silicon small/ });
    await card.waitFor();
    await visitor.picture('03-data');
    await card.click();
    const table = page.getByRole('grid', { name: 'Configurations' });
    await table.waitFor();
    await expect
      .poll(() => table.getAttribute('aria-rowcount'), { timeout: 15_000 })
      .toBe(String(file.frames + 1));
  });

  it('filters, excludes with the keyboard, and takes it back', async () => {
    const shown = page.locator('.filters [role=status]');
    await page.getByLabel('Filter by formula, type or tag').fill('vacancy');
    await expect.poll(() => shown.textContent()).toMatch(/ of /);
    const table = page.getByRole('grid', { name: 'Configurations' });
    await table.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await page.getByText('1 configuration selected').waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('excluded: left out of fits').waitFor();
    await page.locator('.line.excluded').first().waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: exclude/).waitFor();
    await expect.poll(() => page.locator('.line.excluded').count()).toBe(0);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('button', { name: 'Show all' }).click();
    // the 3D view of the row under the cursor
    await page.locator('.structure-panel canvas').waitFor();
    await page.waitForTimeout(800);
    await visitor.picture('04-dataset');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('fits while the window stays quick', async () => {
    await page.getByRole('link', { name: 'Fit a potential' }).click();
    const level = page.getByRole('slider', { name: 'Level' });
    await level.focus();
    for (let k = 0; k < 4; k++) await page.keyboard.press('ArrowLeft');
    await page.getByRole('button', { name: 'More settings' }).click();
    await page.getByLabel('Most iterations').fill('4');
    await page.getByLabel('Starting points').fill('1');
    await page.getByLabel('Starting points').press('Tab');
    await visitor.picture('05-fit-form');
    expect.soft(await accessibility(page)).toEqual([]);
    const run = page.locator('section.run');
    const tasks = await traceTasks(visitor.browser, page, async () => {
      await page.getByRole('button', { name: 'Start the fit' }).click();
      await run.getByRole('link', { name: 'Understand' }).waitFor();
      await run.locator('canvas').first().waitFor();
      await page.waitForTimeout(300);
    });
    await visitor.picture('06-fit-done');
    console.info(
      `during the fit: ${tasks.cpu.length} tasks, the longest ${tasks.cpu
        .slice(0, 4)
        .map((ms) => ms.toFixed(0))
        .join(', ')} ms ` + `of CPU, ${tasks.wall[0]?.toFixed(0)} ms on the wall`,
    );
    expect(tasks.cpu[0]).toBeLessThan(LONG_TASK);
    await run.getByRole('link', { name: 'Understand' }).click();
  });

  it('leads from an outlier to its atoms, out of the data, and to a new fit in three clicks', async () => {
    const plot = page.locator('section.plot').first().locator('canvas').first();
    await plot.waitFor();
    await page.getByText('Errors by part and type').waitFor();
    await page.waitForTimeout(800);
    await visitor.picture('07-parity');
    expect.soft(await accessibility(page)).toEqual([]);
    const box = await plot.boundingBox();
    if (box === null) throw new Error('The parity plot has no place.');
    // a box about the outlier, at the right end of the axis, finds it as well; it is taken back for the count of clicks
    await page.getByRole('button', { name: /box/i }).first().click();
    await page.mouse.move(box.x + 0.72 * box.width, box.y + 0.1 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.97 * box.width, box.y + 0.8 * box.height, { steps: 6 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('button', { name: /box/i }).first().click();
    await page.evaluate(
      "window.clicks = 0; addEventListener('click', (event) => event.isTrusted && window.clicks++, true)",
    );
    const place = outlierPlace(box);
    await page.mouse.click(place.x, place.y);
    const chosen = page.getByRole('region', { name: 'Chosen configurations' });
    await chosen.getByText('Largest force error').waitFor();
    await chosen.locator('canvas').waitFor();
    await page.waitForTimeout(1200);
    await visitor.picture('08-outlier');
    await chosen.getByRole('button', { name: 'Exclude' }).click();
    await page.getByText(/1 configuration excluded\. Refit/).waitFor();
    await chosen.getByRole('button', { name: 'Refit' }).click();
    expect(await page.evaluate('window.clicks')).toBe(3);
    // a reload in the middle of the fit: the job goes on, and the page finds it again
    // (a quick one may be done already)
    const stop = page.getByRole('button', { name: 'Stop' });
    await stop.waitFor({ timeout: 10_000 }).catch(() => undefined);
    await page.reload();
    await page.locator('section.run').waitFor();
    await expect
      .poll(() => page.locator('#all-potentials ~ .scroll tbody tr').count(), { timeout: PATIENCE })
      .toBe(2);
    await page.waitForTimeout(1500);
    await visitor.picture('09-refitted');
  });

  it('runs molecular dynamics and plays the trajectory', async () => {
    await rail('Simulate').click();
    for (const axis of ['a', 'b', 'c']) await page.getByLabel(`× ${axis}`).fill('2');
    await page.getByLabel('Steps', { exact: true }).fill('300');
    await page.getByText('64 atoms').waitFor();
    await page.locator('.structure-panel canvas').waitFor();
    await page.waitForTimeout(600);
    await visitor.picture('10-simulate');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('meV/atom/ps').waitFor();
    const run = page.locator('section.run');
    await run.locator('canvas').first().waitFor();
    await run.getByRole('button', { name: /play/i }).first().click();
    await page.waitForTimeout(1500);
    await visitor.picture('11-trajectory');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('exports the potential, the words for the paper and the data', async () => {
    await rail('Export').click();
    await page
      .getByText(/moment tensor potential/)
      .first()
      .waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 220_000 }),
      page.getByRole('button', { name: 'Export for LAMMPS' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/kim\.zip$/);
    const files = Object.keys(unzipSync(readFileSync(await download.path())));
    expect(files).toContain('in.check');
    expect(files.some((name) => name.endsWith('.cpp'))).toBe(true);
    await page.locator('#export-report').waitFor();
    const [data] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export', exact: true }).click(),
    ]);
    // 43 configurations were imported, one was excluded
    const written = readFileSync(await data.path(), 'utf8');
    expect(written.match(/Lattice=/g)?.length).toBe(42);
    await page.getByText(/written to/).waitFor();
    await visitor.picture('12-export');
    expect.soft(await accessibility(page)).toEqual([]);
  }, 240_000);

  it('has a command palette, jobs and a dark theme', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search commands' }).fill('theme dark');
    await page.waitForTimeout(400);
    await visitor.picture('13-palette');
    await page.keyboard.press('Enter');
    await page.locator('.v-theme--dark').first().waitFor();
    await page.keyboard.press('Control+j');
    await page
      .getByRole('complementary', { name: 'Jobs' })
      .getByText(/done in/)
      .first()
      .waitFor();
    await page.waitForTimeout(500);
    await visitor.picture('14-jobs-dark');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.keyboard.press('Control+j');
    await rail('Understand').click();
    await page.locator('section.plot canvas').first().waitFor();
    await page.waitForTimeout(1200);
    await visitor.picture('15-understand-dark');
    await rail('Home').click();
    await page.getByRole('region', { name: 'Next step' }).waitFor();
    await visitor.picture('16-home-dark');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('raised no error in the page on the way', () => {
    expect(visitor.errors).toEqual([]);
  });

  it('refuses a page without the token', async () => {
    const stranger = await visitor.browser.newContext();
    const other = await stranger.newPage();
    await other.goto(host.url.replace(/#.*/, ''));
    await other.getByText('This page needs its token').waitFor();
    await stranger.close();
  });
});
