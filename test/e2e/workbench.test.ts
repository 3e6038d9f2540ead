/**
 * The whole job in a real Chromium against the real host, services, SQLite and fits: drop a file, look at it, import,
 * curate, fit, find the outlier, exclude it, refit, simulate, play, export. Each test begins with a project that has
 * what the steps before it leave. Pictures go to test-output/screenshots.
 */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { accessibility } from './support/axe.ts';
import { withoutSearch } from './support/desktop-forms.ts';
import { dropFile } from './support/drop.ts';
import { outlierPlace } from './support/outlier.ts';
import { siliconFile } from './support/silicon-file.ts';
import { dataProject, fittedProject, SMALL } from './support/silicon-project.ts';
import { describeTasks, traceTasks } from './support/task-trace.ts';
import { hasChromium, PATIENCE, type Visitor } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

/** Longest task that does not hold up the window, in yardsticks of some 50 ms (W3C, Long Tasks). */
const LONG_TASK = 8;

/** Opens the small dataset. @returns its table when the rows are there */
async function openSmall(visitor: Visitor) {
  await visitor.rail('Data').click();
  await visitor.page.getByRole('link', { name: SMALL }).click();
  const table = visitor.page.getByRole('grid', { name: 'Configurations' });
  await table.locator('.line').nth(2).waitFor();
  return table;
}

describe.skipIf(!hasChromium)('the workbench in a browser', () => {
  const windows = useWindows();

  it('starts without the token in sight, and is accessible', async () => {
    const visitor = await windows.open();
    await visitor.page.getByRole('heading', { name: 'Forcewright' }).waitFor();
    expect(visitor.page.url()).not.toContain('token');
    await visitor.picture('01-start');
    expect.soft(await accessibility(visitor.page)).toEqual([]);
  });

  it('previews a dropped file, says what is wrong with it, and imports the rest', async () => {
    const visitor = await windows.open();
    const { page } = visitor;
    const file = siliconFile();
    await dropFile(page, `${SMALL}.xyz`, file.text);
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
    const card = page.getByRole('link', { name: SMALL });
    await card.waitFor();
    await visitor.picture('03-data');
    await card.click();
    const table = page.getByRole('grid', { name: 'Configurations' });
    await table.waitFor();
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe(String(file.frames + 1));
  });

  it('filters, excludes with the keyboard, and takes it back', async () => {
    const visitor = await windows.open({ project: dataProject });
    const { page } = visitor;
    const table = await openSmall(visitor);
    const shown = page.locator('.filters [role=status]');
    await page.getByLabel('Filter by formula, type or tag').fill('vacancy');
    await expect.poll(() => shown.textContent()).toMatch(/ of /);
    await table.focus();
    await page.keyboard.press('Home');
    await page.locator('.line.current').waitFor();
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
    await visitor.picture('04-dataset');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('fits while the window stays quick', async () => {
    const visitor = await windows.open({ project: dataProject });
    const { page } = visitor;
    await openSmall(visitor);
    await page.getByRole('link', { name: 'Fit a potential' }).click();
    await withoutSearch(page);
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
    });
    await visitor.picture('06-fit-done');
    console.info(describeTasks('during the fit', tasks));
    expect(tasks.cpu[0]).toBeLessThan(LONG_TASK * tasks.yardstick);
    await run.getByRole('link', { name: 'Understand' }).click();
    await page.locator('section.plot canvas').first().waitFor();
  });

  it('searches settings unless it is told not to, shows what it tried, and fits any of it instead', async () => {
    const visitor = await windows.open({ project: dataProject });
    const { page } = visitor;
    await visitor.rail('Fit').click();
    const search = page.getByLabel('Search cutoff, sizes and weights first');
    await expect.poll(() => search.isChecked()).toBe(true);
    await page.getByText('The test part is not looked at.').waitFor();
    await page.getByRole('button', { name: 'Tensor regression' }).click();
    // a basis that is quickly fitted
    await page.getByRole('button', { name: 'More settings' }).click();
    for (const [field, value] of [
      ['Radial', '3'],
      ['Angular', '2'],
      ['Per angle', '1'],
    ]) {
      await page.getByLabel(field, { exact: true }).fill(value);
      await page.getByLabel(field, { exact: true }).press('Tab');
    }
    await visitor.picture('05-fit-form-search');
    await page.getByRole('button', { name: 'Start the fit' }).click();
    const tried = page.locator('section', {
      has: page.getByRole('heading', { name: 'Settings that were tried' }),
    });
    const table = tried.last().getByRole('table');
    await table.waitFor();
    const rows = table.locator('tbody tr');
    expect(await rows.count()).toBeGreaterThan(4);
    expect(await rows.filter({ hasText: '– taken' }).count()).toBe(1);
    await tried
      .last()
      .getByText(/held-out configurations/)
      .first()
      .waitFor();
    await tried.last().locator('canvas').first().waitFor();
    await visitor.picture('06-settings-tried');
    expect.soft(await accessibility(page)).toEqual([]);
    // another one of them goes into the form, to be fitted as it is
    const other = rows.filter({ hasNotText: '– taken' }).last();
    const words = await other.locator('td').nth(1).innerText();
    await other.getByRole('button').click();
    await expect.poll(() => search.isChecked()).toBe(false);
    const cutoff = /cutoff ([\d.]+) Å/.exec(words)![1];
    expect(Number(await page.getByLabel(/^Cutoff/).inputValue())).toBeCloseTo(Number(cutoff), 6);
  });

  it('leads from an outlier to its atoms, out of the data, and to a new fit in three clicks', async () => {
    const visitor = await windows.open({ project: fittedProject });
    const { page } = visitor;
    await visitor.rail('Understand').click();
    const plot = page.locator('section.plot').first().locator('canvas').first();
    await plot.waitFor();
    await page.getByText('Errors by part and type').waitFor();
    await visitor.picture('07-parity');
    expect.soft(await accessibility(page)).toEqual([]);
    const chosen = page.getByRole('region', { name: 'Chosen configurations' });
    const box = await plot.boundingBox();
    if (box === null) throw new Error('The parity plot has no place.');
    // a box about the outlier, at the right end of the axis, finds it as well; it is taken back for the count of clicks
    await page.getByRole('button', { name: /box/i }).first().click();
    await page.mouse.move(box.x + 0.72 * box.width, box.y + 0.1 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.97 * box.width, box.y + 0.8 * box.height, { steps: 6 });
    await page.mouse.up();
    await chosen.getByText('Largest force error').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('button', { name: /box/i }).first().click();
    await page.evaluate(
      "window.clicks = 0; addEventListener('click', (event) => event.isTrusted && window.clicks++, true)",
    );
    const place = outlierPlace(box);
    await page.mouse.click(place.x, place.y);
    await chosen.getByText('Largest force error').waitFor();
    await chosen.locator('canvas').waitFor();
    await visitor.picture('08-outlier');
    await chosen.getByRole('button', { name: 'Exclude' }).click();
    await page.getByText(/1 configuration excluded\. Refit/).waitFor();
    await chosen.getByRole('button', { name: 'Refit' }).click();
    expect(await page.evaluate('window.clicks')).toBe(3);
    await page.locator('section.run').waitFor();
    await expect.poll(() => page.locator('#all-potentials ~ .scroll tbody tr').count()).toBe(2);
    await visitor.picture('09-refitted');
  });

  it('finds a fit again after a reload in the middle of it, and stops it', async () => {
    const visitor = await windows.open({ project: dataProject });
    const { page } = visitor;
    await visitor.rail('Fit').click();
    await withoutSearch(page);
    // a level that is not done before it is stopped, however quick the machine
    const level = page.getByRole('slider', { name: 'Level' });
    await level.focus();
    await page.keyboard.press('End');
    await page.getByRole('button', { name: 'Start the fit' }).click();
    const stop = page.locator('section.run').getByRole('button', { name: 'Stop' });
    await stop.waitFor();
    await page.reload();
    await stop.click();
    await page
      .locator('section.run')
      .getByRole('button', { name: /^(Go on|Run again)$/ })
      .waitFor();
  });

  it('runs molecular dynamics and plays the trajectory', async () => {
    const visitor = await windows.open({ project: fittedProject });
    const { page } = visitor;
    await visitor.rail('Simulate').click();
    for (const axis of ['a', 'b', 'c']) await page.getByLabel(`× ${axis}`).fill('2');
    await page.getByLabel('Steps', { exact: true }).fill('300');
    await page.getByText('64 atoms').waitFor();
    await page.locator('.structure-panel canvas').waitFor();
    await visitor.picture('10-simulate');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('meV/atom/ps').waitFor();
    const run = page.locator('section.run');
    await run.locator('canvas').first().waitFor();
    const frame = run.getByRole('slider', { name: 'Frame' });
    const before = await frame.inputValue();
    await run.getByRole('button', { name: /play/i }).first().click();
    await expect.poll(() => frame.inputValue()).not.toBe(before);
    await visitor.picture('11-trajectory');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('exports the potential, the words for the paper and the data', async () => {
    const visitor = await windows.open({ project: fittedProject });
    const { page } = visitor;
    await visitor.rail('Export').click();
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
    const written = readFileSync(await data.path(), 'utf8');
    expect(written.match(/Lattice=/g)?.length).toBe(siliconFile().frames);
    await page.getByText(/written to/).waitFor();
    await visitor.picture('12-export');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('has a command palette, jobs and a dark theme', async () => {
    const visitor = await windows.open({ project: fittedProject });
    const { page } = visitor;
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search commands' }).fill('theme dark');
    await page.getByRole('option', { name: /dark/ }).first().waitFor();
    await visitor.picture('13-palette');
    await page.keyboard.press('Enter');
    await page.locator('.v-theme--dark').first().waitFor();
    await page.keyboard.press('Control+j');
    await page
      .getByRole('complementary', { name: 'Jobs' })
      .getByText(/done in/)
      .first()
      .waitFor();
    await visitor.picture('14-jobs-dark');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.keyboard.press('Control+j');
    await visitor.rail('Understand').click();
    await page.locator('section.plot canvas').first().waitFor();
    await visitor.picture('15-understand-dark');
    await visitor.rail('Home').click();
    await page.getByRole('region', { name: 'Next step' }).waitFor();
    await visitor.picture('16-home-dark');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('refuses a page without the token', async () => {
    const visitor = await windows.open();
    const stranger = await visitor.browser.newContext();
    const other = await stranger.newPage();
    other.setDefaultTimeout(PATIENCE);
    await other.goto((await windows.host()).url.replace(/#.*/, ''));
    await other.getByText('This page needs its token').waitFor();
    await stranger.close();
  });
});
