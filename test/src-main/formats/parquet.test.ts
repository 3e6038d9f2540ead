/** Parquet tables of configurations as ColabFit lays them out, written here with hyparquet-writer. */
import { readFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { HARTREE_IN_EV } from '../../../src-compute/units.ts';
import { detectFormat, readConfigurations } from '../../../src-main/formats/index.ts';
import { previewFile } from '../../../src-main/services/datasets/preview.ts';
import { allFrames, formatErrorOf, temporaryFile } from './support.ts';

const CELL = [[4, 0, 0], [0.5, 5, 0], [0, 0, 6]]; // prettier-ignore
const STRESS = [[0.01, 0.002, 0], [0.002, -0.03, 0], [0, 0, 0.02]]; // prettier-ignore
const POSITIONS = [[0, 0, 0], [1.5, 1.25, 2]]; // prettier-ignore
const FORCES = [[0.5, 0, -0.25], [-0.5, 0, 0.25]]; // prettier-ignore

/** Columns of JSON are how the writer keeps lists; a table of three configurations, the third a free molecule. */
function table(changes: Readonly<Record<string, unknown[]>> = {}): Uint8Array {
  const columns: Record<string, unknown[]> = {
    configuration_id: ['CO_1', 'CO_2', 'CO_3'],
    energy: [-8, -9, -1.5],
    atomic_forces: [FORCES, FORCES, [[0, 0, 0.125]]],
    cauchy_stress: [STRESS, STRESS, null],
    cauchy_stress_volume_normalized: [true, false, null],
    cell: [CELL, CELL, null],
    pbc: [[true, true, true], [true, true, false], [false, false, false]],
    positions: [POSITIONS, POSITIONS, [[0, 0, 0]]],
    atomic_numbers: [[32, 8], [32, 8], [1]],
    ...changes,
  }; // prettier-ignore
  const columnData = Object.entries(columns)
    .filter(([, data]) => data.length > 0)
    .map(([name, data]) => ({ name, data, ...(data.some(Array.isArray) ? { type: 'JSON' as const } : {}) }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
const tableFile = (changes?: Readonly<Record<string, unknown[]>>) =>
  temporaryFile(table(changes), 'co.parquet');

describe('a Parquet table of ColabFit', () => {
  test('has the labels of each row in our conventions', async () => {
    const path = tableFile();
    expect((await detectFormat(path)).name).toBe('parquet');
    const [first, second, third] = await readConfigurations(path);
    expect(first.symbols).toEqual(['Ge', 'O']);
    expect(Array.from(first.positions)).toEqual(POSITIONS.flat());
    expect(Array.from(first.cell)).toEqual(CELL.flat());
    expect([first.energy, second.energy, third.energy]).toEqual([-8, -9, -1.5]);
    expect(Array.from(first.forces ?? [])).toEqual(FORCES.flat());
    // σ in eV/Å³, tension positive; of the second row it is not divided by the volume
    STRESS.flat().forEach((sigma, k) => {
      expect(first.virial?.[k]).toBeCloseTo(-sigma * 120, 12);
      expect(second.virial?.[k]).toBeCloseTo(-sigma, 12);
    });
    expect([first.periodic, second.periodic, third.periodic]).toEqual([
      [true, true, true],
      [true, true, false],
      [false, false, false],
    ]);
    expect(third.virial).toBeUndefined();
    expect(first.info).toEqual({ configuration_id: 'CO_1' });
  });

  test('says which columns it took, and takes others and their units as asked', async () => {
    const path = tableFile({ formation_energy: [-0.5, -0.25, -0.125] });
    expect((await previewFile(path)).taken).toEqual([
      { label: 'energy', key: 'energy', frames: 3 },
      { label: 'forces', key: 'atomic_forces', frames: 3 },
      { label: 'stress', key: 'cauchy_stress', frames: 3 },
    ]);
    const [frame] = await readConfigurations(path, { energyKey: 'formation_energy', energyUnit: 'hartree' });
    expect(frame.energy).toBeCloseTo(-0.5 * HARTREE_IN_EV, 12);
  });

  test('names the row that is wrong and goes on behind it', async () => {
    const frames = await allFrames(
      tableFile({ atomic_forces: [FORCES, [[1, 2, 3]], [[0, 0, 0]]], atomic_numbers: [[32, 8], [32, 8], [200]] }), // prettier-ignore
    );
    expect(frames.map(({ configuration }) => configuration !== undefined)).toEqual([true, false, false]);
    expect(frames[1].problems[0].message).toMatch(/6 numbers in "atomic_forces", found 3/);
    expect(frames[2].problems[0].message).toMatch(/found 200/);
  });

  test('cut off, damaged or of something else is refused in a sentence', async () => {
    const whole = table();
    const cut = await formatErrorOf(readConfigurations(temporaryFile(whole.subarray(0, 200))));
    expect(cut.message).toMatch(/Parquet table that is whole/);
    expect((await formatErrorOf(readConfigurations(tableFile({ positions: [] })))).message).toMatch(
      /columns positions and atomic_numbers/,
    );
    for (let at = 4; at < whole.length; at += 61) {
      const damaged = Uint8Array.from(whole);
      damaged[at] ^= 0xff;
      await readConfigurations(temporaryFile(damaged), { skipBad: true }).catch((error: unknown) => {
        expect(error).toHaveProperty('file');
      });
    }
    expect(readFileSync(tableFile()).subarray(0, 4).toString()).toBe('PAR1');
  });
});
