/**
 * How quick the window is, in milliseconds: first paint, a table of 1e5 rows, a large file in the preview. The tests of
 * test/e2e count the work behind these numbers; here it is timed, on this machine as busy as it is. A task of the page's
 * main thread above 50 ms is a long one (W3C, Long Tasks).
 *
 *   npm run build && node test/benchmarks/window.ts
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeProject } from '../e2e/support/large-project.ts';
import { siliconFile } from '../e2e/support/silicon-file.ts';
import { openLargeTable, useLargeTable } from '../e2e/support/table-journey.ts';
import { describeTasks, traceTasks } from '../e2e/support/task-trace.ts';
import { launchBrowser, startHost, Visitor } from '../e2e/support/web-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-window-'));
mkdirSync(join(folder, 'projects'));
largeProject(join(folder, 'projects', 'many.fwproj'));
writeFileSync(join(folder, 'large.xyz'), siliconFile().text.repeat(120));
const host = await startHost({ folder });
const browser = await launchBrowser();
try {
  await firstPaint();
  const visitor = await Visitor.arrive(host.url, { browser });
  const { page } = visitor;
  await page.getByRole('button', { name: /many/ }).first().click();
  const table = await openLargeTable(visitor);
  const scrolling = await traceTasks(browser, page, () => useLargeTable(visitor, table));
  console.log(describeTasks('1e5 rows, scrolled, sorted and filtered', scrolling));
  const preview = await traceTasks(browser, page, async () => {
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Control+i');
    await (await chooser).setFiles(join(folder, 'large.xyz'));
    await page
      .getByRole('dialog')
      .getByText(/looked at/)
      .waitFor();
  });
  console.log(describeTasks('preview of 24 MB', preview));
} finally {
  await browser.close();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** From the first byte of the answer to the first paint with content: the shortest of several loads. */
async function firstPaint(): Promise<void> {
  let best = Infinity;
  for (let k = 0; k < 5; k++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(host.url);
    await page.getByRole('heading', { name: 'Forcewright' }).waitFor();
    const paint =
      await page.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime -
      performance.getEntriesByType('navigation')[0].responseStart`);
    best = Math.min(best, paint);
    await context.close();
  }
  console.log(`first paint ${best.toFixed(0)} ms after the first byte`);
}
