#!/usr/bin/env node
/**
 * Icons of the desktop program from resources/icons/icon.svg: icon.ico (Windows) and icon.icns (macOS), both of which
 * are lists of PNG pictures. Chromium draws the pictures: node scripts/icons.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'resources', 'icons');

/** Edges of the pictures, and the types that Apple gives them (icns: 32 to 1024, once and at double density). */
export const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
export const ICNS_TYPES = {
  ic11: 32,
  ic12: 64,
  ic07: 128,
  ic13: 256,
  ic08: 256,
  ic14: 512,
  ic09: 512,
  ic10: 1024,
};

/** A Windows icon: a header, one entry of 16 bytes for each picture, the pictures. @param {Buffer[]} pictures PNG */
export function ico(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach((picture, k) => {
    const at = 6 + 16 * k;
    const edge = picture.readUInt32BE(16);
    // 256 is written as 0
    header.writeUInt8(edge % 256, at);
    header.writeUInt8(edge % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(picture.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += picture.length;
  });
  return Buffer.concat([header, ...pictures]);
}

/** An Apple icon: chunks of a type of four letters and a length that counts both. @param {[string, Buffer][]} chunks */
export function icns(chunks) {
  const parts = chunks.map(([type, picture]) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(8 + picture.length, 4);
    return Buffer.concat([head, picture]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 'latin1');
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([head, ...parts]);
}

async function main() {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage();
  const svg = readFileSync(join(folder, 'icon.svg')).toString('base64');
  const drawn = new Map();
  const draw = async (edge) => {
    if (drawn.has(edge)) return drawn.get(edge);
    await page.setViewportSize({ width: edge, height: edge });
    await page.setContent(
      `<style>*{margin:0}</style><img width="${edge}" height="${edge}" src="data:image/svg+xml;base64,${svg}">`,
    );
    drawn.set(edge, await page.screenshot({ omitBackground: true }));
    return drawn.get(edge);
  };
  const pictures = [];
  for (const edge of ICO_SIZES) pictures.push(await draw(edge));
  writeFileSync(join(folder, 'icon.ico'), ico(pictures));
  const chunks = [];
  for (const [type, edge] of Object.entries(ICNS_TYPES)) chunks.push([type, await draw(edge)]);
  writeFileSync(join(folder, 'icon.icns'), icns(chunks));
  await browser.close();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
