/** How much work the window does: size of the first scripts, a table of 1e5 rows. Times are in test/benchmarks/window.ts. */
import { describe, expect, it } from 'vitest';
import { largeProject, ROWS } from './support/large-project.ts';
import { openLargeTable, useLargeTable } from './support/table-journey.ts';
import { countWork } from './support/thread-work.ts';
import { useWindows } from './support/windows.ts';
import { hasChromium } from './support/web-host.ts';

describe.skipIf(!hasChromium)('a window that is quick', () => {
  const windows = useWindows();

  it('starts from less than 1.5 MB of compressed scripts', async () => {
    const { page } = await windows.open();
    const scripts = await page.evaluate<number>(`performance.getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
    console.info(`${(scripts / 1e6).toFixed(2)} MB of scripts`);
    expect(scripts).toBeGreaterThan(50_000);
    expect(scripts).toBeLessThan(1_500_000);
  });

  it('scrolls, sorts and filters a table of 1e5 rows by a few passes, with a few dozen rows in the page', async () => {
    const visitor = await windows.open({ project: largeProject });
    const { page } = visitor;
    const table = await openLargeTable(visitor);
    await page.evaluate(`{
      window.made = 0;
      window.most = 0;
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
          for (const node of addedNodes) if (node.classList?.contains('line')) window.made++;
        window.most = Math.max(window.most, document.querySelectorAll('.line').length);
      }).observe(document.body, { subtree: true, childList: true });
    }`);
    const busiest = await countWork(page, () => useLargeTable(visitor, table));
    await visitor.picture('04-table-1e5');
    const [made, most] = await page.evaluate<[number, number]>('[window.made, window.most]');
    console.info(
      `1e5 rows: ${made} made, at most ${most} at once; ` +
        busiest
          .slice(0, 3)
          .map(({ count, place }) => `${count} × ${place}`)
          .join('; '),
    );
    expect(most).toBeLessThan(120);
    expect(made).toBeLessThan(60 * 120);
    // some passes over the rows, and what is drawn; sorting by comparing would be 17 per row, trying all pairs 1e5
    expect(busiest[0].count).toBeLessThan(10 * ROWS);
  });
});
