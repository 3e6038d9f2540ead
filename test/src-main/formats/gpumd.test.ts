/** train.xyz of GPUMD: what is written has its keys, and reads back as extended XYZ. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfigurations, writeConfigurations } from '../../../src-main/formats/index.ts';
import { formatErrorOf, readText, temporaryPath, without } from './support.ts';

const SOURCE = `2
Lattice="4 0 0 0 5 0 0 0 6" Properties=species:S:1:pos:R:3:forces:R:3 energy=-3.5 virial="1 2 3 2 4 5 3 5 6" pbc="T T F"
Ge 0 0 0 0.5 0 -0.25
O 1 2 3 -0.5 0 0.25
`;

test('the keys of nep, and the same configuration again', async () => {
  const configurations = await readText(SOURCE);
  const path = temporaryPath('set.xyz');
  await writeConfigurations(path, 'gpumd', configurations);
  expect(readFileSync(path, 'utf8').split('\n').slice(0, 3)).toEqual([
    '2',
    'Lattice="4 0 0 0 5 0 0 0 6" Properties=species:S:1:pos:R:3:force:R:3 pbc="T T F" energy=-3.5 virial="1 2 3 2 4 5 3 5 6"',
    'Ge 0 0 0 0.5 0 -0.25',
  ]);
  expect(await readConfigurations(path)).toEqual(configurations);
});

test('clusters get a box; structures without labels are refused', async () => {
  const [configuration] = await readText(SOURCE);
  const cluster = { ...configuration, cell: new Float64Array(9), periodic: [false, false, false] as const };
  const notes: string[] = [];
  const path = temporaryPath('cluster.xyz');
  await writeConfigurations(path, 'gpumd', [cluster], { onNote: (note) => notes.push(note) });
  const [read] = await readConfigurations(path);
  expect([...read.cell]).toEqual([21, 0, 0, 0, 22, 0, 0, 0, 23]);
  expect(read.periodic).toEqual([false, false, false]);
  expect(notes[0]).toMatch(/box with 10 Å of vacuum/);
  const error = await formatErrorOf(writeConfigurations(path, 'gpumd', [without(configuration, 'forces')]));
  expect(error.message).toMatch(/the structure 0 has no forces/);
});
