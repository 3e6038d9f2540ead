/** The GPU backend in a real browser window: its own navigator.gpu, minified code, the product's content security policy. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { potentials } from '../../../conformance/potentials.ts';
import { structures } from '../../../conformance/structures.ts';
import { requireProgram } from '../../../support/real-part.ts';
import type { computeInWindow } from '../../../support/gpu-window-entry.ts';

const hasChromium = requireProgram('chromium', 'apt-get install chromium');

/** SwiftShader, on whatever machine this is. */
const FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      target: 'chrome140',
      rollupOptions: {
        input: join(import.meta.dirname, '../../../support/gpu-window-entry.ts'),
        output: { format: 'iife', codeSplitting: false },
      },
    },
  });
  const [{ output }] = [built].flat().filter((result) => 'output' in result);
  return output[0].code;
}

describe.skipIf(!hasChromium)('GPU in a window', () => {
  let server: Server;
  let browser: Browser;
  let address = '';

  beforeAll(async () => {
    const script = await bundle();
    server = createServer((request, response) => {
      response.setHeader(
        'Content-Security-Policy',
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
      );
      const page = request.url === '/';
      response.setHeader('Content-Type', `text/${page ? 'html' : 'javascript'}; charset=utf-8`);
      response.end(page ? '<!doctype html><script src="/script.js"></script>' : script);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    address = `http://127.0.0.1:${bound.port}/`;
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  });

  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it('agrees with the reference, from minified code under the strict policy', async () => {
    const name = 'moment tensor + ZBL';
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(address);
    const inWindow = await page.evaluate(async (wanted) => {
      const { computeInWindow: compute }: { computeInWindow?: typeof computeInWindow } = globalThis as object;
      return await compute?.(wanted);
    }, name);
    expect(problems).toEqual([]);
    if (!inWindow) throw new Error('the script did not run');
    const potential = potentials.find((candidate) => candidate.name === name)!;
    const reference = evaluateReference(
      potential.model,
      structures(potential.model.species, potential.bond).crystal,
    );
    const scale = reference.forces.reduce((max, f) => Math.max(max, Math.abs(f)), 0);
    reference.forces.forEach((f, k) => {
      expect(Math.abs(inWindow.forces[k] - f) / scale).toBeLessThan(2e-6);
    });
    expect(Math.abs(inWindow.energy - reference.energy) / Math.abs(reference.energy)).toBeLessThan(2e-6);
    expect(inWindow.recoveries).toBe(1);
    expect(inWindow.first).toEqual(inWindow.forces);
    await page.close();
  });
});
