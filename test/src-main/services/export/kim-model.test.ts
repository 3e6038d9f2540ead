/** The exported C++ model in a real LAMMPS against the reference evaluation. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import {
  findLammps,
  kimInteraction,
  lammpsDynamics,
  lammpsSinglePoints,
  type LammpsProgram,
  type RunOptions,
} from '../../../../src-main/engines/lammps/index.ts';
import { writeDataFile } from '../../../../src-main/engines/lammps/data-file.ts';
import { lammpsFrame } from '../../../../src-main/engines/lammps/frame.ts';
import { runScript, temporaryFolder } from '../../../../src-main/engines/lammps/runner.ts';
import { setupCommands } from '../../../../src-main/engines/lammps/script.ts';
import { scratchModel } from '../../../../src-main/services/export/model-folder.ts';
import { testStructures } from '../../../../src-main/services/export/test-structures.ts';
import { potentials as conformancePotentials } from '../../../conformance/potentials.ts';
import { structures as conformanceStructures } from '../../../conformance/structures.ts';
import {
  canRunKimModels,
  expectAgreement,
  kimDifferences,
  referencePotential,
} from '../../../support/kim.ts';
import { sharedPath } from '../../../support/shared.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let program: LammpsProgram;
let folder: string;
const able = canRunKimModels();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-kim-'));
  if (able) program = await findLammps();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function model(potential: PotentialModelBase): Promise<string> {
  return scratchModel(mkdtempSync(join(folder, 'm')), potential);
}

/** Largest differences between LAMMPS and the reference. */
async function differences(
  potential: PotentialModelBase,
  structures: readonly Configuration[],
  options: RunOptions = {},
) {
  return await kimDifferences(program, await model(potential), potential, structures, options);
}

const potentials = {
  'one species': () => referencePotential('crystals_cubic_08', ['Al']),
  'three species': () => referencePotential('crystals_multi_06', ['Al', 'Ni', 'Ti']),
};

describe.skipIf(!able)('the exported KIM model', () => {
  it.each([
    ['one species', 1, 'on'],
    ['one species', 2, 'on'],
    ['one species', 1, 'off'],
    ['one species', 2, 'off'],
    ['three species', 1, 'on'],
    ['three species', 2, 'on'],
    ['three species', 1, 'off'],
    ['three species', 2, 'off'],
  ] as const)('agrees with the reference: %s, %i rank(s), newton %s', async (name, ranks, newton) => {
    const potential = potentials[name]();
    // two ranks take turns on a busy machine: fewer structures, of all kinds
    const structures = testStructures(potential, ranks > 1 ? 6 : 20, 7);
    const clusters = structures.filter((structure) => !structure.periodic.some(Boolean));
    expect(clusters.length).toBeGreaterThan(0);
    expectAgreement(await differences(potential, structures, { ranks, newton }));
  });

  it('gives the values that MLIP printed', async () => {
    const potential = referencePotential('molecules_291_10', ['C', 'H']);
    const printed = await readConfigurations(sharedPath('references', 'molecules_291_10', 'ref.xyz'));
    // the file names the types H and He
    const molecules = printed.map((one) => ({
      ...one,
      symbols: one.symbols.map((s) => (s === 'H' ? 'C' : 'H')),
    }));
    const results = await lammpsSinglePoints(
      program,
      kimInteraction(await model(potential), ['C', 'H']),
      molecules,
    );
    printed.forEach((expected, k) => {
      expect(results[k].energy).toBeCloseTo(expected.energy ?? NaN, 9);
      results[k].forces.forEach((f, i) => expect(f).toBeCloseTo(expected.forces?.[i] ?? NaN, 5));
    });
  });

  it.each(['generic', 'avx', 'avx512'])(
    'agrees with the kernels for %s processors (or the best one below)',
    async (kernels) => {
      vi.stubEnv('FORCEWRIGHT_KERNELS', kernels);
      const potential = potentials['three species']();
      expectAgreement(await differences(potential, testStructures(potential, 5, 3)));
      vi.unstubAllEnvs();
    },
  );

  it('adds a ZBL repulsion, in a sum whose terms list their species in another order', async () => {
    const zbl: ZblModel = { form: 'zbl', species: ['Ti', 'Al', 'Ni', 'W'], cutoff: 3.4, innerRadius: 1.5 };
    const potential = sumModel([potentials['three species'](), zbl]);
    expect(potential.species).toEqual(['Al', 'Ni', 'Ti']);
    const structures = testStructures(potential, 10, 11);
    const without = evaluateReference(potential.terms[0], structures[0]).energy;
    expect(Math.abs(evaluateReference(potential, structures[0]).energy - without)).toBeGreaterThan(0.1);
    expectAgreement(await differences(potential, structures));
    expectAgreement(await differences(zbl, [dimer(2.1), dimer(1.2), dimer(3.39), dimer(3.41)]));
  });

  // pairs that are handed over, ZBL with radii of each pair, atoms that are crowded
  const repulsive = conformancePotentials.filter(({ name }) => /handed over|crowding/.test(name));
  it.each(repulsive)('agrees with the reference: $name', async ({ model: potential, bond }) => {
    const { molecule, slab, triclinic, crystal } = conformanceStructures(potential.species, bond);
    const close = triclinic.positions.map((x) => 0.8 * x);
    const dense = { ...triclinic, positions: close, cell: triclinic.cell.map((x) => 0.8 * x) };
    const structures = [molecule, slab, triclinic, crystal, dense];
    const largest = structures.flatMap((structure) =>
      Array.from(evaluateReference(potential, structure).forces),
    );
    // of numbers of this size
    const scale = Math.max(1, ...largest.map(Math.abs));
    const found = await differences(potential, structures, { newton: 'off' });
    const { energy, atomEnergy, force, virial } = found;
    expectAgreement({
      energy: energy / scale,
      atomEnergy: atomEnergy / scale,
      force: force / scale,
      virial: virial / scale,
    });
  });

  it.each([
    [1, 'on'],
    [2, 'off'],
  ] as const)(
    'gives per-atom virials that add up to the virial: %i rank(s), newton %s',
    async (ranks, newton) => {
      const potential = potentials['three species']();
      const structure = testStructures(potential, 2, 5)[1]; // strained
      const interaction = kimInteraction(await model(potential), potential.species);
      await using run = await temporaryFolder();
      const frame = lammpsFrame(structure);
      await writeDataFile(join(run.path, 'x.data'), frame.configuration, potential.species);
      const script = [
        ...setupCommands(frame, 'x.data', interaction, newton, 0.5),
        'compute each all stress/atom NULL virial',
        'compute sum all reduce sum c_each[1] c_each[2] c_each[3] c_each[4] c_each[5] c_each[6]',
        'compute p all pressure NULL virial',
        'thermo_style custom step vol c_p[1] c_p[2] c_p[3] c_p[4] c_p[5] c_p[6] c_sum[1] c_sum[2] c_sum[3] c_sum[4] c_sum[5] c_sum[6]',
        'thermo_modify format float %.15g',
        'run 0',
        '',
      ].join('\n');
      let row: number[] = [];
      await runScript(program, interaction, run.path, script, () => 'Testing', {
        ranks,
        newton,
        onLine(line) {
          const numbers = line.trim().split(/\s+/).map(Number);
          if (numbers.length === 14 && numbers.every(Number.isFinite)) row = numbers;
        },
      });
      const [, volume, ...values] = row;
      for (let k = 0; k < 6; k++) {
        // LAMMPS' stress/atom is −(pressure × volume)
        expect(Math.abs(values[k] * volume + values[6 + k])).toBeLessThan(
          1e-9 * Math.abs(values[0] * volume),
        );
      }
    },
  );

  it('counts a lone atom', async () => {
    const potential = potentials['one species']();
    const atom: Configuration = { ...dimer(30), symbols: ['Al', 'Al'] };
    const [result] = await lammpsSinglePoints(program, kimInteraction(await model(potential), ['Al']), [
      atom,
    ]);
    expect(result.energy).toBeCloseTo(2 * potential.speciesCoefficients[0], 12);
  });

  it('conserves energy in NVE at 1 fs', async () => {
    const potential = potentials['one species']();
    const start = supercell(lattice('fcc', ['Al'], 4.05), [3, 3, 3]);
    const interaction = kimInteraction(await model(potential), ['Al']);
    const settings = { ensemble: 'nve', steps: 2000, timestep: 1, temperature: 600 } as const;
    const { drift, thermo } = await lammpsDynamics(program, interaction, start, settings);
    expect(thermo.at(-1)?.temperature).toBeGreaterThan(100); // it moves
    expect(Math.abs(drift)).toBeLessThan(0.02);
  });
});

function dimer(distance: number): Configuration {
  return {
    symbols: ['Ti', 'W'],
    kinds: Uint16Array.of(0, 1),
    positions: Float64Array.of(0, 0, 0, 0.6 * distance, 0, 0.8 * distance),
    cell: new Float64Array(9),
    periodic: [false, false, false],
  };
}

describe.skipIf(!able)('the exported KIM model stops LAMMPS with a sentence', () => {
  const structure = supercell(lattice('fcc', ['Al'], 4.05), [2, 2, 2]);

  /** What LAMMPS says when the parameter file was changed. */
  async function afterChange(change: (text: string) => string | undefined): Promise<string> {
    const made = await model(potentials['one species']());
    const path = join(made, 'parameters.txt');
    const changed = change(readFileSync(path, 'utf8'));
    if (changed === undefined) rmSync(path);
    else writeFileSync(path, changed);
    const lines: string[] = [];
    const options = { onLine: (line: string) => lines.push(line) };
    const error = await lammpsSinglePoints(program, kimInteraction(made, ['Al']), [structure], options).then(
      () => 'it ran',
      (reason: unknown) => String(reason),
    );
    if (error !== 'it ran') expect(lines.join('\n')).not.toMatch(/Loop time/);
    return error;
  }

  it.each([
    ['cut in the middle', (text: string) => text.slice(0, 700), /is cut short/],
    [
      'cut at the last line',
      (text: string) => text.replace(/^checksum.*\n/m, ''),
      /is cut short.*Export the potential again/,
    ],
    ['edited', (text: string) => text.replace(/^cutoff .*$/m, 'cutoff 4.9'), /edited or damaged/],
    ['edited behind its end', (text: string) => `${text}term zbl\n`, /goes on after its checksum/],
    ['removed', () => undefined, /must lie in the same folder.*Copy the whole exported folder/],
    ['empty', () => '', /is cut short/],
  ])('parameter file %s', async (_, change, sentence) => {
    const text = await afterChange(change);
    expect(text).toMatch(sentence);
  });

  it('but comments may be edited, and lines may end the Windows way', async () => {
    expect(await afterChange((text) => `# a note\n${text}`)).toBe('it ran');
    expect(await afterChange((text) => text.replaceAll('\n', '\r\n'))).toBe('it ran');
  });

  it('a folder that was moved away', async () => {
    const made = await model(potentials['one species']());
    const interaction = kimInteraction(made, ['Al']);
    rmSync(made, { recursive: true });
    await expect(lammpsSinglePoints(program, interaction, [structure])).rejects.toMatchObject({
      message: expect.stringMatching(/could not load the KIM model: its folder was not found/) as string,
      remedy: expect.stringMatching(/KIM_API_PORTABLE_MODELS_DIR/) as string,
    });
    expect(() => kimInteraction(made, ['Al'])).toThrow(/holds no built KIM model/);
  });

  it('a library for another kim-api', async () => {
    const made = await model(potentials['one species']());
    // as a library looks whose libkim-api is not there: the name of the needed library changed in place
    const path = join(made, 'libkim-api-portable-model.so');
    const bytes = readFileSync(path).toString('latin1');
    expect(bytes).toContain('libkim-api.so.2');
    writeFileSync(path, Buffer.from(bytes.replaceAll('libkim-api.so.2', 'libkim-api.so.9'), 'latin1'));
    await expect(
      lammpsSinglePoints(program, kimInteraction(made, ['Al']), [structure]),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/does not fit this machine.*libkim-api\.so\.9/s) as string,
      remedy: expect.stringMatching(/build\.sh/) as string,
    });
  });

  it('an element that the potential does not know', async () => {
    const made = await model(potentials['one species']());
    const silicon = { ...structure, symbols: ['Si'] };
    await expect(lammpsSinglePoints(program, kimInteraction(made, ['Al']), [silicon])).rejects.toThrow(
      /contains Si.*made for Al/,
    );
    // past our own check, as an edited input would go
    await expect(lammpsSinglePoints(program, kimInteraction(made, ['Si']), [silicon])).rejects.toMatchObject({
      remedy: expect.stringMatching(/does not know one of the elements/) as string,
    });
  });

  it('atoms at the same place', async () => {
    const positions = structure.positions.slice();
    positions.set(positions.subarray(0, 3), 3);
    const overlapping = { ...structure, positions };
    const interaction = kimInteraction(await model(potentials['one species']()), ['Al']);
    await expect(lammpsSinglePoints(program, interaction, [overlapping])).rejects.toThrow(
      /two atoms lie at exactly the same place/,
    );
  });
});
