/** Tensor-regression fits as jobs of a project. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { partOf } from '../../../../src-compute/potentials/registry.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../src-main/services/fit/fit-runner.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { PotentialRepository } from '../../../../src-main/store/potentials.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { addDataset, temporaryFolder } from '../../../support/project.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';

const folder = temporaryFolder();
const truth = randomTensorRegression(['Si'], 71, { radialSize: 2, angularSize: 2 });

describe('fit jobs of tensor-regression potentials', () => {
  it('keep the potential with the project, its sizes with its settings, and the curve of a train', async () => {
    using project = Project.open(join(folder, 'fits.fwproj'), { create: true });
    const datasetId = addDataset(project, 'Si', labelledByTensor(truth, 20));
    using service = new JobService(project);
    const tensor = { radialSize: 2, angularSize: 2, angularRadial: 1 };
    const request = { model: 'tensor', cutoff: 4.6, threads: 1, tensor };
    const run = async (more: object) => {
      const job = await service.run(
        service.create('fit', 'Fit', { datasetId, request: { ...request, ...more } }),
      );
      expect(job.state).toBe('done');
      const { potentialId } = job.result as { potentialId: number };
      const potentials = new PotentialRepository(project);
      return { job, kept: potentials.get(potentialId), text: potentials.document(potentialId) };
    };
    const dense = await run({});
    expect(dense.kept).toMatchObject({ name: 'Si tensor rank 2', form: 'sum' });
    expect(parsePotentialDocument(dense.text).provenance.settings).toMatchObject({
      form: 'tensor-regression',
      ...tensor,
    });
    const train = await run({ tensor: { ...tensor, rank: 3, bondDimension: 2, sweeps: 4 } });
    expect(train.kept.name).toBe('Si tensor train rank 3');
    expect(partOf(parsePotentialDocument(train.text).model, 'tensor-regression')?.head.kind).toBe(
      'tensor-train',
    );
    expect(train.job.result).toMatchObject({ parameters: 5 * 8 + 1 });
  });

  it('keep every digit of a checkpoint', () => {
    const checkpoint = {
      stage: 'sweep',
      sweep: 7,
      bonds: [1, 2, 1],
      cores: [Math.PI, 1 / 3, -2e-17],
      constants: [-5.4],
      ridge: 1e-7,
      unit: 3.3,
      chi: 2,
      bestValidation: null,
      passes: 31,
    } as const;
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
    // one that was changed is none; those of versions before had no digest
    const text = Buffer.from(encodeCheckpoint(checkpoint)).toString();
    const other = text.replace(/"passes":\d/, '"passes":9');
    expect(other).not.toBe(text);
    expect(decodeCheckpoint(Buffer.from(other))).toBeUndefined();
    expect(decodeCheckpoint(Buffer.from(JSON.stringify(checkpoint)))).toEqual(checkpoint);
  });
});
