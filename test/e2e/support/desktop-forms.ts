/** Forms that journeys through the window fill in. */
import type { Page } from 'playwright-core';

/** A fit of the settings as they stand: the search that the form proposes takes a minute. */
export async function withoutSearch(page: Page): Promise<void> {
  await page.getByLabel('Search cutoff, sizes and weights first').uncheck();
}

/** Fills in a fit that is done in a few seconds and starts it. */
export async function startFit(page: Page): Promise<void> {
  await withoutSearch(page);
  const level = page.getByRole('slider', { name: 'Level' });
  await level.focus();
  for (let k = 0; k < 4; k++) await page.keyboard.press('ArrowLeft');
  await page.getByRole('button', { name: 'More settings' }).click();
  await page.getByLabel('Most iterations').fill('2');
  await page.getByLabel('Starting points').fill('1');
  await page.getByLabel('Starting points').press('Tab');
  await page.getByRole('button', { name: 'Start the fit' }).click();
}
