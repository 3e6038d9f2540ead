/**
 * Dipoles and magnetic moments from files, through the project, and out again; and no line of code that names them
 * outside the table, the readers of programs that print them, and nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArrayFrame } from '../../../src-compute/array-frame.ts';
import { OPTIONAL, valuesOf } from '../../../src-compute/structure/properties.ts';
import { configurationBlock } from '../../../src-main/api/data/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../src-main/formats/index.ts';
import { datasetTable } from '../../../src-main/services/datasets/dataset-table.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { Project } from '../../../src-main/store/project.ts';
import { DatasetTable } from '../../../src-renderer/state/dataset-table.ts';
import { shownStructure } from '../../../src-renderer/state/structure.ts';
import { addDataset, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';
import { sample, temporaryFile } from '../formats/support.ts';

const folder = temporaryFolder();

const outcar = () => {
  const text = readFileSync(sample('vasp', 'OUTCAR'), 'utf8');
  const atoms = [...(/ions per type\s*=(.*)/.exec(text)?.[1] ?? '').matchAll(/\d+/g)].reduce(
    (sum, [n]) => sum + Number(n),
    0,
  );
  const rows = Array.from(
    { length: atoms },
    (_, k) => `    ${k + 1}   0.010  0.020  2.000  ${(2 - 0.5 * k).toFixed(3)}\n`,
  );
  const moments = ` magnetization (x)\n\n# of ion       s       p       d       tot\n-----------\n${rows.join('')}-----------\ntot 0 0 0 0\n\n`;
  const dipole = ' dipolmoment           0.100000    0.000000    -0.400000 electrons x Angstroem\n';
  return text.replaceAll(/^( POSITION\s)/gm, `${dipole}${moments}$1`);
};
const xyz = () =>
  '2\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3:magmoms:R:3 energy=-3 dipole="0 0.3 0.4"\nFe 0 0 0 0 0 2\nFe 2 2 2 0 0 -2\n';
const vasprun = () =>
  readFileSync(sample('vasp', 'vasprun.xml'), 'utf8').replaceAll(
    '</calculation>',
    '<dipole><v name="dipole"> 0.1 0 -0.4 </v></dipole></calculation>',
  );

describe('dipoles and moments', () => {
  it.each([
    ['extended XYZ', xyz, 'a.xyz', 2],
    ['OUTCAR', outcar, 'OUTCAR', 2],
    ['vasprun.xml', vasprun, 'vasprun.xml', 1],
  ])('of %s are kept, shown and exported', async (_, text, name, properties) => {
    const read = await readConfigurations(temporaryFile(text(), name));
    const keys = OPTIONAL.map(({ key }) => key).filter((key) => read[0][key] !== undefined);
    expect(keys).toHaveLength(properties);
    using project = Project.open(join(folder, `${name}.fwproj`), { create: true });
    const id = addDataset(project, 'one', read);
    const datasets = new DatasetRepository(project);
    expect(Object.keys(datasets.get(id).properties)).toEqual(expect.arrayContaining(keys));
    const table = new DatasetTable(new ArrayFrame(datasetTable(project, id).buffer));
    expect(table.properties.map(({ row }) => row.key)).toEqual(keys);
    const kept = datasets.configuration(id, 0);
    const shown = shownStructure(new ArrayFrame(configurationBlock(kept).buffer));
    for (const key of keys) {
      expect(valuesOf(kept, key)).toEqual(valuesOf(read[0], key));
      expect(shown.vectors.map((vectors) => vectors.key)).toContain(key);
    }
    const path = join(folder, `${name}.out.xyz`);
    await writeConfigurations(path, 'extxyz', [kept]);
    const [back] = await readConfigurations(path);
    for (const key of keys) expect(valuesOf(back, key)).toEqual(valuesOf(kept, key));
  });
});

describe('the sources', () => {
  const files = ['src-compute', 'src-main', 'src-renderer'].flatMap((root) =>
    readdirSync(join(repositoryRoot, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|vue)$/.test(name))
      .map((name) => join(root, name)),
  );
  /** The table, and what reads outputs of programs that print the quantity under a name of their own. */
  const allowed =
    /^src-compute\/structure\/properties\.ts$|^src-main\/formats\/(?:vasp-|aims-|cp2k-|orca-|gaussian-|espresso-|deepmd\/index)/;

  it('name what only some files have nowhere but in the table and in readers of programs', () => {
    const keys = OPTIONAL.map(({ key }) => key);
    const names = new RegExp(
      `\\.(?:${keys.join('|')})\\b|\\b(?:${keys.join('|')})\\??:|['"](?:${keys.join('|')})['"]`,
    );
    const found = files.filter((file) => {
      if (allowed.test(file)) return false;
      const code = readFileSync(join(repositoryRoot, file), 'utf8').replaceAll(
        /\/\*[\s\S]*?\*\/|\/\/.*$/gm,
        '',
      );
      return names.test(code);
    });
    // atomic numbers are called nuclear charges in some archives
    expect(found.filter((file) => !file.endsWith('numpy/npz.ts'))).toEqual([]);
  });
});
