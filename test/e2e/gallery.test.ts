/**
 * The viewer and the charts in a real browser: the gallery is built, served with the product's strict content security
 * policy and driven. Screenshots go to test-output/screenshots, to be looked at.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireProgram } from '../support/real-part.ts';
import { repositoryRoot } from '../support/shared.ts';
import { chosenPairs, PAIRS, useMillionPairs } from './support/million-pairs.ts';
import { settled as atRest } from './support/settled.ts';
import { countWork } from './support/thread-work.ts';
import { PATIENCE } from './support/web-host.ts';

const configFile = join(repositoryRoot, 'test', 'e2e', 'gallery', 'vite.config.ts');
const screenshots = join(repositoryRoot, 'test-output', 'screenshots');
const hasBrowser = requireProgram('chromium', 'apt-get install chromium');

describe.skipIf(!hasBrowser)('gallery', () => {
  let server: PreviewServer;
  let browser: Browser | undefined;
  let page: Page;
  let address = '';
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    await build({ configFile, logLevel: 'error' });
    server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } });
    address = server.resolvedUrls?.local[0] ?? '';
  });

  // a page of its own for every test, and another browser when a test has left none
  beforeEach(async () => {
    if (!browser?.isConnected())
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1100, height: 760 }, acceptDownloads: true });
    page.setDefaultTimeout(PATIENCE);
    complaints.length = 0;
    // a refused style, a shader that does not compile or an exception is a failure of whatever was shown
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(() => page?.close().catch(() => undefined));

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a scene afresh. */
  async function open(scene: string): Promise<void> {
    await page.goto(`${address}#${scene}`);
    await page.waitForSelector(scene.startsWith('viewer') ? 'canvas' : '.base-chart canvas');
  }

  /** Waits until something of a chart is painted. */
  async function painted(): Promise<void> {
    const looks = `[...document.querySelectorAll('.base-chart canvas')].some((canvas) =>
      canvas.width > 0 && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0))`;
    await expect.poll(() => page.evaluate<boolean>(looks)).toBe(true);
    await atRest(page);
  }

  /** Waits until the viewer has drawn and then stands still for some frames; gives the number of drawings. */
  async function settled(): Promise<number> {
    const drawings = () => page.evaluate<number>('globalThis.galleryViewer?.value?.drawings() ?? 0');
    let [before, still] = [0, 0];
    // a viewer that draws without end ends at the test's own limit of time
    while (still < 3) {
      await atRest(page);
      const now = await drawings();
      still = now > 0 && now === before ? still + 1 : 0;
      before = now;
    }
    return before;
  }

  async function shoot(name: string): Promise<void> {
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
    expect(complaints).toEqual([]);
  }

  /** Where an atom lies on the page. */
  async function atomAt(atom: number): Promise<{ x: number; y: number }> {
    const canvas = await page.locator('canvas').boundingBox();
    const place = await page.evaluate<{ x: number; y: number }>(
      `(({ x, y }) => ({ x, y }))(globalThis.galleryViewer.value.atomPixel(${atom}))`,
    );
    return { x: place.x + (canvas?.x ?? 0), y: place.y + (canvas?.y ?? 0) };
  }

  const selection = () => page.evaluate<number[]>('Array.from(globalThis.gallerySelection.value)');

  it.each([
    'viewer-silicon',
    'viewer-force-error/dark',
    'viewer-alloy',
    'viewer-perovskite/dark',
    'viewer-images',
  ])('shows %s and then rests', async (scene) => {
    await open(scene);
    // it is drawn by need: a viewer that draws without end would never come to rest
    await settled();
    await shoot(scene.replace('/', '-'));
  });

  it('selects by click, adds, takes back, and selects by box', async () => {
    await open('viewer-perovskite');
    await settled();
    await page.keyboard.press('Tab');
    await page.locator('canvas').focus();
    await page.keyboard.press('c');
    // the layer that faces the eye: highest z
    const [first, second] = [await frontAtom(0), await frontAtom(1)];
    const [p, q] = [await atomAt(first), await atomAt(second)];
    await page.mouse.click(p.x, p.y);
    expect(await selection()).toEqual([first]);
    await page.mouse.move(q.x, q.y);
    await page.keyboard.down('Control');
    await page.mouse.click(q.x, q.y);
    expect(await selection()).toEqual([first, second].sort((a, b) => a - b));
    await page.mouse.click(q.x, q.y);
    await page.keyboard.up('Control');
    expect(await selection()).toEqual([first]);
    await page.getByRole('radio', { name: 'Select' }).click();
    await page.mouse.move(60, 120);
    await page.mouse.down();
    await page.mouse.move(1050, 700, { steps: 4 });
    await page.mouse.up();
    expect(await selection()).toHaveLength(135);
    await page.locator('canvas').focus();
    await page.keyboard.press('Escape');
    expect(await selection()).toEqual([]);
  });

  /** The k-th atom that no other one hides when looking along c. */
  async function frontAtom(k: number): Promise<number> {
    return page.evaluate<number>(
      `globalThis.galleryViewer.value.$props.structure.positions.reduce((list, z, at, all) => {
        if (at % 3 === 2) list.push({ atom: (at - 2) / 3, z, x: all[at - 2] });
        return list;
      }, []).sort((a, b) => b.z - a.z || a.x - b.x)[${k}].atom`,
    );
  }

  it('measures the distance between two clicked atoms', async () => {
    await open('viewer-perovskite/dark');
    await settled();
    await page.getByRole('radio', { name: 'Measure' }).click();
    await page.locator('canvas').focus();
    await page.keyboard.press('c');
    const atoms = [await frontAtom(0), await frontAtom(1)];
    for (const atom of atoms) {
      const { x, y } = await atomAt(atom);
      await page.mouse.click(x, y);
    }
    const expected = await page.evaluate<number>(
      `(({ positions }) => Math.hypot(...[0, 1, 2].map((k) => positions[3 * ${atoms[0]} + k] - positions[3 * ${atoms[1]} + k])))(
        globalThis.galleryViewer.value.$props.structure)`,
    );
    expect(await page.locator('.overlay').textContent()).toContain(`${expected.toFixed(3)} Å`);
    await shoot('viewer-measure-dark');
  });

  it('gives the structure the window by one key, reaches every option, and puts looks and legend into pictures', async () => {
    await open('viewer-vectors');
    await settled();
    const decorations = () => page.evaluate<object>('globalThis.galleryViewer.value.decorations()');
    expect(await decorations()).toMatchObject({ arrows: 40, polyhedra: 8 });
    await page.getByText(/^Forces: 1 Å is/).waitFor();
    await shoot('viewer-vectors');
    // a low window: the panel scrolls inside it, and its last control can be used
    await page.setViewportSize({ width: 700, height: 420 });
    await page.getByRole('button', { name: 'Drawing options' }).click();
    const slice = page.getByLabel('Slice to');
    await slice.scrollIntoViewIfNeeded();
    const box = await slice.boundingBox();
    expect(box!.y).toBeGreaterThan(0);
    expect(box!.y + box!.height).toBeLessThan(420);
    await slice.fill('0.5');
    const panel = await page.locator('.panel').boundingBox();
    expect(panel!.x + panel!.width).toBeLessThanOrEqual(700);
    expect(panel!.width).toBeLessThan(320);
    await page.getByLabel('Colour of Ti').fill('#ff0000');
    await page.getByLabel('Colour of Ti').dispatchEvent('change');
    await expect
      .poll(() => page.locator('.viewer-legend circle').nth(1).getAttribute('fill'))
      .toBe('#ff0000');
    await page.getByLabel('Slice to').fill('1');
    await shoot('viewer-options-low');
    await page.setViewportSize({ width: 1100, height: 760 });
    await page.keyboard.press('Escape');
    // the legend of an exported picture holds the colour of the element that was chosen
    const reds = (legend: boolean) =>
      page.evaluate<number>(`(async () => {
        const blob = await globalThis.galleryViewer.value.exportPng(1000, 700, false, ${legend});
        const bitmap = await createImageBitmap(blob);
        const context = new OffscreenCanvas(1000, 700).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(740, 560, 260, 140);
        let count = 0;
        for (let k = 0; k < data.length; k += 4)
          if (data[k] === 255 && data[k + 1] === 0 && data[k + 2] === 0) count++;
        return count;
      })()`);
    expect(await reds(true)).toBeGreaterThan(60);
    expect(await reds(false)).toBe(0);
    // one key there and Escape back, with the measurement kept
    await page.evaluate("document.querySelector('.frame').style.height = '300px'");
    await page.locator('canvas').focus();
    await page.keyboard.press('m');
    await expect.poll(async () => (await page.locator('canvas').boundingBox())?.height).toBe(760);
    await settled();
    await page.keyboard.press('Escape');
    await expect.poll(async () => (await page.locator('canvas').boundingBox())!.height).toBeLessThan(400);
    expect(complaints).toEqual([]);
  });

  it('draws no bonds in a metal until they are asked for', async () => {
    await open('viewer-metal');
    const bonds = () =>
      page.evaluate<{ count: number; shown: boolean }>(
        'globalThis.galleryViewer?.value?.bonds() ?? { count: 0 }',
      );
    await expect.poll(async () => (await bonds()).count).toBeGreaterThan(500);
    expect((await bonds()).shown).toBe(false);
    await page.getByRole('button', { name: 'Drawing options' }).click();
    await page.getByLabel('Bonds').selectOption('Always');
    expect((await bonds()).shown).toBe(true);
    await shoot('viewer-metal');
  });

  it('plays a trajectory and follows the slider', async () => {
    await open('viewer-trajectory/dark');
    await settled();
    await page.getByRole('button', { name: 'Play' }).click();
    const slider = page.getByRole('slider', { name: 'Frame' });
    await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'Pause' }).click();
    await slider.fill('25');
    await expect.poll(() => page.locator('.where').textContent()).toContain('26 / 200');
    await settled();
    await shoot('viewer-trajectory-dark');
  });

  it('finds the bonds of a large system in a worker, also while it plays', async () => {
    await open('viewer-large-trajectory');
    const bonds = () =>
      page.evaluate<{ count: number; searches: number }>(
        'globalThis.galleryViewer?.value?.bonds() ?? { count: 0 }',
      );
    // 4096 silicon atoms with four neighbours each
    await expect.poll(async () => (await bonds()).count).toBe(8192);
    const { searches } = await bonds();
    const colourings = () => page.evaluate<number>('globalThis.galleryViewer.value.colourings()');
    const coloured = await colourings();
    await page.getByRole('button', { name: 'Play' }).click();
    await expect.poll(async () => (await bonds()).searches).toBeGreaterThan(searches + 2);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect((await bonds()).count).toBeGreaterThan(6000);
    // frames that bring no numbers of their own leave the colours alone
    expect(await colourings()).toBe(coloured);
    await settled();
    await shoot('viewer-large-trajectory');
  });

  it('saves a picture larger than the graphics card renders at once, transparent where nothing is', async () => {
    await open('viewer-silicon');
    await settled();
    const picture = await page.evaluate<{ width: number; height: number; corner: number; opaque: number }>(
      `(async () => {
        const blob = await globalThis.galleryViewer.value.exportPng(4500, 1200, true);
        const bitmap = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        let opaque = 0;
        for (let k = 3; k < data.length; k += 4) if (data[k] > 250) opaque++;
        return { width: bitmap.width, height: bitmap.height, corner: data[3], opaque };
      })()`,
    );
    expect(picture).toMatchObject({ width: 4500, height: 1200, corner: 0 });
    expect(picture.opaque).toBeGreaterThan(20_000);
    expect(complaints).toEqual([]);
  });

  it('records a film that a browser plays', async () => {
    await open('viewer-silicon');
    await settled();
    const film = await page.evaluate<{ bytes: number; type: string; width: number }>(
      `(async () => {
        const blob = await globalThis.galleryViewer.value.exportVideo(320, 240);
        const video = document.createElement('video');
        video.src = URL.createObjectURL(blob);
        await new Promise((resolve, reject) => { video.onloadedmetadata = resolve; video.onerror = () => reject(new Error('unreadable')); });
        return { bytes: blob.size, type: blob.type, width: video.videoWidth };
      })()`,
    );
    expect(film).toMatchObject({ type: 'video/webm', width: 320 });
    expect(film.bytes).toBeGreaterThan(5000);
  });

  it.each([
    'parity-energy',
    'parity-force/dark',
    'residuals',
    'loss',
    'errors/dark',
    'pareto',
    'distribution/dark',
    'thermo',
    'curves',
    'map/dark',
    'heatmap',
  ])('draws %s', async (scene) => {
    await open(scene);
    await painted();
    await shoot(scene.replace('/', '-'));
  });

  it('draws a million pairs as density and finds the ones in a box, and no pass over them is on the window’s thread', async () => {
    await open('parity-million');
    // making the data is the gallery's own work; the chart begins when they are there
    await page.locator('.note').waitFor();
    await painted();
    await shoot('parity-million');
    const busiest = await countWork(page, () => useMillionPairs(page));
    console.info(
      `a million pairs: ${busiest
        .slice(0, 4)
        .map(({ count, place }) => `${count} × ${place}`)
        .join('; ')}`,
    );
    expect(busiest[0].count).toBeLessThan(PAIRS / 4);
    expect(await chosenPairs(page)).toBeLessThan(20_000);
    await shoot('parity-million-chosen');
  });

  it.each(['viewer-force-error', 'viewer-trajectory/dark', 'parity-energy/dark', 'thermo'])(
    'can be used by everyone: axe finds nothing in %s',
    async (scene) => {
      await open(scene);
      if (scene.startsWith('viewer')) await settled();
      else await painted();
      if (scene.startsWith('viewer')) await page.getByRole('button', { name: 'Drawing options' }).click();
      await atRest(page);
      await page.evaluate(
        readFileSync(join(repositoryRoot, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'),
      );
      const violations = await page.evaluate<string[]>(
        `axe.run('.frame').then(({ violations }) =>
          violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`,
      );
      expect(violations).toEqual([]);
      await shoot(`options-${scene.replace('/', '-')}`);
    },
  );

  it('saves a figure as SVG, PNG and CSV', async () => {
    await open('parity-energy/dark');
    await painted();
    for (const format of ['SVG', 'PNG', 'CSV']) {
      await page.getByRole('button', { name: 'Save figure' }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: format }).click();
      const file = await download;
      const path = join(screenshots, `figure.${format.toLowerCase()}`);
      await file.saveAs(path);
      const bytes = readFileSync(path);
      if (format === 'SVG') expect(bytes.toString()).toContain('Energy, predicted (eV/atom)');
      if (format === 'PNG') expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      if (format === 'CSV') {
        const lines = bytes.toString().trim().split('\n');
        expect(lines[0]).toBe('# Zuo et al., J. Phys. Chem. A 124 (2020) 731.');
        expect(lines).toHaveLength(2 + 25);
      }
    }
    expect(complaints).toEqual([]);
  });
});
