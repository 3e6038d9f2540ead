/** From an empty project to a potential: a simulation that learns from LAMMPS while it runs, started in the window. */
import { describe, expect, it } from 'vitest';
import { requireProgram } from '../support/real-part.ts';
import { accessibility } from './support/axe.ts';
import { hasChromium } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

const hasLammps = requireProgram('lmp', 'apt-get install lammps');

describe.skipIf(!hasChromium || !hasLammps)('learning on the fly in the window', () => {
  const windows = useWindows();

  it('needs neither data nor a potential, shows who computes, and leaves a potential', async () => {
    const visitor = await windows.open({ dark: true });
    const { page } = visitor;
    await page.getByRole('button', { name: /New project/ }).click();
    await page.getByLabel('Name').fill('learning');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await visitor.rail('Simulate').click();
    await page.getByRole('button', { name: 'Learn one while simulating' }).click();
    for (const axis of ['a', 'b', 'c']) await page.getByLabel(`× ${axis}`).fill('2');
    await page.getByLabel('Steps', { exact: true }).fill('400');
    await page.getByRole('button', { name: 'More settings' }).click();
    await page.getByLabel('Learns for, steps').fill('60');
    await page.getByText('64 atoms').waitFor();
    expect.soft(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    const run = page.locator('section.run');
    await run.getByText(/The (reference|model) computes/).waitFor();
    await run.getByRole('link', { name: 'Simulate with it' }).waitFor();
    await run.locator('canvas').nth(1).waitFor();
    await visitor.picture('18-on-the-fly-dark');
    expect.soft(await accessibility(page)).toEqual([]);
    const steps = await run.locator('dl div', { hasText: 'Steps by the model' }).locator('dd').textContent();
    expect(Number(steps)).toBeGreaterThan(100);
  });
});
