/** Data as people have them: several datasets at once, filters and columns, a look before the import, ways back. */
import { readdirSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetRepository } from '../../src-main/store/datasets.ts';
import { PotentialRepository } from '../../src-main/store/potentials.ts';
import { Project } from '../../src-main/store/project.ts';
import { JobService } from '../../src-main/services/jobs/job-service.ts';
import { accessibility } from './support/axe.ts';
import { choose, dropFile } from './support/drop.ts';
import { hasChromium } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

/** Pairs of atoms that a spring holds, as extended XYZ: energies and forces belong together. */
function pairs(symbols: readonly [string, string], lengths: readonly number[], offset = 0): string {
  return lengths
    .map((length) => {
      const force = 2 * (length - 2.3);
      return (
        `2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3 ` +
        `energy=${(length - 2.3) ** 2 + offset} pbc="T T T"\n` +
        `${symbols[0]} 1 1 1 ${force} 0 0\n${symbols[1]} ${1 + length} 1 1 ${-force} 0 0\n`
      );
    })
    .join('');
}
const lengths = (from: number, count: number) => Array.from({ length: count }, (_, k) => from + 0.02 * k);

/** Two datasets of silicon, the first with a test part, and one of silicon and oxygen. */
async function threeDatasets(path: string): Promise<void> {
  using project = Project.open(path, { create: true });
  using jobs = new JobService(project);
  const sets: [string, string, string | undefined][] = [
    ['short', pairs(['Si', 'Si'], lengths(2, 20)), 'random:0.2'],
    ['long', pairs(['Si', 'Si'], lengths(2.5, 15)), undefined],
    ['oxide', pairs(['Si', 'O'], lengths(1.6, 5)) + pairs(['O', 'O'], lengths(1.3, 4)), undefined],
  ];
  for (const [name, text, split] of sets) {
    const file = join(dirname(path), `${name}.xyz`);
    writeFileSync(file, text);
    await jobs.run(jobs.create('import', `Import ${name}`, { files: [file], name, ...(split && { split }) }));
  }
}

describe.skipIf(!hasChromium)('datasets', () => {
  const windows = useWindows();
  /** The project that the test has open, read beside its host. */
  const saved = () => {
    const folder = join(windows.folder, 'projects');
    const names = readdirSync(folder).filter((name) => name.endsWith('.fwproj'));
    const number = (name: string) => Number(/(\d+)\.fwproj$/.exec(name)?.[1]);
    return Project.open(join(folder, names.sort((a, b) => number(a) - number(b)).at(-1) ?? ''));
  };

  it('learns from several datasets and is tested on another', async () => {
    const visitor = await windows.open({ project: threeDatasets });
    const { page } = visitor;
    await visitor.rail('Fit').click();
    await choose(page, page.locator('form.form'), 'Dataset', 'short');
    await page.getByText('Trains on 16, tested on 4.').waitFor();
    await choose(page, page.locator('form.form'), 'And learn from', 'long');
    await page.keyboard.press('Escape');
    await page.getByText('Trains on 31, tested on 4.').waitFor();
    await choose(page, page.locator('form.form'), 'And learn from', 'oxide');
    await page.keyboard.press('Escape');
    await page.getByText('Trains on 40, tested on 4.').waitFor();
    // a dataset is learned from or tested on
    await choose(page, page.locator('form.form'), 'And learn from', 'long');
    await page.keyboard.press('Escape');
    await choose(page, page.locator('form.form'), 'Test on', 'long');
    await page.getByText('Trains on 25, tested on 15.').waitFor();
    await page.getByRole('button', { name: 'Tensor regression' }).click();
    await page.getByLabel('Search cutoff, sizes and weights first').uncheck();
    await page.getByRole('button', { name: 'More settings' }).click();
    for (const [field, value] of [
      ['Radial', '3'],
      ['Angular', '2'],
    ]) {
      await page.getByLabel(field, { exact: true }).fill(value);
      await page.getByLabel(field, { exact: true }).press('Tab');
    }
    await visitor.picture('60-several-datasets');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start the fit' }).click();
    await page.locator('section.run').getByRole('link', { name: 'Understand' }).waitFor();
    using project = saved();
    const [potential] = new PotentialRepository(project).list();
    expect(potential.species.toSorted()).toEqual(['O', 'Si']);
    const { data } = potential.provenance as unknown as { data: { name: string; role: string }[] };
    expect(data.map(({ name, role }) => `${role}: ${name}`)).toEqual([
      'train: short',
      'train: oxide',
      'test: long',
    ]);
  });

  it('combines, filters, hides columns, removes and brings back', async () => {
    const visitor = await windows.open({ project: threeDatasets });
    const { page } = visitor;
    await visitor.rail('Data').click();
    await page.getByRole('button', { name: 'Combine' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name of the new dataset').fill('everything');
    await visitor.picture('61-combine');
    expect.soft(await accessibility(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Combine 44 configurations' }).click();
    await page.getByRole('heading', { name: 'everything' }).waitFor();
    const table = page.getByRole('grid', { name: 'Configurations' });
    await table.locator('.line').nth(2).waitFor();
    // what was held back is held back still
    await page.getByText('test 4', { exact: true }).waitFor();
    const shown = page.locator('.filters [role=status]');
    await page.getByRole('button', { name: 'Filters' }).click();
    await page
      .getByRole('group', { name: 'O in the configuration' })
      .getByText('with', { exact: true })
      .click();
    await expect.poll(() => shown.textContent()).toBe('9 of 44');
    await page.getByRole('group', { name: 'Si in the configuration' }).getByText('without').click();
    await expect.poll(() => shown.textContent()).toBe('4 of 44');
    await page.getByRole('group', { name: 'Si in the configuration' }).getByText('either').click();
    await page.getByLabel('Nearest distance, at least').fill('1.65');
    await page.getByLabel('Nearest distance, at least').press('Tab');
    await expect.poll(() => shown.textContent()).toBe('2 of 44');
    await visitor.picture('62-filters');
    expect.soft(await accessibility(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => shown.textContent()).toBe('44');
    // a column goes, and stays away after a reload
    const volume = table.getByRole('columnheader', { name: /Volume/ });
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('group', { name: 'Columns' }).getByLabel('Volume').uncheck();
    await volume.waitFor({ state: 'detached' });
    await page.reload();
    await table.locator('.line').nth(2).waitFor();
    expect(await volume.count()).toBe(0);
    // its method is noted, it is removed and brought back
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('Name and reference method …').click();
    await page.getByLabel('Reference method (for the record)').fill('springs');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('44 configurations, 88 atoms, springs').waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('Remove dataset').click();
    await page.getByText('everything removed.').waitFor();
    const card = page.getByRole('link', { name: 'everything' });
    await card.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await card.waitFor();
    // without a way back it goes with the project
    await card.click();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('Remove dataset').click();
    await card.waitFor({ state: 'detached' });
    await windows.ask((api) => api.project.close.mutate());
    using project = saved();
    expect(new DatasetRepository(project).list().map(({ name }) => name)).toEqual(['short', 'long', 'oxide']);
  });

  it('shows the structure before the import', async () => {
    const visitor = await windows.open();
    const { page } = visitor;
    await dropFile(page, 'pairs.xyz', pairs(['Si', 'O'], lengths(1.6, 3)));
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Show the structure in 3D' }).click();
    await dialog.locator('.structure-viewer canvas').waitFor();
    await dialog.getByText('1 of 3').waitFor();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText('2 of 3').waitFor();
    await visitor.picture('63-preview-3d');
    expect.soft(await accessibility(page)).toEqual([]);
  });
});
