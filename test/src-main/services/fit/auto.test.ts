/** A search of settings before a fit, with real workers on data of a known potential. */
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../../../src-compute/errors.ts';
import type { FitCheckpoint } from '../../../../src-compute/fitting/fit-settings.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { dealAlike } from '../../../../src-main/services/fit/auto/held-out-groups.ts';
import { searchSettings } from '../../../../src-main/services/fit/auto/search.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../src-main/services/fit/fit-runner.ts';
import { fitRequestSchema, type FitRequestInput } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit, type FitInput } from '../../../../src-main/services/fit/fit-service.ts';
import { methodsText } from '../../../../src-main/services/export/methods-text.ts';
import {
  parsePotentialDocument,
  formatPotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';

const truth = randomTensorRegression(['Si'], 21, { radialSize: 3, angularSize: 2 });
const data = labelledByTensor(truth, 40, 6);

function inputOf(request: FitRequestInput, train: readonly Configuration[] = data): FitInput {
  return {
    name: 'searched',
    train: setInMemory(train),
    test: setInMemory(labelledByTensor(truth, 5, 6, 900)),
    request: fitRequestSchema.parse({ zbl: false, threads: 1, uncertainty: false, ...request }),
    data: [],
  };
}
/** The search that is asked for. */
function searchOf({ request }: FitInput) {
  return ('auto' in request && request.auto) || expect.fail('a search is asked for');
}
const tensor = {
  form: 'tensor-regression',
  cutoff: 4,
  ...{ radialSize: 3, angularSize: 2, angularRadial: 1 },
} as const;

// threads have to start, on a machine that may be busy
describe('fit --auto', { timeout: 400_000 }, () => {
  it('keeps identical structures on one side, whatever the order of their atoms', () => {
    const turned = data.map((c): Configuration => {
      const order = Array.from(c.kinds.keys()).reverse();
      const rows = (values: Float64Array) =>
        Float64Array.from(order.flatMap((i) => Array.from(values.subarray(3 * i, 3 * i + 3))));
      return { ...c, positions: rows(c.positions), forces: c.forces && rows(c.forces) };
    });
    const groups = dealAlike(setInMemory([...data, ...turned]), 1);
    data.forEach((_, k) => expect(groups[k]).toBe(groups[k + data.length]));
    for (let group = 0; group < 8; group++)
      expect(Math.abs(groups.filter((g) => g === group).length - 10)).toBeLessThanOrEqual(2);
  });

  it('keeps neighbouring frames of a run on one side, a single run in pieces, and runs apart that share a structure', () => {
    const [first, second] = labelledByTensor(truth, 2, 6, 700);
    // a run: every atom goes on by up to 0.05 Å a frame, through the walls of the cell
    const run = (start: Configuration, length: number): Configuration[] =>
      Array.from({ length }, (_, step) => ({
        ...start,
        energy: step,
        forces: undefined,
        positions: start.positions.map(
          (x, k) =>
            x + 0.05 * step * Math.sin(k) + (step % 3 === 1 ? start.cell[0] : 0) * (k % 3 === 0 ? 1 : 0),
        ),
      }));
    const single = dealAlike(setInMemory(run(first, 64)), 3);
    // pieces of four frames, each on one side
    for (let k = 0; k < 64; k++) expect(single[k]).toBe(single[k - (k % 4)]);
    expect(new Set(single).size).toBe(8);
    const runs = [...run(first, 30), ...run(second, 30), ...data];
    const several = dealAlike(setInMemory(runs), 3);
    for (const start of [0, 30]) {
      for (let k = 0; k < 30; k++) expect(several[start + k]).toBe(several[start + k - (k % 6)]);
    }
    // another seed, the same sets
    const again = dealAlike(setInMemory(runs), 4);
    for (let k = 0; k < 60; k++) expect(again[k]).toBe(again[k - (k % 6)]);
    // structures of their own are dealt one by one
    expect(new Set(several.slice(60)).size).toBeGreaterThan(5);
  });

  it('counts what trials and steps cost: no clock has a part in what is chosen', async () => {
    const model = (level: number) =>
      ({ form: 'moment-tensor', level, cutoff: 4, radialBasisSize: 4 }) as const;
    const auto = { seconds: 1e6, fixed: ['cutoff', 'weights'] as ('cutoff' | 'weights')[] };
    const search = async (request: FitRequestInput) => {
      const input = inputOf(request);
      return (await searchSettings(input, searchOf(input), {})).report;
    };
    const [once, twice] = [
      await search({ ...tensor, auto: { seconds: 1e6, trials: 2 } }),
      await search({ ...tensor, auto: { seconds: 1e6, trials: 2 } }),
    ];
    expect(twice.trials).toEqual(once.trials);
    expect(twice.reason).toBe(once.reason);
    const levels = (await search({ ...model(8), auto: { ...auto, trials: 3 } })).trials;
    const costs = levels.map(({ point, cost }) => ({ level: point.level!, cost: cost! }));
    costs.sort((a, b) => a.level - b.level);
    costs.forEach(({ cost }, k) => expect(cost).toBeGreaterThan(costs[k - 1]?.cost ?? 0));
    // a budget that is spent ends the search after the same trials, however long they took
    const budget = { seconds: 0.02, fixed: [] };
    const [a, b] = [await search({ ...tensor, auto: budget }), await search({ ...tensor, auto: budget })];
    expect(a.ended).toBe('time');
    expect(b.trials).toEqual(a.trials);
  });

  it('finds the cutoff of the potential that made the data, by the same trials every time, and tells of it', async () => {
    const input = inputOf({ ...tensor, auto: { seconds: 1e6, trials: 8, maximumCost: 1e9 } });
    const checkpoints: FitCheckpoint[] = [];
    const outcome = await runFit(input, { onCheckpoint: (checkpoint) => checkpoints.push(checkpoint) });
    const { search, document } = outcome;
    const withoutCosts = (trials: NonNullable<typeof search>['trials']) =>
      trials.map((trial) => ({ ...trial, cost: null }));
    expect(search?.trials.length).toBeGreaterThan(5);
    expect(search?.trials.length).toBeLessThanOrEqual(8);
    const first = search!.trials[0];
    const chosen = search!.trials.find(({ number }) => number === search!.chosen)!;
    expect(chosen.energy! * chosen.force!).toBeLessThanOrEqual(first.energy! * first.force!);
    expect(document.model.cutoff).toBe(chosen.point.cutoff);
    // in the document, and in words
    const back = parsePotentialDocument(formatPotentialDocument(document));
    expect(back.provenance.report.search).toEqual(JSON.parse(JSON.stringify(search)));
    expect(methodsText(back).paragraph).toContain('configurations held out of the training data');
    // a search that was stopped goes on with what it knows, to the same trials
    const half = checkpoints.find(({ known }) => known?.trials.length === 3)!;
    const resume = decodeCheckpoint(encodeCheckpoint(half))!;
    let tried = 0;
    const again = await searchSettings(input, searchOf(input), { onCheckpoint: () => tried++ }, resume.known);
    expect(withoutCosts(again.report.trials)).toEqual(withoutCosts(search!.trials));
    expect(tried).toBe(search!.trials.length - 3);
  });

  it('never looks at the test part', async () => {
    const auto = { seconds: 1e6, trials: 4, maximumCost: 1e9 };
    const plain = inputOf({ ...tensor, auto });
    const errors = async (input: FitInput) =>
      (await searchSettings(input, searchOf(input), {})).report.trials.map(({ energy, force }) => [
        energy,
        force,
      ]);
    const spoilt = setInMemory(labelledByTensor(truth, 5, 6, 900).map((c) => ({ ...c, energy: 1e6 })));
    expect(await errors({ ...plain, test: spoilt })).toEqual(await errors(plain));
  });

  it('leaves alone what the user has fixed, and can be cancelled', async () => {
    const fixed = { seconds: 1e6, fixed: ['cutoff', 'sizes', 'weights'] as const };
    const input = inputOf({ ...tensor, auto: { ...fixed, fixed: [...fixed.fixed] } });
    const { report } = await searchSettings(input, searchOf(input), {});
    expect(report.trials.length).toBe(1);
    const controller = new AbortController();
    controller.abort();
    await expect(searchSettings(input, searchOf(input), { signal: controller.signal })).rejects.toThrow(
      CancelledError,
    );
  });

  it('tries moment tensors by short fits, and keeps the level without a limit of cost', async () => {
    const request = { form: 'moment-tensor', level: 12, cutoff: 4, radialBasisSize: 4 } as const;
    const input = inputOf({ ...request, auto: { seconds: 1e6, trials: 5, fixed: ['cutoff', 'weights'] } });
    const { report, request: found } = await searchSettings(input, searchOf(input), {});
    expect(report.trials.map(({ point }) => point.level)).toEqual([12, 8, 16]);
    expect(found).toMatchObject({ level: 12, auto: undefined });
    expect(report.reason).toContain('The level stays as it was asked for');
  });
});
