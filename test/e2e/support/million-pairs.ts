/** A parity plot of a million pairs, used: the same for the test that counts work and the benchmark that takes times. */
import type { Page } from 'playwright-core';
import { until } from './until.ts';

export const PAIRS = 1_000_000;

/** How many pairs are chosen. */
export const chosenPairs = (page: Page) => page.evaluate<number>('globalThis.galleryChosen().length');

/** Chooses by a box, shows the residuals and the pairs again, zooms in and out. */
export async function useMillionPairs(page: Page): Promise<void> {
  const area = await page.locator('.holder').boundingBox();
  if (area === null) throw new Error('The plot has no place.');
  const at = (fx: number, fy: number) => [area.x + fx * area.width, area.y + fy * area.height] as const;
  const frames = () =>
    page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  await page.getByRole('button', { name: 'Box selection' }).click();
  await page.mouse.move(...at(0.75, 0.08));
  await page.mouse.down();
  await page.mouse.move(...at(0.85, 0.3), { steps: 3 });
  await page.mouse.up();
  await until(async () => (await chosenPairs(page)) > 10);
  await page.getByRole('button', { name: 'Box selection' }).click();
  for (let k = 0; k < 2; k++) {
    await page.getByRole('button', { name: 'Residuals' }).click();
    await frames();
  }
  await page.mouse.move(...at(0.5, 0.5));
  for (let k = 0; k < 12; k++) {
    await page.mouse.wheel(0, k < 6 ? -240 : 240);
    await frames();
  }
  // what was asked of the worker last is shown
  await page.evaluate('new Promise((idle) => requestIdleCallback(idle))');
}
