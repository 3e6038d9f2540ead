/** `forcewright grade`, from files to a file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { generateMomentGraph } from '../../../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../../../src-compute/potentials/moment-tensor/model.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { register } from '../../../../src-main/hosts/cli/commands/grade.ts';
import { savePotential } from '../../../../src-main/services/potentials/potential-file.ts';
import { randomConfiguration } from '../../../support/physics.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grade-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = 0;
  vi.restoreAllMocks();
});

async function grade(...args: string[]) {
  let [out, err] = ['', ''];
  vi.spyOn(console, 'log').mockImplementation((text) => void (out += String(text)));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(console, 'error').mockImplementation((text) => void (err += String(text)));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  const program = new Command('forcewright').exitOverride();
  register(program);
  try {
    await program.parseAsync(['grade', ...args], { from: 'user' });
  } finally {
    vi.restoreAllMocks();
  }
  return { out, err };
}

const graph = generateMomentGraph({ level: 6 });
const model: MomentTensorModel = {
  ...{ form: 'moment-tensor', species: ['Si'], cutoff: 5, minimumDistance: 1.8, scaling: 0.1 },
  ...{ radialBasisSize: 4, speciesCoefficients: Float64Array.of(-1) },
  radialCoefficients: Float64Array.from({ length: graph.radialFunctionCount * 4 }, (_, k) => Math.cos(k)),
  momentCoefficients: Float64Array.from({ length: graph.scalarMoments.length }, (_, k) => Math.sin(k + 1)),
  ...graph,
};
const provenance = { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} };
const training = Array.from({ length: 10 }, (_, k) => randomConfiguration(['Si'], 6, 6, 2.2, k + 1));

describe('forcewright grade', () => {
  it('grades what the data have at most 1, and writes the grade of every atom', async () => {
    await savePotential(at('p.potential.json'), { name: 'p', model, metrics: {}, provenance });
    await writeConfigurations(at('train.xyz'), 'extxyz', training);
    const squeezed = randomConfiguration(['Si'], 6, 4.6, 1.85, 99);
    await writeConfigurations(at('in.xyz'), 'extxyz', [training[3], squeezed]);
    const files = ['--potential', at('p.potential.json'), '--train', at('train.xyz'), '--in', at('in.xyz')];
    const { out } = await grade(...files, '--out', at('out.xyz'), '--json');
    const result = JSON.parse(out) as { grades: number[]; max: number; above_2: number; members: number };
    expect(result.grades[0]).toBeLessThan(1.01);
    expect(result.grades[1]).toBeGreaterThan(2);
    expect(result.max).toBe(result.grades[1]);
    expect(result.above_2).toBeGreaterThan(0);
    expect(result.members).toBeGreaterThan(5);
    const written = await readConfigurations(at('out.xyz'));
    const columns = written.map((frame) => frame.atomColumns?.find(({ name }) => name === 'grade')?.values);
    expect(columns[1]).toHaveLength(6);
    expect(Math.max(...Array.from(columns[1] as Float64Array))).toBeCloseTo(result.max, 5);
    const words = await grade(...files, '--mode', 'configuration', '--out', at('none.xyz'));
    expect(words.out).toMatch(/Active set: \d+ structures for \d+ parameters/);
    expect(words.err).toMatch(/no column of atoms/);
    await expect(grade('--potential', at('p.potential.json'), '--in', at('in.xyz'))).rejects.toThrow(
      /does not keep them/,
    );
  });

  it('says why a potential without fitted parameters has no grades', async () => {
    await savePotential(at('sw.json'), {
      name: 'sw',
      model: stillingerWeberSilicon(),
      metrics: {},
      provenance,
    });
    await writeConfigurations(at('train.xyz'), 'extxyz', training);
    await expect(
      grade('--potential', at('sw.json'), '--train', at('train.xyz'), '--in', at('train.xyz')),
    ).rejects.toThrow(/grades need the parameters/);
  });
});
