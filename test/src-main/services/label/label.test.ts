/** Labelling keeps what is finished: failures are set aside, interruptions and crashes are gone on from. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { findLammps } from '../../../../src-main/engines/lammps/index.ts';
import { referenceEngineSchema } from '../../../../src-main/engines/registry.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { labelConfigurations } from '../../../../src-main/services/label/label.ts';
import { LabelProgress, labelKey } from '../../../../src-main/services/label/progress-file.ts';
import { requireProgram } from '../../../support/real-part.ts';
import { commandLine } from '../../../support/command-line.ts';

const folders: string[] = [];
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fw-label-'));
  folders.push(folder);
});
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

const CLIENT = join(import.meta.dirname, '../../../support/flaky-ipi-client.mjs');
const CLI = commandLine;

/** Structures of two atoms, the first at x, in ångström. */
function pairs(...x: number[]): Configuration[] {
  return x.map((first) => ({
    symbols: ['Si'],
    kinds: new Uint16Array(2),
    positions: Float64Array.of(first, 0, 0, 2.3, 0.1, 0),
    cell: Float64Array.of(9, 0, 0, 0, 9, 0, 0, 0, 9),
    periodic: [true, true, true],
  }));
}

/** Energy that the client gives, eV. */
const energyOf = ({ positions }: Configuration) =>
  (27.211386245988 / 2) * positions.reduce((sum, x) => sum + (x / 0.529177210903) ** 2, 0);

function command(...args: string[]): string[] {
  return [
    'label', '--engine', 'i-pi', '--ipi-client', `${process.execPath} ${CLIENT} {socket}`,
    '--in', join(folder, 'in.xyz'), '--out', join(folder, 'out.xyz'), '--json', ...args,
  ]; // prettier-ignore
}

function label(flaky: string, ...args: string[]) {
  const env = { ...process.env, FLAKY: flaky, CALLS: join(folder, 'calls') };
  const result = spawnSync(process.execPath, [CLI, ...command(...args)], {
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').length;
const facts = z.object({
  labelled: z.number(),
  failed: z.number(),
  failures: z.array(z.object({ frame: z.number(), error: z.string() })),
});

async function expectLabels(frames: readonly Configuration[]): Promise<void> {
  const labelled = await readConfigurations(join(folder, 'out.xyz'));
  expect(labelled).toHaveLength(frames.length);
  labelled.forEach((one, k) => expect(one.energy).toBeCloseTo(energyOf(frames[k]), 6));
}

describe('label with a client that fails', () => {
  it('starts it anew when it dies, and loses nothing', async () => {
    const frames = pairs(0, 0.1, 0.2, 0.3, 0.4);
    await writeConfigurations(join(folder, 'in.xyz'), undefined, frames);
    const { code, out, err } = label('die:2');
    expect(code, err).toBe(0);
    expect(facts.parse(JSON.parse(out))).toMatchObject({ labelled: 5, failed: 0 });
    expect(err).toMatch(/tried once more/);
    await expectLabels(frames);
    expect(existsSync(LabelProgress.pathFor(join(folder, 'out.xyz')))).toBe(false);
  });

  it('sets aside the structure that it always dies of, by name', async () => {
    const frames = pairs(0, 0.1, 0.9, 0.3);
    await writeConfigurations(join(folder, 'in.xyz'), undefined, frames);
    const { code, out, err } = label('wall:1.5');
    expect(code, err).toBe(0);
    const found = facts.parse(JSON.parse(out));
    expect(found).toMatchObject({ labelled: 3, failed: 1, failures: [{ frame: 2 }] });
    expect(err).toMatch(/Structure 3 is not labelled/);
    await expectLabels([frames[0], frames[1], frames[3]]);
    const [aside] = await readConfigurations(join(folder, 'out.failed.xyz'));
    expect(aside.positions[0]).toBeCloseTo(0.9, 10);
    expect(aside.info?.label_error).toBe(found.failures[0].error);
    expect(aside.energy).toBeUndefined();
  });

  it('sets aside what is no number, and goes on', async () => {
    const frames = pairs(0, 0.1, 0.2);
    await writeConfigurations(join(folder, 'in.xyz'), undefined, frames);
    const { code, out } = label('nan:2');
    expect(code).toBe(0);
    expect(facts.parse(JSON.parse(out))).toMatchObject({ labelled: 2, failures: [{ frame: 1 }] });
  });

  it('ends with the reason when nothing can be labelled at all', async () => {
    await writeConfigurations(
      join(folder, 'in.xyz'),
      undefined,
      pairs(...Array.from({ length: 20 }, (_, k) => 0.8 + 0.01 * k)),
    );
    const { code, err } = label('wall:1');
    expect(code).toBe(1);
    expect(err).toMatch(/ended|closed|exit/);
    expect(calls()).toBeLessThan(10);
  });

  it('keeps what is finished at Ctrl+C and goes on with the same command', async () => {
    const frames = pairs(0, 0.1, 0.2, 0.3);
    await writeConfigurations(join(folder, 'in.xyz'), undefined, frames);
    const env = { ...process.env, FLAKY: 'hang:3', CALLS: join(folder, 'calls') };
    const child = spawn(process.execPath, [CLI, ...command()], {
      env,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    // the third structure hangs when two are kept
    while (!existsSync(join(folder, 'calls')) || calls() < 3)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    await new Promise((resolve) => child.on('close', resolve));
    expect(said).toMatch(/2 of 4 structures are labelled and kept/);
    expect(existsSync(join(folder, 'out.xyz'))).toBe(false);
    const { code, out, err } = label('ok:0', '--resume');
    expect(code, err).toBe(0);
    expect(err).toMatch(/Goes on: 2 of 4/);
    expect(facts.parse(JSON.parse(out))).toMatchObject({ labelled: 4, failed: 0 });
    expect(calls()).toBe(3 + 2);
    await expectLabels(frames);
  });

  it('takes nothing from a run of other structures, and says when there is nothing to resume', async () => {
    await writeConfigurations(join(folder, 'in.xyz'), undefined, pairs(0, 0.1));
    const nothing = label('ok:0', '--resume');
    expect(nothing.code).toBe(1);
    expect(nothing.err).toMatch(/nothing to go on with/);
    const other = LabelProgress.open(join(folder, 'out.xyz'), labelKey(pairs(5), {}), false);
    other.add(0, { energy: 1, forces: new Float64Array(6) }, 'x');
    const refused = label('ok:0');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/another labelling run/);
  });

  it('looks at --out before it starts', async () => {
    await writeConfigurations(join(folder, 'in.xyz'), undefined, pairs(0));
    const { code, err } = label('ok:0', '--out', join(folder, 'missing', 'out.xyz'));
    expect(code).toBe(1);
    expect(err).toMatch(/there is no folder/);
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });
});

describe('the progress file', () => {
  it('leaves out a line that was cut off, and keeps every digit of the others', () => {
    const frames = pairs(0, 1, 2);
    const out = join(folder, 'o.xyz');
    const key = labelKey(frames, { engine: 'x' });
    const progress = LabelProgress.open(out, key, false);
    const forces = Float64Array.of(1 / 3, -0, 1e-300, 5, 6, 7);
    progress.add(0, { energy: Math.PI, forces, virial: new Float64Array(9).fill(0.1) }, 'r');
    progress.add(2, { energy: 2, forces }, 'r');
    const text = readFileSync(progress.path, 'utf8');
    writeFileSync(progress.path, text.slice(0, -40));
    const again = LabelProgress.open(out, key, true);
    expect([...again.labels.keys()]).toEqual([0]);
    expect(again.labels.get(0)?.labels).toEqual({
      energy: Math.PI,
      forces,
      virial: new Float64Array(9).fill(0.1),
    });
    again.add(1, { energy: 3, forces }, 'r');
    expect([...LabelProgress.open(out, key, true).labels.keys()]).toEqual([0, 1]);
  });
});

const lammps = requireProgram('lmp', 'apt-get install lammps lammps-data');

describe.skipIf(!lammps)('label with LAMMPS', () => {
  const engine = (more: object = {}) =>
    referenceEngineSchema.parse({
      engine: 'lammps',
      pairStyle: 'sw',
      pairCoefficients: ['* * Si.sw Si'],
      folder: tmpdir(),
      ...more,
    });

  it('sets aside what LAMMPS stops at, atoms in one place and elements without a type; the rest is labelled', async () => {
    await findLammps();
    const silicon = supercell(lattice('diamond', ['Si'], 5.43), [2, 1, 1]);
    const overlapping = {
      ...silicon,
      positions: silicon.positions.map((x, k) => (k < 3 ? silicon.positions[k + 3] : x)),
    };
    const carbon = { ...silicon, symbols: ['C'] };
    const warm = { ...silicon, positions: silicon.positions.map((x, k) => x + 0.05 * Math.sin(k)) };
    const kept: number[] = [];
    const { configurations, failures } = await labelConfigurations({
      configurations: [silicon, overlapping, warm, carbon, silicon],
      engine: engine(),
      onLabelled: (frame) => kept.push(frame),
    });
    expect(failures.map(({ frame }) => frame)).toEqual([1, 3]);
    expect(failures[0].error).toMatch(/structure 2 of 5|finite/);
    expect(failures[1].error).toMatch(/contains C/);
    expect(configurations).toHaveLength(3);
    expect(kept.toSorted()).toEqual([0, 2, 4]);
    expect(configurations[1].energy).toBeGreaterThan(configurations[0].energy ?? NaN);
    expect(configurations[2].energy).toBe(configurations[0].energy);
  });

  it('refuses types that contradict pair_coeff', async () => {
    const silicon = lattice('diamond', ['Si'], 5.43);
    const request = {
      configurations: [silicon],
      engine: engine({
        pairStyle: 'vashishta',
        pairCoefficients: ['* * InP.vashishta In P'],
        species: ['P', 'In'],
      }),
    };
    await expect(labelConfigurations(request)).rejects.toThrow(
      /said to be P, In, and pair_coeff names In, P/,
    );
  });

  it('takes types that pair_coeff names by what is no element, and still refuses the others', async () => {
    // Si(D) is what LAMMPS' own SiCGe.tersoff calls silicon
    const label = (species: string[]) =>
      labelConfigurations({
        configurations: [lattice('diamond', ['Si'], 5.43)],
        engine: engine({ pairStyle: 'tersoff', pairCoefficients: ['* * SiCGe.tersoff Si(D) Ge'], species }),
      });
    const { configurations } = await label(['Si', 'Ge']);
    expect(configurations[0].energy! / 8).toBeCloseTo(-4.63, 2);
    await expect(label(['Ge', 'Si'])).rejects.toThrow(/said to be Ge, Si/);
    await expect(label(['Si', 'Ge', 'C'])).rejects.toThrow(/said to be Si, Ge, C/);
  });
});

describe('a progress file', () => {
  const labels = { energy: -1, forces: new Float64Array(6) };
  const key = labelKey(pairs(0, 0.1), { engine: 'test' });

  it('whose first line did not fit on the disk holds nothing: the same command begins anew', () => {
    const out = join(folder, 'o.xyz');
    const whole = LabelProgress.open(out, key, false);
    whole.add(0, labels, 'test');
    const text = readFileSync(whole.path, 'utf8');
    const head = text.slice(0, text.indexOf('\n'));
    for (const length of [0, 1, 20, head.length - 1]) {
      writeFileSync(whole.path, text.slice(0, length));
      const again = LabelProgress.open(out, key, false);
      expect(again.labels.size).toBe(0);
      again.add(1, labels, 'test');
      expect([...LabelProgress.open(out, key, true).labels.keys()]).toEqual([1]);
    }
    // what another program wrote is not touched
    writeFileSync(whole.path, 'my own notes');
    expect(() => LabelProgress.open(out, key, false)).toThrow(/another labelling run/);
  });

  it('says its name when its disk refuses it', () => {
    const nowhere = join(folder, 'missing', 'o.xyz');
    expect(() => LabelProgress.open(nowhere, key, false).add(0, labels, 'test')).toThrow(
      `${nowhere}.labelling`,
    );
  });
});
