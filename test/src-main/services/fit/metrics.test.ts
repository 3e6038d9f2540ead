/** Errors that a fit reports are those of the potential that it hands over. */
import { expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { MetricsSum } from '../../../../src-compute/fitting/metrics.ts';
import { crystal, ELEMENTAL } from '../../../../src-compute/fitting/repulsion/structures.ts';
import type { Metrics } from '../../../../src-compute/potentials/document.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { fitRequestSchema, type FitRequestInput } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';

function measured(model: PotentialModelBase, configurations: readonly Configuration[]): Metrics {
  const sum = new MetricsSum();
  for (const c of configurations) {
    sum.add(c.kinds.length, evaluateReference(model, c), c);
  }
  return sum.result();
}

/** The structures with all lengths at a factor; labels are kept, whatever they are. */
const squeezed = (configurations: readonly Configuration[], factor: number) =>
  configurations.map((c) => ({
    ...c,
    positions: c.positions.map((x) => x * factor),
    cell: c.cell.map((x) => x * factor),
  }));

it.each<[string, string[], FitRequestInput]>([
  ['moment tensor', ['O', 'Si'], { level: 4, linear: true }],
  [
    'tensor regression',
    ['Si'],
    { form: 'tensor-regression', radialSize: 3, angularSize: 2, angularRadial: 1 },
  ],
])('%s: test structures inside the repulsion count with it', async (_, species, request) => {
  const train = labelledByTensor(randomTensorRegression(species, 81, { radialSize: 3, angularSize: 2 }), 24);
  // inside the hand-over, below it, and crowded without being close
  const test = [
    ...squeezed(train.slice(0, 3), 0.9),
    ...squeezed(train.slice(3, 5), 0.7),
    { ...crystal(ELEMENTAL[0], ['Si'], 2.1), energy: -5 },
  ];
  const {
    document,
    train: onTrain,
    test: onTest,
  } = await runFit({
    name: 'm',
    train: setInMemory(train),
    test: setInMemory(test),
    request: fitRequestSchema.parse({ cutoff: 4.6, threads: 1, ...request }),
    data: [],
  });
  const reported = { train: onTrain, test: onTest };
  for (const [part, structures] of [
    ['train', train],
    ['test', test],
  ] as const) {
    for (const [name, value] of Object.entries(measured(document.model, structures))) {
      const wanted = Number(value);
      const found = reported[part]?.[name as keyof Metrics] ?? NaN;
      const size = Math.max(1e-3, Math.abs(wanted));
      expect(Math.abs(found - wanted) / size, `${part} ${name}`).toBeLessThan(1e-8);
    }
  }
  // the repulsion is most of it
  expect(onTest?.energy_rmse_mev_per_atom).toBeGreaterThan(10 * (onTrain.energy_rmse_mev_per_atom ?? NaN));
});
