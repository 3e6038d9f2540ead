/** A table of 1e5 rows, opened and used: the same for the test that counts work and the benchmark that takes times. */
import type { Locator } from 'playwright-core';
import { ROWS } from './large-project.ts';
import { until } from './until.ts';
import type { Visitor } from './web-host.ts';

/** Opens the large dataset. @returns its table, with all rows in it */
export async function openLargeTable(visitor: Visitor): Promise<Locator> {
  const { page } = visitor;
  await visitor.rail('Data').click();
  await page.getByRole('link', { name: /large/ }).click();
  const table = page.getByRole('grid', { name: 'Configurations' });
  await rowCount(table, ROWS);
  await table.locator('.line').nth(5).waitFor();
  return table;
}

/** Waits until a table has so many rows, shown or not. */
async function rowCount(table: Locator, rows: number): Promise<void> {
  await until(async () => (await table.getAttribute('aria-rowcount')) === String(rows + 1));
}

/** Scrolls through the table, goes to its end, sorts it and filters it. */
export async function useLargeTable({ page }: Visitor, table: Locator): Promise<void> {
  await table.hover();
  for (let k = 0; k < 20; k++) {
    await page.mouse.wheel(0, 2500);
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  }
  const firstRow = () => table.locator('.body .line').first().getAttribute('aria-rowindex');
  await until(async () => Number(await firstRow()) > 300);
  await table.focus();
  await page.keyboard.press('End');
  await table.locator(`[aria-rowindex="${ROWS + 1}"]`).waitFor();
  await page
    .getByRole('columnheader', { name: /Energy/ })
    .getByRole('button')
    .click();
  await table.locator('[aria-sort]', { hasText: 'Energy' }).waitFor();
  await page.getByLabel('Filter by formula, type or tag').fill('odd');
  await rowCount(table, ROWS / 2);
}
