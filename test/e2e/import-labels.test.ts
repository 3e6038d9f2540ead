/** Labels under several keys and in other units, chosen in the dialog of the import; host, files and Chromium are real. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Project } from '../../src-main/store/project.ts';
import { DatasetRepository } from '../../src-main/store/datasets.ts';
import { choose, dropFile } from './support/drop.ts';
import { hasChromium } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

/** Three frames with the labels of two sources; what is called sigma could be a stress. */
const FRAMES = [-2, -2.125, -2.25]
  .map(
    (energy, k) =>
      `1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3:qm_forces:R:3 energy=-90 qm_energy=${energy} ` +
      `sigma="1 0 0 0 1 0 0 0 1" pbc="T T T"\nSi 0 0 ${0.5 * k} 0 0 0.5 0 0 0.25\n`,
  )
  .join('');

describe.skipIf(!hasChromium)('labels of an import', () => {
  const windows = useWindows();

  it('offers the unit that a finding names', async () => {
    const { page } = await windows.open();
    // all electrons of silicon, in hartree
    const frame =
      '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3 energy=-289.4 pbc="T T T"\n' +
      'Si 0 0 0 0 0 0\n';
    await dropFile(page, 'electrons.xyz', frame);
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/size is that of all electrons in hartree/).waitFor();
    await dialog.getByRole('button', { name: 'Read energies as hartree' }).click();
    await dialog.getByText('Nothing suspicious was found.').waitFor();
    await dialog.getByText(/.7874\.\d+ … .7874\.\d+ eV\/atom/).waitFor();
  });

  it('shows the key of each label, and takes others and their units as chosen', async () => {
    const visitor = await windows.open({
      project: (path) => Project.open(path, { create: true })[Symbol.dispose](),
      name: 'labels of two sources',
    });
    const { page } = visitor;
    await dropFile(page, 'labels.xyz', FRAMES);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('status').getByText('Nothing is saved yet').waitFor();
    const taken = dialog.locator('.taken');
    await taken.getByText('energy: energy, forces: forces').waitFor();
    await choose(page, dialog, 'Energy is in', 'qm_energy');
    await taken.getByText('energy: qm_energy, forces: qm_forces').waitFor();
    await choose(page, dialog, 'Forces are in', 'qm_forces');
    await taken.getByText('forces: qm_forces').waitFor();
    await choose(page, dialog, 'Stress is in (tension positive)', 'sigma');
    await taken.getByText('virial: sigma').waitFor();
    await choose(page, dialog, 'Unit of the energies', 'hartree');
    await dialog.getByText(/61\.226 … .54\.423/).waitFor();
    await choose(page, dialog, 'Unit of the forces', 'hartree/bohr');
    await choose(page, dialog, 'Unit of the stresses', 'GPa');
    // 0.25 hartree/bohr
    await dialog.getByText('12.9 eV/Å').waitFor();
    await dialog.getByRole('button', { name: 'Import' }).click();
    await page.getByRole('link', { name: 'labels' }).click();
    await page.getByRole('grid', { name: 'Configurations' }).locator('.line').nth(2).waitFor();
    const folder = join(windows.folder, 'projects');
    // its name is what windows.open gives; other tests have projects of their own
    const [project] = readdirSync(folder).filter((name) => /^labels of .*\.fwproj$/.test(name));
    using saved = Project.open(join(folder, project));
    const store = new DatasetRepository(saved);
    const [{ configuration }] = store.stream(store.list()[0].id);
    expect(configuration.energy).toBeCloseTo(-2 * 27.211386, 4);
    expect(configuration.forces?.[2]).toBeCloseTo(0.25 * 51.42207, 4);
    expect(configuration.virial?.[0]).toBeCloseTo(-729 / 160.21766, 6);
  });
});
