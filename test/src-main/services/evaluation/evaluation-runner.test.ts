/** Predictions of a potential beside the reference of a dataset, as a job. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArrayFrame } from '../../../../src-compute/array-frame.ts';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import { answerData } from '../../../../src-main/api/data.ts';
import { Workspace } from '../../../../src-main/api/workspace.ts';

const model = lennardJonesModel('Ar', 0.0104, 3.4, 6);
const document = formatPotentialDocument({
  name: 'argon',
  model,
  metrics: {},
  provenance: { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} },
});

let folder: string;
let workspace: Workspace;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-evaluation-'));
  workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
});
afterAll(async () => {
  await workspace.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('evaluation', () => {
  it('keeps predictions of every configuration in order, and finds them again', async () => {
    const open = workspace.createNamed('evaluation');
    const distances = [3.5, 3.8, 4.4];
    writeFileSync(
      join(folder, 'pairs.xyz'),
      distances
        .map((r, k) => {
          const energy = k === 1 ? '' : `energy=${-0.01 * (k + 1)}`;
          return `2\nProperties=species:S:1:pos:R:3:forces:R:3 ${energy} pbc="F F F"\nAr 0 0 0 0.1 0 0\nAr ${r} 0 0 -0.1 0 0\n`;
        })
        .join(''),
    );
    await open.jobs.run(
      open.jobs.create('import', 'import', { files: [join(folder, 'pairs.xyz')], name: 'pairs' }),
    );
    const [dataset] = open.datasets.list();
    const potentialId = open.potentials.add({ name: 'LJ', form: 'lennard-jones', species: ['Ar'], document });
    const settings = { potentialId, datasetId: dataset.id };
    const job = await open.jobs.run(open.jobs.create('evaluate', 'evaluate', settings));
    const { analysisId } = job.result as { analysisId: number };
    const block = await answerData(workspace, `evaluations/${analysisId}`, new URLSearchParams());
    const frame = new ArrayFrame(block.buffer);
    distances.forEach((_, k) => {
      const expected = evaluateReference(model, open.datasets.store.configuration(dataset.id, k));
      expect(frame.f64('energyPredicted')[k]).toBeCloseTo(expected.energy / 2, 12);
      for (let i = 0; i < 6; i++) {
        expect(frame.f32('forcePredicted')[6 * k + i]).toBeCloseTo(expected.forces[i], 6);
      }
    });
    expect(frame.f64('energyReference')[0]).toBeCloseTo(-0.005, 12);
    // no label is not a label of zero
    expect(frame.f64('energyReference')[1]).toBeNaN();
    expect([...frame.u32('firstAtom')]).toEqual([0, 2, 4, 6]);
    expect(frame.texts('symbols')).toEqual(['Ar']);
    // curation does not change what was computed: the same result is found
    open.datasets.exclude(dataset.id, Uint32Array.of(2));
    const again = await open.jobs.run(open.jobs.create('evaluate', 'evaluate', settings));
    expect(again.result).toMatchObject({ analysisId });
  });

  it('has no data at addresses that do not exist', async () => {
    await expect(answerData(workspace, 'evaluations/999', new URLSearchParams())).rejects.toThrow(
      /not in the project/,
    );
    await expect(answerData(workspace, '../../etc/passwd', new URLSearchParams())).rejects.toThrow(/no data/);
    await expect(answerData(workspace, 'toString', new URLSearchParams())).rejects.toThrow(/no data/);
  });
});
