/** vaspout.h5: files as VASP 6 lays them out, written here with the library that reads them. */
import { File, ready } from 'h5wasm/node';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { EV_PER_A3_IN_KBAR } from '../../../src-compute/units.ts';
import { detectFormat, readConfigurations } from '../../../src-main/formats/index.ts';
import { allFrames, formatErrorOf, temporaryFile, temporaryPath } from './support.ts';

const TAGS = ['free energy    TOTEN   ', 'energy without entropy ', 'energy(sigma->0)       '];
const CELL = [4, 0, 0, 0.5, 5, 0, 0, 0, 6];
const STEPS = 3;

beforeAll(async () => {
  await ready;
});

interface Part {
  readonly name: string;
  readonly data: Float64Array | Int32Array | string[];
  readonly shape: number[];
}

/** Two atoms, three steps; a part given replaces the one of its name, without data it is left out. */
function vaspout(...changes: (Omit<Part, 'data'> & { data?: Part['data'] })[]): string {
  const each = (values: (step: number) => number[]) =>
    Float64Array.from(Array.from({ length: STEPS }, (_, step) => values(step)).flat());
  const parts: Part[] = [
    { name: 'results/positions/ion_types', data: ['Sr', 'Ti_sv'], shape: [2] },
    { name: 'results/positions/number_ion_types', data: Int32Array.of(1, 1), shape: [2] },
    { name: 'intermediate/ion_dynamics/scale', data: Float64Array.of(2), shape: [1] },
    { name: 'intermediate/ion_dynamics/lattice_vectors', data: each(() => CELL), shape: [STEPS, 3, 3] },
    {
      name: 'intermediate/ion_dynamics/position_ions',
      data: each((step) => [0, 0, 0, 0.5, 0.25 + 0.125 * step, 0.5]),
      shape: [STEPS, 2, 3],
    },
    {
      name: 'intermediate/ion_dynamics/forces',
      data: each((step) => [0.5 + step, 0, -0.25, -0.5 - step, 0, 0.25]),
      shape: [STEPS, 2, 3],
    },
    {
      name: 'intermediate/ion_dynamics/stress',
      data: each((step) => [10 + step, 1, 0, 1, -4, 0, 0, 0, 2]),
      shape: [STEPS, 3, 3],
    },
    {
      name: 'intermediate/ion_dynamics/energies',
      data: each((step) => [-8 - step, -7, -7.5 - step]),
      shape: [STEPS, 3],
    },
    { name: 'intermediate/ion_dynamics/energies_tags', data: TAGS, shape: [3] },
    {
      name: 'intermediate/ion_dynamics/electronic_step_converged',
      data: Int32Array.of(0, 1, 0),
      shape: [STEPS],
    },
  ];
  const path = temporaryPath('vaspout.h5');
  const file = new File(path, 'w');
  for (const group of ['results', 'results/positions', 'intermediate', 'intermediate/ion_dynamics'])
    file.create_group(group);
  for (const part of parts) {
    const { name, data, shape } = { ...part, ...changes.find((change) => change.name === part.name) };
    if (changes.some((change) => change.name === name && change.data === undefined)) continue;
    file.create_dataset({ name, data, shape });
  }
  file.close();
  return path;
}

describe('vaspout.h5', () => {
  test('has cell, positions, energies, forces and virials of each step', async () => {
    const path = vaspout();
    expect((await detectFormat(path)).name).toBe('vaspout');
    const frames = await readConfigurations(path);
    expect(frames.map(({ energy }) => energy)).toEqual([-8, -9, -10]);
    expect(frames.map(({ info }) => info?.energy_sigma_to_zero)).toEqual([-7.5, -8.5, -9.5]);
    expect(frames.map(({ info }) => info?.converged)).toEqual([true, false, true]);
    const [, { symbols, cell, positions, forces, virial, periodic }] = frames;
    expect(symbols).toEqual(['Sr', 'Ti']);
    expect(Array.from(cell)).toEqual(CELL.map((x) => 2 * x));
    expect(Array.from(positions)).toEqual([0, 0, 0, 4 + 0.375, 3.75, 6]);
    expect(Array.from(forces ?? [])).toEqual([1.5, 0, -0.25, -1.5, 0, 0.25]);
    // compressed: the crystal wants to expand
    expect(virial?.[0]).toBeCloseTo((11 * 960) / EV_PER_A3_IN_KBAR, 10);
    expect(virial?.[4]).toBeCloseTo((-4 * 960) / EV_PER_A3_IN_KBAR, 10);
    expect(periodic).toEqual([true, true, true]);
    const [{ problems }, second] = await allFrames(path);
    expect(problems).toEqual([]);
    expect(second.problems[0].message).toMatch(/did not converge|converged/);
  });

  test('of a run that was stopped names the step that lacks forces, and never takes those of another', async () => {
    const one = Float64Array.of(1, 0, 0, -1, 0, 0);
    const path = vaspout({ name: 'intermediate/ion_dynamics/forces', data: one, shape: [1, 2, 3] });
    const frames = await allFrames(path);
    expect(frames.map(({ configuration }) => configuration?.forces?.[0])).toEqual([1, undefined, undefined]);
    expect(frames[2].problems[0].message).toMatch(/ion_dynamics\/forces for the step 3/);
  });

  test('without forces or stress has energies', async () => {
    const [frame] = await readConfigurations(
      vaspout(
        { name: 'intermediate/ion_dynamics/forces', shape: [] },
        { name: 'intermediate/ion_dynamics/stress', shape: [] },
        { name: 'intermediate/ion_dynamics/electronic_step_converged', shape: [] },
      ),
    );
    expect(frame.energy).toBe(-8);
    expect(frame.forces).toBeUndefined();
    expect(frame.virial).toBeUndefined();
    expect(frame.info?.converged).toBeUndefined();
  });

  test('cut off, damaged or of another program is refused in a sentence', async () => {
    const whole = readFileSync(vaspout());
    const cut = await formatErrorOf(readConfigurations(temporaryFile(whole.subarray(0, whole.length / 2))));
    expect(cut.message).toMatch(/HDF5 file that is whole, but truncated file/);
    const other = vaspout({ name: 'results/positions/ion_types', shape: [] });
    expect((await formatErrorOf(readConfigurations(other))).message).toMatch(/no vaspout\.h5 of VASP 6/);
    // every damaged byte gives frames or a sentence
    for (let at = 8; at < whole.length; at += 397) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0xff;
      await readConfigurations(temporaryFile(damaged), { skipBad: true }).catch((error: unknown) => {
        expect(error).toHaveProperty('file');
      });
    }
  });
});
