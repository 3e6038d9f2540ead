/**
 * The coverage views in a real Chromium on real data: a dataset's entropy and map, choosing the essential, two datasets
 * compared, the novelty of a run. Pictures go to test-output/screenshots.
 */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { accessibility } from './support/axe.ts';
import { coverageProject, CRYSTALS, LIQUIDS, measuredProject, RUN } from './support/silicon-project.ts';
import { hasChromium, type Visitor } from './support/web-host.ts';
import { useWindows, type WindowOptions } from './support/windows.ts';

/** Chooses in one of the lists that open. */
async function select(page: Page, label: string, option: string): Promise<void> {
  const box = page.getByRole('combobox', { name: label, exact: true });
  await box.click({ force: true });
  // the list of this box: one that was opened before may still fade away
  const list = page.locator(`[id="${await box.getAttribute('aria-controls')}"]`);
  await list.getByRole('option', { name: option, exact: true }).click();
}

/** Draws a box around a part of a chart, in parts of its width and height. */
async function drawAround(page: Page, chart: Locator, from: [number, number], to: [number, number]) {
  const box = await chart.locator('canvas').first().boundingBox();
  if (box === null) throw new Error('The chart has no place.');
  await chart.getByRole('button', { name: 'Box selection' }).click();
  await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 5 });
  await page.mouse.up();
  await chart.getByRole('button', { name: 'Box selection' }).click();
}

const mapOf = (page: Page) => page.getByRole('region', { name: 'Map of the data' });
const chosenOf = (page: Page) => page.getByRole('region', { name: 'Chosen structures' });

describe.skipIf(!hasChromium)('coverage in a browser', () => {
  const windows = useWindows();

  /** The coverage of the second dataset, measured. */
  async function measured(project = measuredProject): Promise<Visitor> {
    const visitor = await windows.open({ project });
    const { page } = visitor;
    await visitor.rail('Coverage').click();
    await select(page, 'Dataset', LIQUIDS);
    await page.getByRole('region', { name: 'Entropy of the dataset' }).waitFor();
    await mapOf(page).locator('canvas').waitFor();
    await page.getByText(/The last fifth of the data raised H/).waitFor();
    return visitor;
  }

  /** Two datasets compared. */
  async function compared(options: WindowOptions = {}): Promise<Visitor> {
    const visitor = await windows.open({ project: measuredProject, ...options });
    const { page } = visitor;
    await visitor.rail('Coverage').click();
    await page.getByRole('button', { name: 'Compare' }).click();
    await select(page, 'Dataset', CRYSTALS);
    await select(page, 'Compared with', LIQUIDS);
    await page.getByRole('region', { name: 'Overlap' }).waitFor();
    await mapOf(page).locator('canvas').waitFor();
    return visitor;
  }

  /** The run over what its potential was trained on. */
  async function followed(options: WindowOptions = {}): Promise<Visitor> {
    const visitor = await windows.open({ project: measuredProject, ...options });
    const { page } = visitor;
    await visitor.rail('Coverage').click();
    await page.getByRole('button', { name: 'Trajectory' }).click();
    await page.getByText(/frames above the threshold/).waitFor();
    await page.getByRole('region', { name: 'Atoms coloured by novelty' }).locator('canvas').waitFor();
    await page.getByRole('region', { name: 'Novelty over time' }).locator('canvas').waitFor();
    return visitor;
  }

  it('measures a dataset: entropy, completeness, map and ranking', async () => {
    const visitor = await measured(coverageProject);
    await visitor.picture('20-coverage');
    expect.soft(await accessibility(visitor.page)).toEqual([]);
  });

  it('shows the structures that are drawn around, coloured by novelty', async () => {
    const visitor = await measured();
    const { page } = visitor;
    await drawAround(page, mapOf(page), [0.55, 0.1], [0.95, 0.9]);
    await chosenOf(page).locator('canvas').waitFor();
    await chosenOf(page)
      .getByText(/of your choice marked/)
      .waitFor();
    await visitor.picture('21-coverage-lasso');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('walks through the ranking by keyboard', async () => {
    const visitor = await measured();
    const { page } = visitor;
    const table = page.getByRole('grid', { name: 'Configurations by novelty' });
    await table.locator('.line').nth(2).waitFor();
    await table.focus();
    await page.keyboard.press('Home');
    await table.locator('.line.current').waitFor();
    await page.keyboard.press('ArrowDown');
    await chosenOf(page).getByText('Mean novelty').waitFor();
    await page.getByRole('region', { name: 'Configurations by novelty' }).scrollIntoViewIfNeeded();
    await visitor.picture('22-coverage-ranking');
  });

  it('chooses the essential, says what is lost, tags it and takes it back', async () => {
    const visitor = await measured();
    const { page } = visitor;
    const panel = page.getByRole('region', { name: 'Keep the essential' });
    await panel.getByRole('button', { name: 'Choose', exact: true }).click();
    await panel.getByText(/configurations cover .* %/).waitFor();
    await panel.getByRole('button', { name: /^Tag/ }).click();
    await page.getByText(/configurations tagged entropy 20 %/).waitFor();
    await visitor.picture('23-coverage-choice');
    await page.getByRole('button', { name: 'Undo' }).click();
    await panel.getByRole('button', { name: 'New dataset' }).click();
    await page.getByRole('button', { name: 'Make it', exact: true }).click();
    await page.getByText(/^Dataset .* made\./).waitFor();
  });

  it('finds what is nearly the same', async () => {
    const visitor = await measured();
    const { page } = visitor;
    const duplicates = page.getByRole('region', { name: 'Near-duplicates' });
    await duplicates.getByRole('button', { name: 'Find them' }).click();
    await duplicates
      .getByRole('status')
      .getByText(/group|alike/)
      .waitFor();
    await duplicates.scrollIntoViewIfNeeded();
    await visitor.picture('24-coverage-duplicates');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('draws the same by UMAP, configurations as points', async () => {
    const visitor = await measured();
    const { page } = visitor;
    const map = mapOf(page);
    await map.getByRole('button', { name: 'UMAP' }).click();
    await map.locator('canvas').waitFor();
    await map.scrollIntoViewIfNeeded();
    await visitor.picture('25-coverage-umap');
    await map.getByRole('button', { name: 'Density' }).click();
    await visitor.picture('26-coverage-density');
  });

  it('compares two datasets', async () => {
    const visitor = await compared({ project: coverageProject });
    const { page } = visitor;
    await visitor.picture('27-coverage-compare');
    expect.soft(await accessibility(page)).toEqual([]);
    const list = page.getByRole('grid', { name: `${LIQUIDS}, new to ${CRYSTALS}` });
    await list.scrollIntoViewIfNeeded();
    await list.locator('.line').nth(2).waitFor();
    await list.focus();
    await page.keyboard.press('Home');
    await list.locator('.line.current').waitFor();
    await page.keyboard.press('ArrowDown');
    await chosenOf(page).locator('canvas').waitFor();
    await visitor.picture('28-coverage-compare-structure');
  });

  it('follows a run over what its potential was trained on, and keeps what is new', async () => {
    const visitor = await followed({ project: coverageProject });
    const { page } = visitor;
    const box = await page.getByRole('region', { name: 'Novelty over time' }).locator('canvas').boundingBox();
    if (box === null) throw new Error('The timeline has no place.');
    await page.mouse.click(box.x + 0.9 * box.width, box.y + 0.5 * box.height);
    await visitor.picture('29-trajectory-novelty');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep them to be labelled' }).click();
    await page.getByRole('button', { name: 'Make and open it', exact: true }).click();
    await page.getByRole('heading', { name: `${RUN}, to be labelled` }).waitFor();
    await visitor.picture('30-to-be-labelled');
  });

  it('guards a new run, and colours it by its local structure', async () => {
    const visitor = await windows.open({ project: coverageProject });
    const { page } = visitor;
    await visitor.rail('Simulate').click();
    await page.getByRole('button', { name: 'New run' }).click();
    for (const axis of ['a', 'b', 'c']) await page.getByLabel(`× ${axis}`, { exact: true }).fill('2');
    await page.getByLabel('Temperature, K').fill('3000');
    await page.getByLabel('Steps', { exact: true }).fill('200');
    await page.getByLabel('Watch the novelty').check({ force: true });
    await page.getByText('64 atoms').waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    const run = page.locator('section.run');
    await run.getByRole('link', { name: 'Frames to be labelled' }).waitFor();
    await run.locator('canvas').first().waitFor();
    await run.getByRole('slider', { name: 'Frame' }).fill('8');
    await run.getByRole('combobox', { name: /colour/i }).selectOption({ label: 'Novelty' });
    await visitor.picture('31-guarded-run');
    expect.soft(await accessibility(page)).toEqual([]);
    await run.getByRole('combobox', { name: /colour/i }).selectOption({ label: 'Local structure' });
    await visitor.picture('32-local-structure');
    await run.getByRole('combobox', { name: /colour/i }).selectOption({ label: 'Averaged q₆' });
    await run.getByLabel('Neighbours within, Å').waitFor();
    await visitor.picture('33-bond-order');
    expect.soft(await accessibility(page)).toEqual([]);
  });

  it('is as good in the dark: a run', async () => {
    const visitor = await followed({ dark: true });
    await visitor.page.locator('.v-theme--dark').first().waitFor();
    await visitor.picture('35-trajectory-novelty-dark');
    expect.soft(await accessibility(visitor.page)).toEqual([]);
  });

  it('is as good in the dark: a comparison, and one dataset after it', async () => {
    const visitor = await compared({ dark: true });
    const { page } = visitor;
    await visitor.picture('36-coverage-compare-dark');
    await page.getByRole('button', { name: 'Dataset', exact: true }).click();
    await select(page, 'Dataset', LIQUIDS);
    await page.getByRole('region', { name: 'Entropy of the dataset' }).waitFor();
    await mapOf(page).locator('canvas').waitFor();
    await page.getByRole('button', { name: /^Environments:/ }).click();
    await visitor.picture('37-coverage-dark');
    expect.soft(await accessibility(page)).toEqual([]);
  });
});
