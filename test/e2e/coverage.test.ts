/**
 * The coverage views in a real Chromium on real data: a dataset's entropy and map, choosing the essential, two datasets
 * compared, the novelty of a run. Pictures go to test-output/screenshots.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibility } from './support/axe.ts';
import { CRYSTALS, LIQUIDS, RUN, siliconProject } from './support/silicon-project.ts';
import { hasChromium, startHost, Visitor, type RunningHost } from './support/web-host.ts';

describe.skipIf(!hasChromium)(
  'coverage in a browser',
  () => {
    let folder: string;
    let host: RunningHost;
    let visitor: Visitor;
    let page: Page;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'forcewright-coverage-'));
      host = await startHost({ args: ['--project', await siliconProject(folder)] });
      visitor = await Visitor.arrive(host.url);
      page = visitor.page;
      page.setDefaultTimeout(60_000);
    }, 180_000);
    afterAll(async () => {
      await visitor?.leave();
      await host?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const rail = (name: string) =>
      page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
    const select = async (label: string, option: string) => {
      await page.getByRole('combobox', { name: label, exact: true }).click({ force: true });
      await page.getByRole('option', { name: option, exact: true }).click();
    };
    /** Draws a box around a part of a chart, in parts of its width and height. */
    const drawAround = async (chart: Locator, from: [number, number], to: [number, number]) => {
      const box = await chart.locator('canvas').first().boundingBox();
      if (box === null) throw new Error('The chart has no place.');
      await chart.getByRole('button', { name: 'Box selection' }).click();
      await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
      await page.mouse.down();
      await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 5 });
      await page.mouse.up();
      await chart.getByRole('button', { name: 'Box selection' }).click();
    };
    const settle = () => page.waitForTimeout(1200);

    it('measures a dataset: entropy, completeness, map and ranking', async () => {
      await rail('Coverage').click();
      await select('Dataset', LIQUIDS);
      await page.getByRole('region', { name: 'Entropy of the dataset' }).waitFor();
      await page.getByRole('region', { name: 'Map of the data' }).locator('canvas').waitFor();
      await page.getByText(/The last fifth of the data raised H/).waitFor();
      await settle();
      await visitor.picture('20-coverage');
      expect.soft(await accessibility(page)).toEqual([]);
    });

    it('shows the structures that are drawn around, coloured by novelty', async () => {
      const map = page.getByRole('region', { name: 'Map of the data' });
      await drawAround(map, [0.55, 0.1], [0.95, 0.9]);
      const chosen = page.getByRole('region', { name: 'Chosen structures' });
      await chosen.locator('canvas').waitFor();
      await chosen.getByText(/of your choice marked/).waitFor();
      await settle();
      await visitor.picture('21-coverage-lasso');
      expect.soft(await accessibility(page)).toEqual([]);
    });

    it('walks through the ranking by keyboard', async () => {
      const table = page.getByRole('grid', { name: 'Configurations by novelty' });
      await table.locator('.line').first().waitFor();
      await table.focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowDown');
      const chosen = page.getByRole('region', { name: 'Chosen structures' });
      await chosen.getByText('Mean novelty').waitFor();
      await settle();
      await page.getByRole('region', { name: 'Configurations by novelty' }).scrollIntoViewIfNeeded();
      await visitor.picture('22-coverage-ranking');
    });

    it('chooses the essential, says what is lost, tags it and takes it back', async () => {
      const panel = page.getByRole('region', { name: 'Keep the essential' });
      await panel.getByRole('button', { name: 'Choose', exact: true }).click();
      await panel.getByText(/configurations cover .* %/).waitFor();
      await panel.getByRole('button', { name: /^Tag/ }).click();
      await page.getByText(/configurations tagged entropy 20 %/).waitFor();
      await settle();
      await visitor.picture('23-coverage-choice');
      await page.getByRole('button', { name: 'Undo' }).click();
      await panel.getByRole('button', { name: 'New dataset' }).click();
      await page.getByRole('button', { name: 'Make it', exact: true }).click();
      await page.getByText(/^Dataset .* made\./).waitFor();
      const duplicates = page.getByRole('region', { name: 'Near-duplicates' });
      await duplicates.getByRole('button', { name: 'Find them' }).click();
      await duplicates
        .getByRole('status')
        .getByText(/group|alike/)
        .waitFor();
      await duplicates.scrollIntoViewIfNeeded();
      await settle();
      await visitor.picture('24-coverage-duplicates');
      expect.soft(await accessibility(page)).toEqual([]);
    });

    it('draws the same by UMAP, configurations as points', async () => {
      const map = page.getByRole('region', { name: 'Map of the data' });
      await map.getByRole('button', { name: 'UMAP' }).click();
      await map.locator('canvas').waitFor();
      await map.scrollIntoViewIfNeeded();
      await settle();
      await visitor.picture('25-coverage-umap');
      await map.getByRole('button', { name: 'Density' }).click();
      await settle();
      await visitor.picture('26-coverage-density');
    });

    it('compares two datasets', async () => {
      await page.getByRole('button', { name: 'Compare' }).click();
      await select('Dataset', CRYSTALS);
      await select('Compared with', LIQUIDS);
      await page.getByRole('region', { name: 'Overlap' }).waitFor();
      await page.getByRole('region', { name: 'Map of the data' }).locator('canvas').waitFor();
      await settle();
      await visitor.picture('27-coverage-compare');
      expect.soft(await accessibility(page)).toEqual([]);
      const list = page.getByRole('grid', { name: `${LIQUIDS}, new to ${CRYSTALS}` });
      await list.scrollIntoViewIfNeeded();
      await list.locator('.line').first().waitFor();
      await list.focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowDown');
      await page.getByRole('region', { name: 'Chosen structures' }).locator('canvas').waitFor();
      await settle();
      await visitor.picture('28-coverage-compare-structure');
    });

    it('follows a run over what its potential was trained on, and keeps what is new', async () => {
      await page.getByRole('button', { name: 'Trajectory' }).click();
      await page.getByText(/frames above the threshold/).waitFor();
      await page.getByRole('region', { name: 'Atoms coloured by novelty' }).locator('canvas').waitFor();
      const timeline = page.getByRole('region', { name: 'Novelty over time' });
      const box = await timeline.locator('canvas').boundingBox();
      if (box === null) throw new Error('The timeline has no place.');
      await page.mouse.click(box.x + 0.9 * box.width, box.y + 0.5 * box.height);
      await settle();
      await visitor.picture('29-trajectory-novelty');
      expect.soft(await accessibility(page)).toEqual([]);
      await page.getByRole('button', { name: 'Keep them to be labelled' }).click();
      await page.getByRole('button', { name: 'Make and open it', exact: true }).click();
      await page.getByRole('heading', { name: `${RUN}, to be labelled` }).waitFor();
      await settle();
      await visitor.picture('30-to-be-labelled');
    });

    it('guards a new run, and colours it by its local structure', async () => {
      await rail('Simulate').click();
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
      await settle();
      await visitor.picture('31-guarded-run');
      expect.soft(await accessibility(page)).toEqual([]);
      await run.getByRole('combobox', { name: /colour/i }).selectOption({ label: 'Local structure' });
      await settle();
      await visitor.picture('32-local-structure');
      await run.getByRole('combobox', { name: /colour/i }).selectOption({ label: 'Averaged q₆' });
      await run.getByLabel('Neighbours within, Å').waitFor();
      await settle();
      await visitor.picture('33-bond-order');
      expect.soft(await accessibility(page)).toEqual([]);
    });

    it('is as good in the dark', async () => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search commands' }).fill('theme dark');
      await page.keyboard.press('Enter');
      await page.locator('.v-theme--dark').first().waitFor();
      await settle();
      await visitor.picture('34-bond-order-dark');
      // what was looked at is found again
      await page.locator('section.run').getByRole('link', { name: 'Novelty' }).click();
      await page.getByRole('region', { name: 'Novelty over time' }).locator('canvas').waitFor();
      await settle();
      await visitor.picture('35-trajectory-novelty-dark');
      expect.soft(await accessibility(page)).toEqual([]);
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByRole('region', { name: 'Overlap' }).waitFor();
      await page.getByRole('region', { name: 'Map of the data' }).locator('canvas').waitFor();
      await settle();
      await visitor.picture('36-coverage-compare-dark');
      await page.getByRole('button', { name: 'Dataset', exact: true }).click();
      await select('Dataset', LIQUIDS);
      await page.getByRole('region', { name: 'Entropy of the dataset' }).waitFor();
      await page.getByRole('region', { name: 'Map of the data' }).locator('canvas').waitFor();
      await page.getByRole('button', { name: /^Environments:/ }).click();
      await settle();
      await visitor.picture('37-coverage-dark');
      expect.soft(await accessibility(page)).toEqual([]);
      expect(visitor.errors).toEqual([]);
    });
  },
  240_000,
);
