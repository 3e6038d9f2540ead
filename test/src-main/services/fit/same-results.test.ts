/**
 * Fits give the same numbers, to the last bit, whatever is moved about in the code: digests of the documents of small fits.
 * A change of method changes them; a change of structure must not.
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { crystal, ELEMENTAL } from '../../../../src-compute/fitting/repulsion/structures.ts';
import { modelToJson } from '../../../../src-compute/potentials/registry.ts';
import { uncertaintyToJson } from '../../../../src-compute/potentials/uncertainty.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';

const truth = randomTensorRegression(['O', 'Si'], 81, { radialSize: 3, angularSize: 2 });
const data = labelledByTensor(truth, 20, 4);
const own = labelledByTensor(randomTensorRegression(['Si'], 71, { radialSize: 2, angularSize: 2 }), 16, 4);
const test = [{ ...crystal(ELEMENTAL[0], ['Si'], 2.1), energy: -5 }];
const few = { radialSize: 2, angularSize: 1, angularRadial: 1 };

/** Requests as a job of an earlier version has them. */
const CASES: readonly (readonly [string, unknown, string])[] = [
  ['moment tensor, linear', { level: 6, linear: true, radialBasisSize: 6 }, 'e455c842ea39e29b'],
  [
    'moment tensor',
    { model: 'mtp', level: 4, radialBasisSize: 4, maximumIterations: 3, starts: 2, zbl: false },
    '370247ac55c51552',
  ],
  ['dense tensor', { model: 'tensor', tensor: few }, 'b8c2e260d3fb2c1d'],
  [
    'dense tensor by folds',
    { model: 'tensor', tensor: { ...few, ridgeChoice: 'cross-validation' }, zbl: false },
    '5c62e0643a064ac9',
  ],
  [
    'tensor train',
    { model: 'tensor', tensor: { ...few, rank: 3, bondDimension: 2, sweeps: 2 }, zbl: false },
    'a1113ccf99283c17',
  ],
  [
    'tensor per atom',
    { model: 'tensor', tensor: { ...few, rank: 1, perAtom: true }, zbl: false },
    '1c91cdab1fc78f38',
  ],
  [
    'search',
    {
      model: 'tensor',
      tensor: few,
      uncertainty: false,
      zbl: false,
      auto: { seconds: 1e6, trials: 3, fixed: ['cutoff'] },
    },
    'd9719a520219db19',
  ],
];

it.each(CASES)('%s', async (name, request, digest) => {
  const { document, train, parameters } = await runFit({
    name,
    train: setInMemory(name === 'tensor per atom' ? own : data),
    test: name === 'tensor per atom' ? undefined : setInMemory(test),
    request: fitRequestSchema.parse({ cutoff: 4, threads: 1, ...(request as object) }),
    data: [{ name: 'a.xyz', sha256: 'a', role: 'train' }],
  });
  const { model, metrics, uncertainty, provenance } = document;
  // times differ from run to run
  const report = Object.fromEntries(
    Object.entries(provenance.report).filter(([entry]) => entry !== 'seconds' && entry !== 'search'),
  );
  const text = JSON.stringify([
    modelToJson(model),
    metrics,
    uncertainty && uncertaintyToJson(uncertainty),
    report,
    train,
    parameters,
  ]);
  expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe(digest);
});
