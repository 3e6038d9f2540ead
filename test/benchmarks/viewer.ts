/**
 * How fast the viewer draws, in a real Chromium on whatever draws there (software, unless told otherwise):
 * a trajectory of 1e5 atoms frame by frame, and a million atoms at once. Run by hand:
 *
 *   node test/benchmarks/viewer.ts            software rendering
 *   node test/benchmarks/viewer.ts --gpu      the machine's own graphics
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { repositoryRoot } from '../support/shared.ts';

const configFile = join(repositoryRoot, 'test', 'e2e', 'gallery', 'vite.config.ts');
const pictures = join(repositoryRoot, 'test-output', 'screenshots');
mkdirSync(pictures, { recursive: true });
await build({ configFile, logLevel: 'error' });
const server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', ...(process.argv.includes('--gpu') ? ['--enable-gpu', '--use-angle=default'] : [])],
});
const page = await browser.newPage({ viewport: { width: 1100, height: 760 } });
page.setDefaultTimeout(300_000);
const address = server.resolvedUrls?.local[0] ?? '';
const drawings = () => page.evaluate<number>('globalThis.galleryViewer?.value?.drawings() ?? 0');

async function open(scene: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${address}#${scene}`);
  await page.waitForSelector('canvas');
  while ((await drawings()) === 0) await page.waitForTimeout(100);
  await page.waitForTimeout(3000);
}

await open('viewer-100k-trajectory');
const before = await drawings();
const began = performance.now();
await page.getByRole('button', { name: 'Play' }).click();
while ((await drawings()) < before + 15) await page.waitForTimeout(50);
const frames = (await drawings()) - before;
console.log(`101 568 atoms, trajectory: ${((performance.now() - began) / frames).toFixed(0)} ms a frame`);
await page.getByRole('button', { name: 'Pause' }).click();
await page.screenshot({ path: join(pictures, 'viewer-100k-trajectory.png') });

await open('viewer-million/dark');
const draw = await page.evaluate<number>(`(() => {
  const began = performance.now();
  globalThis.galleryViewer.value.drawNow();
  return performance.now() - began;
})()`);
const pick = performance.now();
await page.mouse.click(500, 380);
while ((await page.evaluate<number>('globalThis.gallerySelection.value.length')) === 0)
  await page.waitForTimeout(10);
console.log(
  `1 000 188 atoms: ${draw.toFixed(0)} ms of the window's thread to draw, ` +
    `${(performance.now() - pick).toFixed(0)} ms from a click to the chosen atom`,
);
await page.waitForTimeout(2000);
await page.screenshot({ path: join(pictures, 'viewer-million-dark.png') });
await browser.close();
await server.close();
