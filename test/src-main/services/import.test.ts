import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { writeConfigurations } from '../../../src-main/formats/index.ts';
import { importResult, type ImportSettings } from '../../../src-main/services/datasets/import-runner.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import { flagNames } from '../../../src-main/store/configuration-row.ts';
import { Project } from '../../../src-main/store/project.ts';
import { crystal, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = temporaryFolder();
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });

async function importInto(project: Project, settings: ImportSettings, signal?: AbortSignal) {
  const service = new JobService(project);
  const id = service.create('import', 'import', JSON.parse(JSON.stringify(settings)));
  const job = await service.run(id, signal);
  return {
    job,
    datasets: importResult.parse(job.result).datasets,
    log: service.log(id).map((line) => line.text),
  };
}

async function file(name: string, configurations: readonly Configuration[]): Promise<string> {
  const path = join(folder, name);
  await writeConfigurations(path, 'extxyz', configurations);
  return path;
}

/** Text of a file with good frames and one that is not. */
function withBadFrame(bad: string): string {
  const good =
    'Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3:forces:R:3 energy=-8.1 pbc="T T T"';
  const frame = (shift: number) => `2\n${good}\nSi 0 0 0 0.1 0 0\nSi ${2.3 + shift} 0 0 -0.1 0 0\n`;
  return frame(0) + bad + frame(0.1);
}

describe('import', () => {
  it('keeps every configuration, plain or compressed, with notes where it came from', async () => {
    using project = newProject();
    const originals = Array.from({ length: 12 }, (_, k) =>
      crystal(2, k, { config_type: k < 6 ? 'bulk' : 'liquid' }),
    );
    const path = await file('plain.xyz', originals);
    const zipped = `${path}.gz`;
    writeFileSync(zipped, gzipSync(readFileSync(path)));
    const { datasets } = await importInto(project, {
      files: [path, zipped],
      split: 'random:0.25',
      seed: 4,
      reference: 'PBE',
    });
    expect(datasets).toMatchObject([
      { name: 'plain', configurations: 12, atoms: 96, skipped: 0, warnings: 0 },
      { name: 'plain (2)' },
    ]);
    const service = new DatasetService(project);
    for (const { id } of datasets) {
      const stored = [...service.store.stream(id)].map((item) => item.configuration);
      stored.forEach((configuration, k) => {
        expect(configuration.positions).toEqual(originals[k].positions);
        expect(configuration.forces).toEqual(originals[k].forces);
        expect(configuration.virial).toEqual(originals[k].virial);
        expect(configuration.energy).toBe(originals[k].energy);
      });
      expect(service.store.parts(id)).toEqual({ test: 3, train: 9 });
      expect(service.get(id)).toMatchObject({
        reference: 'PBE',
        split: { method: 'random', seed: 4, fractions: { test: 0.25 } },
      });
    }
    expect(service.get(datasets[0].id).hash).toBe(service.get(datasets[1].id).hash);
    expect(service.get(datasets[0].id).source).toMatchObject({
      files: [{ path, bytes: readFileSync(path).length }],
    });
    expect(service.store.row(datasets[0].id, 11)).toMatchObject({ sourceFrame: 11, sourceLine: 1 + 11 * 10 });
  });

  it('merges files into one dataset on request, under the name that was given', async () => {
    using project = newProject();
    const files = [await file('a.xyz', [crystal(2, 1)]), await file('b.xyz', [crystal(2, 2), crystal(2, 3)])];
    const { datasets } = await importInto(project, { files, merge: true, name: 'both' });
    expect(datasets).toMatchObject([{ name: 'both', configurations: 3 }]);
    const rows = new DatasetService(project).store.rows(datasets[0].id);
    expect(rows.map((row) => [row.sourceFile, row.sourceFrame])).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
  });

  const head =
    'Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3:forces:R:3 energy=-8.1 pbc="T T T"';
  const bad: [string, string][] = [
    ['a number that is none', `2\n${head}\nSi 0 0 0 0.1 0 0\nSi 2.3 0 **** -0.1 0 0\n`],
    ['a position that is NaN', `2\n${head}\nSi 0 0 0 0.1 0 0\nSi NaN 0 0 -0.1 0 0\n`],
    ['two atoms in one place', `2\n${head}\nSi 0 0 0 0.1 0 0\nSi 10 0 0 -0.1 0 0\n`],
    ['an unknown element', `2\n${head}\nSi 0 0 0 0.1 0 0\nQq 2.3 0 0 -0.1 0 0\n`],
    [
      'a cell without volume',
      `2\n${head.replace('0 0 10"', '0 10 0"')}\nSi 0 0 0 0.1 0 0\nSi 2.3 0 0 -0.1 0 0\n`,
    ],
  ];
  it.each(bad)('stops at %s with file, frame and line, and keeps nothing', async (_name, text) => {
    using project = newProject();
    const path = join(folder, 'bad.xyz');
    writeFileSync(path, withBadFrame(text));
    const failure: unknown = await importInto(project, { files: [path] }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ForcewrightError);
    expect((failure as ForcewrightError).message).toMatch(/bad\.xyz, frame 1, line [4-8]: /);
    expect((failure as ForcewrightError).remedy).toContain('--skip-bad');
    expect(new DatasetService(project).list()).toEqual([]);
    expect(new JobService(project).list()).toMatchObject([
      { state: 'failed', error: { message: (failure as Error).message } },
    ]);
  });

  it.each(bad)('leaves %s out with skipBad, and says so', async (_name, text) => {
    using project = newProject();
    const path = join(folder, 'bad.xyz');
    writeFileSync(path, withBadFrame(text));
    const { datasets, log } = await importInto(project, { files: [path], skipBad: true });
    expect(datasets).toMatchObject([{ configurations: 2, skipped: 1 }]);
    expect(log[0]).toMatch(/bad\.xyz, frame 1, line [4-8]: /);
    const service = new DatasetService(project);
    expect(service.store.rows(datasets[0].id).map((row) => row.sourceFrame)).toEqual([0, 2]);
    expect(service.get(datasets[0].id).findings).toMatchObject([{ severity: 'error', frame: 1 }]);
  });

  it('imports none of several files when one of them is bad', async () => {
    using project = newProject();
    const good = await file('good.xyz', [crystal(2, 1)]);
    const path = join(folder, 'bad.xyz');
    writeFileSync(path, withBadFrame(bad[0][1]));
    await expect(importInto(project, { files: [good, path] })).rejects.toThrow(/bad\.xyz, frame 1/);
    expect(new DatasetService(project).list()).toEqual([]);
  });

  it('warns of missing labels and of units that do not fit together', async () => {
    using project = newProject();
    const spring = 3;
    // two atoms on a spring, moved step by step: E = ½ k x², F = −k x
    const steps = Array.from({ length: 12 }, (_, k): Configuration => {
      const x = 0.3 - 0.05 * k;
      return {
        symbols: ['Si'],
        kinds: new Uint16Array(2),
        positions: Float64Array.of(0, 0, 0, 2.3 + x, 0, 0),
        cell: Float64Array.of(12, 0, 0, 0, 12, 0, 0, 0, 12),
        periodic: [true, true, true],
        energy: -10 + 0.5 * spring * x * x,
        forces: Float64Array.of(spring * x, 0, 0, -spring * x, 0, 0),
      };
    });
    const right = await importInto(project, { files: [await file('right.xyz', steps)] });
    expect(right.datasets[0].warnings).toBe(0);
    const hartree = steps.map((step) => ({ ...step, forces: step.forces?.map((force) => force / 51.422) }));
    const wrong = await importInto(project, { files: [await file('hartree.xyz', hartree)] });
    expect(wrong.log.join('\n')).toMatch(/hartree/i);
    const unlabelled = steps.map((step, k) => (k < 5 ? { ...step, energy: undefined } : step));
    const missing = await importInto(project, { files: [await file('missing.xyz', unlabelled)] });
    expect(missing.log.join('\n')).toContain('5 of 12 have no energy');
  });

  it('flags a calculation that did not converge, and keeps it', async () => {
    using project = newProject();
    const output = join(repositoryRoot, 'test', 'references', 'formats', 'espresso', 'unconverged.out');
    const { datasets } = await importInto(project, { files: [output] });
    expect(datasets).toMatchObject([{ configurations: 1, skipped: 0 }]);
    const service = new DatasetService(project);
    expect(flagNames(service.store.row(datasets[0].id, 0).flags)).toEqual(['warning']);
    expect(service.store.flagMessages(datasets[0].id, 0)[0].message).toContain('converged');
  });

  it('ends in good order when it is cancelled, and keeps nothing', async () => {
    using project = newProject();
    const path = await file(
      'long.xyz',
      Array.from({ length: 400 }, (_, k) => crystal(3, k)),
    );
    const controller = new AbortController();
    const service = new JobService(project);
    const id = service.create('import', 'import', { files: [path] });
    service.watch(() => controller.abort());
    await expect(service.run(id, controller.signal)).rejects.toBeInstanceOf(CancelledError);
    expect(service.get(id).state).toBe('cancelled');
    expect(new DatasetService(project).list()).toEqual([]);
    // and can be done again
    expect((await service.run(id)).state).toBe('done');
    expect(new DatasetService(project).get('long').configurationCount).toBe(400);
  });

  it('says what is wrong with the request before it reads anything', async () => {
    using project = newProject();
    const path = await file('a.xyz', [crystal(2, 1)]);
    await expect(importInto(project, { files: [path, join(folder, 'none.xyz')] })).rejects.toThrow(
      /none\.xyz cannot be read/,
    );
    await expect(importInto(project, { files: [path], split: 'random:2' })).rejects.toThrow(
      /shares of a split/,
    );
    await expect(importInto(project, { files: [path], format: 'nonsense' })).rejects.toThrow(
      ForcewrightError,
    );
    await expect(importInto(project, { files: [folder] })).rejects.toThrow(ForcewrightError);
    writeFileSync(join(folder, 'empty.xyz'), '');
    await expect(importInto(project, { files: [join(folder, 'empty.xyz')] })).rejects.toThrow(/empty/);
    expect(new DatasetService(project).list()).toEqual([]);
  });

  it('never half-imports a file that was changed at random', async () => {
    using project = newProject();
    const text = readFileSync(await file('whole.xyz', [crystal(2, 1), crystal(2, 2), crystal(2, 3)]));
    const service = new DatasetService(project);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.nat(text.length),
        fc.boolean(),
        async (changes, end, cut) => {
          const bytes = Buffer.from(text);
          for (const [at, byte] of changes) bytes[at] = byte;
          const path = join(folder, 'mutated.xyz');
          writeFileSync(path, cut ? bytes.subarray(0, end) : bytes);
          try {
            const { datasets } = await importInto(project, { files: [path] });
            const [dataset] = datasets;
            expect([...service.store.stream(dataset.id)].length).toBe(dataset.configurations);
            service.store.remove(dataset.id);
          } catch (error) {
            if (!(error instanceof ForcewrightError)) throw error;
            expect(error.message).not.toBe('');
          }
          expect(service.list()).toEqual([]);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });
});
