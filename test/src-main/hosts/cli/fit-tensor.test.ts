/** `forcewright fit --model tensor` as a user runs it, and what `evaluate` makes of its potentials. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parsePotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { partOf } from '../../../../src-compute/potentials/registry.ts';
import { formRequest } from '../../../../src-main/hosts/cli/fit-form-options.ts';
import { writeConfigurations } from '../../../../src-main/formats/index.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-tensor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cli = commandLine;

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const metrics = z.object({
  configurations: z.number(),
  energy_mae_mev_per_atom: z.number(),
  force_mae_ev_per_a: z.number(),
  virial_mae_mev_per_atom: z.number(),
});
const fitResult = z.object({
  potential: z.string(),
  parameters: z.number(),
  seconds: z.number(),
  iterations: z.number(),
  train: metrics,
  test: metrics.optional(),
  ridge: z.number(),
  degrees_of_freedom: z.number(),
  condition_number: z.number(),
  uncertainty: z.object({ force_z_rms: z.number(), configurations: z.number() }).optional(),
});

const truth = randomTensorRegression(['O', 'Si'], 61, { radialSize: 2, angularSize: 2 });
const data = labelledByTensor(truth, 36, 6);
await writeConfigurations(join(folder, 'train.xyz'), 'extxyz', data.slice(0, 30));
await writeConfigurations(join(folder, 'test.xyz'), 'extxyz', data.slice(30));
await writeConfigurations(join(folder, 'fewer.xyz'), 'extxyz', labelledByTensor(truth, 1, 5));
const SIZES = [
  '--cutoff',
  '4.6',
  '--min-dist',
  '1.7',
  '--radial',
  '2',
  '--angular',
  '2',
  '--angular-radial',
  '1',
];
const FILES = ['--train', 'train.xyz', '--test', 'test.xyz'];

function fit(out: string, ...more: string[]) {
  const { status, stdout, stderr } = run(
    'fit',
    '--model',
    'tensor',
    ...SIZES,
    ...FILES,
    '--out',
    out,
    '--json',
    ...more,
  );
  expect(stderr).not.toContain('Error');
  expect(status).toBe(0);
  const {
    model,
    provenance,
    metrics: kept,
  } = parsePotentialDocument(readFileSync(join(folder, out), 'utf8'));
  return { result: fitResult.parse(JSON.parse(stdout)), model, provenance, metrics: kept };
}

describe('fit --model tensor', () => {
  it('keeps the contract of fit, and evaluate gives the same errors', () => {
    const { result, model, provenance, metrics: kept } = fit('a.potential.json', '--uncertainty');
    expect(result.parameters).toBe(2 * ((11 * 12) / 2));
    expect(result.iterations).toBe(1);
    // made by a model of this form: found exactly, up to the ridge
    expect(result.test?.force_mae_ev_per_a).toBeLessThan(1e-2 * largestForce());
    expect(result.uncertainty?.configurations).toBe(6);
    expect(model.form).toBe('sum');
    expect(partOf(model, 'tensor-regression')?.head.kind).toBe('dense');
    expect(provenance.settings.form).toBe('tensor-regression');
    const { status, stdout } = run(
      'evaluate',
      '--potential',
      'a.potential.json',
      '--in',
      'test.xyz',
      '--json',
    );
    expect(status).toBe(0);
    const evaluated = metrics.parse(JSON.parse(stdout));
    expect(evaluated.force_mae_ev_per_a).toBeCloseTo(kept.test?.force_mae_ev_per_a ?? NaN, 10);
    expect(evaluated.energy_mae_mev_per_atom).toBeCloseTo(kept.test?.energy_mae_mev_per_atom ?? NaN, 6);
  });

  it('fits tensor trains, and goes on from nothing without a checkpoint left behind', () => {
    const { result, model } = fit(
      't.potential.json',
      '--rank',
      '3',
      '--bond-dimension',
      '2',
      '--sweeps',
      '6',
      '--zbl',
      'off',
    );
    const tensor = partOf(model, 'tensor-regression');
    expect(model.form).toBe('tensor-regression');
    expect(tensor?.head.kind === 'tensor-train' && Array.from(tensor.head.bonds)).toEqual([1, 2, 2, 1]);
    expect(result.parameters).toBe(2 * (11 * (2 + 4 + 2) + 1));
    expect(() => readFileSync(join(folder, 't.potential.json.checkpoint'))).toThrow('ENOENT');
  });

  it('fits per atom where atoms keep number and order, and says so where they do not', () => {
    const { result, model } = fit('p.potential.json', '--per-atom', '--rank', '1');
    expect(partOf(model, 'tensor-regression')?.mode).toBe('per-atom');
    expect(result.parameters).toBe(6 * 11);
    const { status, stderr } = run('evaluate', '--potential', 'p.potential.json', '--in', 'fewer.xyz');
    expect(status).toBe(1);
    expect(stderr).toContain('made for 6 atoms');
  });

  it('chooses sizes from the data', () => {
    const { status, stdout } = run(
      'fit',
      '--model',
      'tensor',
      '--cutoff',
      '4.6',
      ...FILES,
      '--out',
      's.json',
      '--json',
    );
    expect(status).toBe(0);
    const { train, parameters } = fitResult.parse(JSON.parse(stdout));
    // 30 × (1 + 6 + 18) labels
    expect(parameters).toBeLessThan(750 / 6);
    expect(train.configurations).toBe(30);
  });

  it('explains what it cannot do', () => {
    const cases: [string[], number, string][] = [
      [['--model', 'tensor', '--rank', '4'], 1, 'rank 1, 2 or 3'],
      [['--model', 'mtp', '--radial', '3'], 1, 'option of --model tensor'],
      [['--model', 'tensor', '--elements', 'none'], 2, 'one-hot or atomic-number'],
    ];
    for (const [args, code, sentence] of cases) {
      const { status, stderr } = run('fit', ...args, ...FILES, '--out', 'x.json');
      expect([args.join(' '), status, stderr]).toEqual([
        args.join(' '),
        code,
        expect.stringContaining(sentence),
      ]);
    }
  });

  it('refuses options without effect', () => {
    const tensor = (given: object) => () => formRequest('tensor-regression', { ...given });
    expect(tensor({ linear: true })).toThrow('option of --model mtp');
    expect(() => formRequest('moment-tensor', { bondDimension: 3 })).toThrow('option of --model tensor');
    expect(tensor({ sweeps: 3 })).toThrow('needs --bond-dimension');
    expect(tensor({ sweeps: 3, bondDimension: 'auto' })).not.toThrow();
    expect(tensor({ rank: 9 })).toThrow('should be 1 to 8');
    // what every --help shows with a default was always passed over by the other form
    expect(tensor({ level: 8, maxIterations: 3 })()).toEqual({ form: 'tensor-regression' });
  });
});

function largestForce(): number {
  let largest = 0;
  for (const { forces } of data) forces?.forEach((f) => (largest = Math.max(largest, Math.abs(f))));
  return largest;
}
