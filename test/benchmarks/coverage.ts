/**
 * How often predicted standard deviations hold the errors that are made: fits of silicon and molybdenum on data of the
 * mlearn splits, each tried on its held-out test part and on fifths of the training data that take turns in being held
 * out; and block averages of autoregressive series of 10, 25, 100 and 1000 independent samples by seeds. Minutes.
 *
 *   node test/benchmarks/coverage.ts [--elements Si,Mo] [--models mtp,tensor,train] [--level 8] [--parts 5] [--seeds 400]
 */
import { parseArgs } from 'node:util';
import type { Coverage } from '../../src-compute/fitting/uncertainty/predicted.ts';
import { Random } from '../../src-compute/sampling/random.ts';
import { estimateOf, meanOfSamples } from '../../src-compute/sampling/mean-error.ts';
import type { ConfigurationSet } from '../../src-compute/fitting/data/configuration-set.ts';
import { setInMemory } from '../../src-compute/fitting/data/configuration-set.ts';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../src-main/services/fit/fit-service.ts';
import { openSet } from '../../src-main/services/fit/open-set.ts';
import { sharedPath } from '../support/shared.ts';

const { values } = parseArgs({
  options: {
    elements: { type: 'string', default: 'Si,Mo' },
    models: { type: 'string', default: 'mtp,tensor,train' },
    level: { type: 'string', default: '8' },
    parts: { type: 'string', default: '5' },
    seeds: { type: 'string', default: '400' },
  },
});
const level = Number(values.level);
const REQUESTS: Readonly<Record<string, object>> = {
  mtp: { form: 'moment-tensor', level },
  tensor: { form: 'tensor-regression' },
  train: {
    form: 'tensor-regression',
    ...{ radialSize: 6, angularSize: 4, angularRadial: 2, rank: 3, bondDimension: 2 },
  },
};

const percent = (share: number | null) => (share === null ? '–' : (100 * share).toFixed(0));

function line(what: string, { energy, force }: { energy: number[]; force: number[] }): void {
  const [e1, e2, f1, f2] = [...energy, ...force].map((share) => share.toFixed(0));
  console.log(`  ${what}: energies ${e1} and ${e2} %, forces ${f1} and ${f2} % within 1σ and 2σ`);
}

async function coverageOf(train: ConfigurationSet, test: ConfigurationSet, model: string): Promise<Coverage> {
  const request = fitRequestSchema.parse(REQUESTS[model]);
  const outcome = await runFit({ name: model, train, test, request, data: [] });
  if (!outcome.coverage) throw new Error(`no coverage: ${outcome.warnings.join(' ')}`);
  return outcome.coverage;
}

for (const element of values.elements.split(',').filter(Boolean)) {
  await using trainFile = await openSet([sharedPath('data', `${element}_train.xyz`)]);
  await using testFile = await openSet([sharedPath('data', `${element}_test.xyz`)]);
  const all = trainFile.set.range(0, trainFile.set.count);
  for (const model of values.models.split(',')) {
    console.log(`${element}, ${model}`);
    const published = await coverageOf(trainFile.set, testFile.set, model);
    const { energy_within_1_sigma: e1, energy_within_2_sigma: e2 } = published;
    const { force_within_1_sigma: f1, force_within_2_sigma: f2 } = published;
    console.log(
      `  published split: energies ${percent(e1)} and ${percent(e2)} %, forces ${percent(f1)} and ${percent(f2)} % within 1σ and 2σ`,
    );
    const parts = Number(values.parts);
    const sum = { energy: [0, 0], force: [0, 0] };
    for (let part = 0; part < parts; part++) {
      const held = all.filter((_, k) => k % parts === part);
      const rest = all.filter((_, k) => k % parts !== part);
      const found = await coverageOf(setInMemory(rest), setInMemory(held), model);
      sum.energy[0] += (100 * (found.energy_within_1_sigma ?? 0)) / parts;
      sum.energy[1] += (100 * (found.energy_within_2_sigma ?? 0)) / parts;
      sum.force[0] += (100 * (found.force_within_1_sigma ?? 0)) / parts;
      sum.force[1] += (100 * (found.force_within_2_sigma ?? 0)) / parts;
    }
    if (parts > 0) line(`${parts} parts of the training data in turn`, sum);
  }
}

// x_t = φ x_{t−1} + √(1 − φ²) ξ: N samples are worth N (1 − φ)/(1 + φ)
const phi = 0.9;
for (const independent of [10, 25, 100, 1000]) {
  const length = Math.round((independent * (1 + phi)) / (1 - phi));
  let [one, two] = [0, 0];
  const seeds = Number(values.seeds);
  for (let seed = 1; seed <= seeds; seed++) {
    const random = new Random(seed);
    let x = random.normal();
    const series = Float64Array.from(
      { length },
      () => (x = phi * x + Math.sqrt(1 - phi * phi) * random.normal()),
    );
    const { value, error } = estimateOf(meanOfSamples(series));
    if (Math.abs(value) <= error) one++;
    if (Math.abs(value) <= 2 * error) two++;
  }
  console.log(
    `averages worth ${independent} samples: ${percent(one / seeds)} and ${percent(two / seeds)} % within 1 and 2 errors`,
  );
}
