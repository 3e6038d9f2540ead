/** Pages fit windows of every size and both themes; other tabs and a restarted host are explained. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { accessibility } from './support/axe.ts';
import { misfits } from './support/layout.ts';
import { dataProject, runProject, SMALL } from './support/silicon-project.ts';
import { hasChromium, startHost, Visitor } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

describe.skipIf(!hasChromium)('the window and its surroundings', () => {
  const windows = useWindows();

  it('fits windows of every size', async () => {
    const visitor = await windows.open({ project: runProject });
    const { page } = visitor;
    /** Width and height; 960 × 600 is 1440 × 900 at 150 %. */
    const sizes = [
      [1920, 1080],
      [1440, 900],
      [1280, 800],
      [960, 600],
      [700, 900],
    ] as const;
    const pages: [string, string, string][] = [
      ['home', '#/', '.page h1, .page h2'],
      ['data', '#/data', '.page h1'],
      ['dataset', '#/data/1', '.line'],
      ['coverage', '#/coverage', '.page h1'],
      ['fit', '#/fit', 'form'],
      ['understand', '#/understand', 'section.plot canvas'],
      ['simulate', '#/simulate', 'section.run .curves canvas'],
      ['recipes', '#/simulate?recipe=elastic', '.choices'],
      ['export', '#/export', '.page h1'],
      ['guide', '#/guide/silicon', 'article h1'],
    ];
    const found: string[] = [];
    for (const [name, hash, ready] of pages) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.locator(ready).first().waitFor();
      for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height });
        await visitor.picture(`layout-${name}-${width}`);
        for (const misfit of await misfits(page)) found.push(`${name} at ${width}: ${misfit}`);
      }
    }
    expect(found).toEqual([]);
  });

  it('looks right in the dark at 700, and says when another tab is open', async () => {
    const visitor = await windows.open({ project: dataProject, dark: true });
    const { page } = visitor;
    await page.setViewportSize({ width: 700, height: 900 });
    await visitor.rail('Data').click();
    await page.getByRole('link', { name: SMALL }).click();
    await page.locator('.line').nth(2).waitFor();
    await page.locator('.structure-viewer canvas').waitFor();
    await visitor.picture('54-dataset-dark-700');
    await visitor.rail('Simulate').click();
    await page.getByRole('heading', { level: 1, name: 'Simulate' }).waitFor();
    await visitor.picture('55-simulate-dark-700');
    await page.keyboard.press('F1');
    await page.getByRole('heading', { name: 'What to do where' }).waitFor();
    await visitor.picture('56-guide-dark-700');
    expect.soft(await accessibility(page)).toEqual([]);
    // a second tab: both say so, and the word goes when it is closed
    const tab = await visitor.context.newPage();
    await tab.goto((await windows.host()).url);
    await tab.getByText('Forcewright is open in another tab, too.').waitFor();
    await page.getByText('Forcewright is open in another tab, too.').waitFor();
    await tab.close();
    await page.getByText('Forcewright is open in another tab, too.').waitFor({ state: 'detached' });
  });

  it('explains a host that went, and one that was started again', async () => {
    const port = await freePort();
    const first = await startHost({ args: ['--port', String(port)] });
    const visitor = await Visitor.arrive(first.url);
    const { page } = visitor;
    await first.stop();
    await page.getByText('The connection to Forcewright is lost.').waitFor();
    const second = await startHost({ args: ['--port', String(port)] });
    await page.getByRole('heading', { name: 'Forcewright was started again' }).waitFor();
    // the address that the new one printed brings the window back
    await page.goto('about:blank');
    await page.goto(second.url);
    await page.getByRole('heading', { name: 'Forcewright', exact: true }).waitFor();
    await visitor.leave();
    await second.stop();
    expect(
      visitor.errors.filter((error) => !/WebSocket|ERR_CONNECTION_REFUSED|\b40[13]\b/.test(error)),
    ).toEqual([]);
  });
});

/** A port that nobody uses now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
