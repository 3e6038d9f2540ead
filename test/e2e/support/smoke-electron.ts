/** `npm run smoke:electron`: starts the desktop program in the real Electron, makes a fit, quits, prints a sentence. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFit } from './desktop-forms.ts';
import { noElectron, startElectron } from './real-electron.ts';

if (noElectron !== '') {
  console.error(`Not tried: ${noElectron}.`);
  process.exit(1);
}
const home = mkdtempSync(join(tmpdir(), 'forcewright-smoke-'));
const start = Date.now();
const { application, page } = await startElectron(home);
page.setDefaultTimeout(120_000);
await page.getByRole('heading', { name: 'Forcewright' }).waitFor();
const shown = (Date.now() - start) / 1000;
const isolated = await page.evaluate<boolean>('crossOriginIsolated');
await page.getByRole('button', { name: /Try the silicon example/ }).click();
const pages = page.getByRole('navigation', { name: 'Pages' });
await pages.getByRole('link', { name: 'Fit' }).click();
await startFit(page);
await page.locator('section.run').getByRole('link', { name: 'Understand' }).waitFor();
const { electron, chrome } = await application.evaluate(() => process.versions as Record<string, string>);
await application.close();
rmSync(home, { recursive: true, force: true, maxRetries: 5 });
console.info(
  `Electron ${electron} (Chromium ${chrome}) showed the window after ${shown.toFixed(1)} s, made a fit and quit; ` +
    `the page ${isolated ? 'has' : 'has no'} shared memory.`,
);
