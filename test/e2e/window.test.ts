/**
 * The structure has the stage, and everything is reached by keys. Few journeys that look at many things each: a browser
 * without a GPU is slow.
 */
import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { accessibility } from './support/axe.ts';
import { runProject, SMALL } from './support/silicon-project.ts';
import { hasChromium } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

describe.skipIf(!hasChromium)('the window', () => {
  const windows = useWindows();

  it('keeps measurements while other work goes on, and links frame and charts', async () => {
    const visitor = await windows.open({ project: runProject });
    const { page } = visitor;
    const fetched: string[] = [];
    page.on('request', (request) => {
      if (/\/data\/(structure|trajectories)/.test(request.url())) fetched.push(request.url());
    });
    await visitor.rail('Simulate').click();
    const run = page.locator('section.run');
    const canvas = run.locator('.structure-viewer canvas');
    await canvas.waitFor();
    // the run has the page: its form is folded away
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isVisible()).toBe(false);
    await run.locator('.curves canvas').first().waitFor();
    // scrubbing moves the mark in the charts, pointing at the charts shows the frame
    const frame = run.getByRole('slider', { name: 'Frame' });
    const mark = run.locator('.curves .marker');
    await mark.waitFor();
    const first = (await mark.boundingBox())!.x;
    await frame.fill('20');
    await expect.poll(async () => (await mark.boundingBox())!.x).toBeGreaterThan(first + 100);
    const last = (await mark.boundingBox())!.x;
    const box = (await run.locator('.curves canvas').first().boundingBox())!;
    await page.mouse.move((first + last) / 2, box.y + 0.3 * box.height);
    await expect.poll(() => frame.inputValue()).toBe('10');
    await page.mouse.move(5, 5);
    // arrows of what the run kept, and how far atoms went
    await run.getByRole('button', { name: 'Drawing options' }).click();
    await page.getByLabel('Arrows', { exact: true }).selectOption({ label: 'Velocities' });
    await run.getByText(/^Velocities: 1 Å is/).waitFor();
    await page
      .getByLabel('Arrows', { exact: true })
      .selectOption({ label: 'Displacement since the first frame' });
    await run.getByText(/^Displacement since the first frame: 1 Å is/).waitFor();
    await page.keyboard.press('Escape');
    await run.getByRole('combobox', { name: 'Colour atoms by' }).selectOption({ label: 'Local structure' });
    await run
      .getByText(/diamond {2}\d+ {2}[\d.]+ %/)
      .first()
      .waitFor();
    // two atoms measured; twenty changes by another window leave that alone, and nothing is fetched anew
    await run.getByRole('radio', { name: 'Measure' }).click();
    const place = (await canvas.boundingBox())!;
    const overlay = run.locator('.overlay');
    for (let k = 0; k < 60 && !/ Å/.test((await overlay.textContent()) ?? ''); k++) {
      const [column, row] = [k % 10, Math.floor(k / 10)];
      await page.mouse.click(
        place.x + place.width * (0.25 + 0.05 * column),
        place.y + place.height * (0.3 + 0.07 * row),
      );
    }
    const measured = / ?[\d.]+ Å/.exec((await overlay.textContent()) ?? '')![0];
    const before = fetched.length;
    await windows.ask(async (api) => {
      for (let k = 0; k < 20; k++) await api.potentials.rename.mutate({ id: 1, name: `Si ${k}` });
    });
    await page.getByText('Si 19').first().waitFor({ state: 'attached' });
    expect(await overlay.textContent()).toContain(measured);
    expect(fetched.length).toBe(before);
    await visitor.picture('51-run');
    // one key, and Escape back, with what was measured
    const small = (await canvas.boundingBox())!;
    await page.keyboard.press('m');
    await expect.poll(async () => (await canvas.boundingBox())!.width).toBe(1440);
    await visitor.picture('52-maximised');
    await page.keyboard.press('Escape');
    await expect.poll(async () => (await canvas.boundingBox())!.width).toBe(small.width);
    expect(await overlay.textContent()).toContain(measured);
    // the handle moves by keys and stays where it was left
    const handle = run.getByRole('separator');
    await handle.focus();
    for (let k = 0; k < 4; k++) await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await canvas.boundingBox())!.width).toBeGreaterThan(small.width + 80);
    const wide = (await canvas.boundingBox())!.width;
    await visitor.rail('Data').click();
    await visitor.rail('Simulate').click();
    await canvas.waitFor();
    await expect.poll(async () => Math.round((await canvas.boundingBox())!.width)).toBe(Math.round(wide));
    expect.soft(await accessibility(page)).toEqual([]);
    // any frame begins a run, and so does a file
    await run.getByRole('button', { name: 'Simulate this' }).click();
    await page.getByLabel('Frame', { exact: true }).waitFor();
    await page.getByText('64 atoms').waitFor();
    const file = '2\nLattice="3 0 0 0 3 0 0 0 3" pbc="T T T"\nSi 0 0 0\nSi 1.5 1.5 1.5\n';
    const transfer = await page.evaluateHandle(
      `(() => { const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(file)}], 'two.xyz')); return transfer; })()`,
    );
    for (const type of ['dragenter', 'dragover', 'drop'])
      await page.locator('form.form').dispatchEvent(type, { dataTransfer: transfer });
    await page.getByText('two.xyz').waitFor();
    await page.getByText('2 atoms').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    // free text is checked where it is typed
    await page.getByRole('button', { name: 'Hybrid MC' }).click();
    await page.getByRole('button', { name: 'More settings' }).click();
    await page.getByLabel('Replica exchange, K').fill('350, warm');
    await page.getByText('“warm” is no temperature').first().waitFor();
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Replica exchange, K').fill('950, 1000');
    await expect.poll(() => page.getByRole('button', { name: 'Start', exact: true }).isEnabled()).toBe(true);
  });

  it('opens the palette every time, finds things by name, and gives the focus back from every overlay', async () => {
    const visitor = await windows.open({ project: runProject });
    const { page } = visitor;
    const field = page.getByRole('combobox', { name: 'Search commands' });
    /** The element while it, or something in it, has the focus. */
    const focused = (locator: Locator) => locator.and(page.locator(':focus, :focus-within'));
    // from anywhere, again and again, with the field ready to type in
    const from = [
      visitor.rail('Data'),
      page.getByRole('button', { name: 'Preferences' }),
      page.getByRole('button', { name: 'Commands' }),
    ];
    for (let round = 0; round < 2; round++) {
      for (const place of from) {
        await place.focus();
        await page.keyboard.press('Control+k');
        await focused(field).waitFor();
        await page.keyboard.press('Escape');
        await field.waitFor({ state: 'detached' });
        await focused(place).waitFor();
      }
    }
    const goes = async (text: string, group: string, address: RegExp) => {
      await page.keyboard.press('Control+k');
      await focused(field).waitFor();
      await field.fill(text);
      const found = page.getByRole('listbox', { name: 'Commands' }).getByRole('option').first();
      await found.getByText(group, { exact: true }).waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(() => page.url()).toMatch(address);
    };
    await goes(SMALL, 'Dataset', /#\/data\/1$/);
    await goes('Si MTP 6', 'Potential', /#\/understand\?potential=1$/);
    await goes('warm silicon', 'Run', /#\/simulate\?run=\d+$/);
    await goes('elastic constants', 'Recipe', /#\/simulate\?recipe=elastic$/);
    await goes('your own vasp runs', 'Guide', /#\/guide\/your-vasp-runs$/);
    await page.getByRole('heading', { name: 'Your own VASP runs' }).waitFor();
    await visitor.rail('Data').click();

    /** Opens something by keys, finds the focus inside, and Escape brings it back to where it was. */
    async function overlay(place: Locator, inside: string, key = 'Enter') {
      await place.focus();
      await page.keyboard.press(key);
      const box = page.locator(inside).last();
      await focused(box).waitFor();
      await page.keyboard.press('Escape');
      await focused(box).waitFor({ state: 'hidden' });
      await focused(place).waitFor();
    }
    await overlay(visitor.rail('Data'), '[role=dialog]', 'Shift+?');
    await overlay(page.getByRole('button', { name: /^Jobs/ }), 'aside[aria-label=Jobs]');
    await overlay(page.getByRole('button', { name: 'Preferences' }), '.v-overlay--active .v-card');
    await page.getByRole('link', { name: SMALL }).click();
    await page.locator('.line').nth(2).waitFor();
    await overlay(page.getByRole('button', { name: 'Split', exact: true }), '[role=dialog]');
    const options = page.getByRole('button', { name: 'Drawing options' });
    await options.focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Style').waitFor();
    await page.getByLabel('Style').focus();
    await page.keyboard.press('Escape');
    await page.getByLabel('Style').waitFor({ state: 'detached' });
    await focused(options).waitFor();
    await page.keyboard.press('Shift+?');
    await page.getByRole('heading', { name: 'In the structure' }).waitFor();
    await visitor.picture('53-keys');
    expect.soft(await accessibility(page)).toEqual([]);
  });
});
