/** The page that answers whether a potential is safe to use: chosen, run, verdict first, figures that lead to structures. */
import { describe, expect, it } from 'vitest';
import { fittedProject } from './support/silicon-project.ts';
import { hasChromium } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

describe.skipIf(!hasChromium)('trust', () => {
  const windows = useWindows();

  it('shows a verdict, what it rests on and the structures behind it; the Fit page knows it', async () => {
    const visitor = await windows.open({ project: fittedProject });
    const { page } = visitor;
    // two of the checks, so that the test is short; the form asks for all that fit into the time
    await windows.ask(async (api) => {
      await api.validations.start.mutate({ potentialIds: [1], checks: ['lattice', 'vacancy'] });
    });
    await visitor.rail('Trust').click();
    await page.getByRole('button', { name: 'Validate', exact: true }).waitFor();
    const verdict = page.getByRole('region', { name: /^Verdict on/ });
    await verdict.getByText(/for Si \(F d -3 m, 227\)/).waitFor();
    const vacancy = page.getByRole('region', { name: 'Vacancy' });
    await vacancy.getByRole('cell', { name: /3\.25/ }).waitFor();
    await vacancy.getByRole('button', { name: 'Structure' }).click();
    await vacancy.locator('canvas').first().waitFor();
    await visitor.picture('60-trust');
    // what is typed wrongly is said before anything starts
    await page.getByLabel('Values to compare with').fill('stiff');
    await page.getByText('is not a name and a number').waitFor();
    expect(await page.getByRole('button', { name: 'Validate', exact: true }).isDisabled()).toBe(true);
    const download = page.waitForEvent('download');
    await verdict.getByRole('button', { name: 'Report' }).click();
    expect((await download).suggestedFilename()).toMatch(/-validation\.html$/);
    await visitor.rail('Fit').click();
    const card = page.getByRole('complementary', { name: 'Is it safe to use?' });
    await card.getByRole('link', { name: 'Report' }).click();
    await verdict.waitFor();
  });
});
