#!/usr/bin/env node
/**
 * Makes the pictures of docs/guide anew from what the e2e tests saw: npm test -- test/e2e, and then
 * node scripts/guide-pictures.mjs [FROM TO]. Chromium scales them and writes WebP, so that each stays below 150 kB.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [
  screenshots = join(root, 'test-output', 'screenshots'),
  pictures = join(root, 'docs', 'guide', 'pictures'),
] = process.argv.slice(2);
const WIDTH = 1200;
const MOST_BYTES = 150_000;

/** Picture of the guide: screenshot of a test. */
const SOURCES = {
  dataset: '04-dataset',
  fit: '06-fit-done',
  errors: '07-parity',
  run: '51-run',
};

mkdirSync(pictures, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  for (const [name, source] of Object.entries(SOURCES)) {
    const path = join(screenshots, `${source}.png`);
    if (!existsSync(path)) {
      console.error(`${source}.png is not there: run the e2e tests first.`);
      process.exitCode = 1;
      continue;
    }
    const address = `data:image/png;base64,${readFileSync(path).toString('base64')}`;
    for (const quality of [0.8, 0.65, 0.5, 0.35]) {
      const made = await page.evaluate(
        `(async () => {
          const bitmap = await createImageBitmap(await (await fetch(${JSON.stringify(address)})).blob());
          const width = Math.min(${WIDTH}, bitmap.width);
          const canvas = document.createElement('canvas');
          canvas.width = width;
          canvas.height = Math.round((bitmap.height * width) / bitmap.width);
          const context = canvas.getContext('2d');
          context.imageSmoothingQuality = 'high';
          context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
          return canvas.toDataURL('image/webp', ${quality});
        })()`,
      );
      const bytes = Buffer.from(made.split(',')[1], 'base64');
      if (bytes.length > MOST_BYTES) continue;
      writeFileSync(join(pictures, `${name}.webp`), bytes);
      console.log(`${name}.webp: ${bytes.length} bytes`);
      break;
    }
  }
} finally {
  await browser.close();
}
