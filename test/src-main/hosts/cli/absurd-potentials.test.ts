/** Commands refuse a potential with absurd numbers at once, by a sentence that names the field. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { extendedXyzText } from '../../../../src-main/engines/structure-text.ts';
import { crystal, temporaryFolder } from '../../../support/project.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = temporaryFolder();
const zbl = { form: 'zbl', species: ['Si'], cutoff: 2, innerRadius: 1 };
const document = (model: { species: readonly string[] }) => ({
  format: 'forcewright-potential',
  version: 1,
  name: 'absurd',
  species: model.species.slice(0, 3),
  units: { length: 'angstrom', energy: 'eV' },
  provenance: { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} },
  metrics: {},
  model,
});

it.each([
  ['evaluate', document({ ...zbl, cutoff: 2147483647 } as typeof zbl), /cutoff/],
  ['md', document({ ...zbl, species: Array.from({ length: 100_000 }, (_, k) => `X${k}`) }), /species/],
  [
    'evaluate',
    document({ form: 'sum', species: ['Si'], cutoff: 2, terms: [{ ...zbl, species: ['O'] }] } as {
      species: string[];
    }),
    /terms\.0\.species/,
  ],
])('%s', async (command, absurd, field) => {
  const [potential, structure] = [join(folder, 'a.potential.json'), join(folder, 's.xyz')];
  writeFileSync(potential, JSON.stringify(absurd));
  await writeFile(structure, extendedXyzText(crystal(2, 1)));
  const args = command === 'md' ? ['--structure', structure, '--ensemble', 'nve', '--timestep', '1', '--steps', '1', '--temperature', '300'] : ['--in', structure]; // prettier-ignore
  const main = commandLine;
  const run = spawnSync(process.execPath, [main, command, '--potential', potential, ...args], {
    encoding: 'utf8',
  });
  expect(run.stderr).toMatch(/^Error: .*a\.potential\.json: .*\.$/m);
  expect(run.stderr).toMatch(field);
  expect(run.stderr.length).toBeLessThan(1000);
  expect(run.status).toBe(1);
});
