/** Text that goes on for ever (white space, a string, a word, a line) is refused after a bounded part of it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labelledComment } from '../../../src-main/formats/extended-xyz/header.ts';
import { readFrames } from '../../../src-main/formats/index.ts';
import { jsonElements } from '../../../src-main/formats/pymatgen-json/elements.ts';
import { temporaryFolder } from '../../support/project.ts';

const MIB = 1 << 20;
const LENGTH = 40 * MIB;
const folder = temporaryFolder();

/** A file that begins as a real one and then repeats itself; the same file for all, so that little is on the disk. */
function endless(beginning: string, filler: string): string {
  const file = join(folder, 'endless');
  const block = Buffer.from(filler.repeat(Math.ceil(MIB / filler.length)));
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, beginning);
  for (let written = 0; written < LENGTH; written += block.length) writeSync(descriptor, block);
  closeSync(descriptor);
  return file;
}

/** What is said of a file, and how much of it was read by then. */
async function refusal(file: string, format: string): Promise<{ sentence: string; read: number }> {
  let read = 0;
  try {
    const onProgress = (bytes: number) => (read = Math.max(read, bytes));
    for await (const frame of readFrames(file, { format, onProgress })) void frame;
  } catch (error) {
    return { sentence: String(error), read };
  }
  throw new Error('this was accepted');
}

const record = '[{"structure": {"lattice": {"matrix": ';

describe('text that goes on for ever', () => {
  it.each([
    ['white space before a record', 'pymatgen', '[', ' \n', /white space of more than/, 3],
    ['commas before a record', 'pymatgen', '[', ',', /white space of more than/, 3],
    ['white space in a record', 'pymatgen', record, ' \t', /white space of more than/, 3],
    ['a string', 'pymatgen', `${record}"`, 'x', /a string of more than/, 3],
    ['a string of escapes', 'pymatgen', `${record}"`, '\\"', /a string of more than/, 3],
    ['brackets', 'pymatgen', record, '[', /nested too deeply/, 3],
    ['a comment line', 'extxyz', '2\nLattice="5 0 0 0 5 0 0 0 5" note="', 'x', /line longer than/, 33],
    ['blank lines', 'extxyz', '\n', '\n', /1 MiB of white space/, 3],
    ['blank lines with blanks', 'extxyz', '\n', ' \t \n', /1 MiB of white space/, 3],
    ['a word', 'mlip', 'BEGIN_CFG\n Size\n', 'x', /line longer than/, 33],
    ['a number', 'lammps-dump', 'ITEM: TIMESTEP\n', '1', /line longer than/, 33],
    ['blank lines', 'lammps-data', 'comment\n', ' \n', /1 MiB of white space/, 3],
    ['numbers', 'poscar', 'Si\n1.0\n', '1 ', /line longer than/, 33],
    ['a word', 'outcar', ' vasp.6.3.0\n', 'x', /line longer than/, 33],
    ['a word', 'espresso-output', '     Program PWSCF v.7.0\n', 'x', /line longer than/, 33],
    ['a word', 'cif', 'data_a\n_cell_length_a ', 'x', /line longer than/, 33],
  ])('%s in %s', async (_what, format, beginning, filler, sentence, most) => {
    const found = await refusal(endless(beginning, filler), format);
    expect(found.sentence).toMatch(sentence);
    expect(found.read).toBeLessThan(most * MIB);
  });

  it.each([
    ['extxyz', '2\nLattice="5 0 0 0 5 0 0 0 5"\nSi 0 0 ', ''],
    ['lammps-dump', 'ITEM: TIMESTEP\n', '\nITEM: NUMBER OF ATOMS\n2\n'],
    ['cif', 'data_a\n_cell_length_a ', '\n_cell_length_b 3\n'],
  ])('also where the line ends after some MiB, in %s', async (format, beginning, end) => {
    const file = join(folder, 'long');
    const descriptor = openSync(file, 'w');
    writeSync(descriptor, `${beginning}${'1'.repeat(2 * MIB)}${end}`);
    closeSync(descriptor);
    const { sentence } = await refusal(file, format);
    expect(sentence.length).toBeLessThan(1000);
  });

  it('is no list of labels, however many words a comment has', () => {
    expect(labelledComment(`energy=-1 ${'eV '.repeat(5000)}`)).toBeUndefined();
    expect(labelledComment('energy=-1 eV')?.get('energy')).toBe(-1);
  });
});

describe('a record of JSON', () => {
  const bounds = { record: 2 * MIB, string: 100, blank: 100, depth: 5 };

  it('is refused when it goes on for too long, and no more of it is asked for', async () => {
    let pieces = 0;
    const source = async function* () {
      yield '[{"a": [';
      for (; pieces < 1000; pieces++) yield await Promise.resolve('1.5, '.repeat(20_000));
    };
    await expect(jsonElements(source(), bounds).next()).rejects.toThrow(/at most 2 MiB/);
    expect(pieces).toBeLessThan(25);
  });

  it('may be pretty-printed, and be one of any number', async () => {
    const text = `[\n${`{\n  "a": [ "x, y",\n${' '.repeat(90)}[ 1 ] ] },\n`.repeat(1000)}]`;
    let count = 0;
    for await (const element of jsonElements([text] as unknown as AsyncIterable<string>, bounds))
      if (element.text.endsWith('}')) count++;
    expect(count).toBe(1000);
  });
});
