/** Which parts of the training data are held out together. */
import { describe, expect, it } from 'vitest';
import {
  FOLDS,
  groupOf,
  partOfNumber,
  TRAINING_GROUPS,
  VALIDATION_GROUP,
} from '../../../../src-compute/fitting/fit-settings.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { dealGroups } from '../../../../src-main/services/fit/fit-data.ts';
import { fitRequestSchema, type FitRequestInput } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';

const truth = randomTensorRegression(['Si'], 21, { radialSize: 3, angularSize: 2 });

/** The same structures with their atoms in another order. */
function copies(data: readonly Configuration[]): Configuration[] {
  return data.map((c): Configuration => {
    const rows = (values: Float64Array) => {
      const order = Array.from(c.kinds.keys()).reverse();
      return Float64Array.from(order.flatMap((i) => Array.from(values.subarray(3 * i, 3 * i + 3))));
    };
    return { ...c, positions: rows(c.positions), forces: c.forces && rows(c.forces) };
  });
}

const request = (input: FitRequestInput) => fitRequestSchema.parse({ threads: 1, zbl: false, ...input });

describe('parts of the training data', () => {
  it('hold what is alike together, and validation is a share of every part of the data', () => {
    const single = labelledByTensor(truth, 60, 6);
    const run = Array.from({ length: 60 }, (_, step): Configuration => {
      const [start] = labelledByTensor(truth, 1, 6, 900);
      return { ...start, energy: step, positions: start.positions.map((x, k) => x + 0.02 * step * (k % 2)) };
    });
    const data = [...single, ...run, ...copies(single)];
    const numbers = dealGroups({ train: setInMemory(data), request: request({ level: 8 }) }, true);
    const parts = numbers.map(partOfNumber);
    single.forEach((_, k) => expect(parts[k]).toBe(parts[120 + k]));
    // a run is cut into pieces of a sixteenth of the data
    const longest = Math.floor(180 / 16);
    for (let k = 0; k < 60; k++) expect(parts[60 + k]).toBe(parts[60 + k - (k % longest)]);
    for (let part = 0; part < FOLDS; part++) {
      expect(parts.filter((p) => p === part).length).toBeGreaterThan(30);
    }
    const groups = numbers.map(groupOf);
    const count = (group: number) => groups.filter((g) => g === group).length;
    expect(count(VALIDATION_GROUP)).toBe(18);
    for (let group = 0; group < TRAINING_GROUPS; group++) {
      expect(Math.abs(count(group) - 20.25)).toBeLessThan(1);
    }
  });

  it('predict errors as large where every structure is there three times', async () => {
    const random = new Random(4);
    const noisy = labelledByTensor(truth, 30, 6).map((c) => ({
      ...c,
      energy: (c.energy ?? 0) + 0.3 * random.normal(),
      forces: undefined,
      virial: undefined,
    }));
    const test = labelledByTensor(truth, 60, 6, 5000).map((c) => ({
      ...c,
      forces: undefined,
      virial: undefined,
    }));
    const tensor = { radialSize: 3, angularSize: 2, angularRadial: 1 };
    const fit = async (train: readonly Configuration[]) =>
      await runFit({
        name: 'copies',
        train: setInMemory(train),
        test: setInMemory(test),
        request: request({ form: 'tensor-regression', cutoff: truth.cutoff, ...tensor }),
        data: [],
      });
    const once = await fit(noisy);
    const thrice = await fit([...noisy, ...copies(noisy), ...noisy]);
    // what was seen in another copy is no test: dealt one by one, errors are 2.7 times as many predicted deviations
    const [z, ofCopies] = [once, thrice].map(({ coverage }) => coverage?.energy_z_rms ?? NaN);
    expect(z).toBeLessThan(1.5);
    expect(ofCopies / z).toBeLessThan(1.5);
    // where all structures are one there is nothing to hold out
    const same = await fit(Array.from({ length: 8 }, () => noisy[0]));
    expect(same.coverage).toBeUndefined();
    expect(same.warnings.join()).toMatch(/too few to hold a part of them out/);
  });
});
