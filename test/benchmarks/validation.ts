/**
 * Stillinger–Weber silicon through the report, with what is published beside it, and what each check costs.
 *
 *   node test/benchmarks/validation.ts [quick|standard|long]
 *
 * Melting is part of `long` alone: it takes hours.
 */
import { stillingerWeberSilicon } from '../../src-compute/potentials/stillinger-weber/index.ts';
import { PLANS } from '../../src-main/services/validation/check.ts';
import { spokenDeviation, spokenValue } from '../../src-main/services/validation/judge.ts';
import { referencesOf } from '../../src-main/services/validation/references.ts';
import { validate } from '../../src-main/services/validation/validate.ts';

const plan = PLANS.find((name) => name === process.argv[2]) ?? 'quick';
const references = referencesOf({
  lattice_constant_a: 5.431,
  c11_gpa: { value: 151.4, source: 'Cowley, Phys. Rev. Lett. 60 (1988) 2379' },
  c12_gpa: { value: 76.4, source: 'Cowley 1988' },
  c44_gpa: { value: 56.4, source: 'Cowley 1988' },
  vacancy_ev: { value: 2.8, source: 'Balamane et al., Phys. Rev. B 46 (1992) 2250' },
  melting_k: 1678,
});

const { potentials, seconds, budget } = await validate(
  {
    potentials: [{ name: 'Stillinger–Weber silicon', knowledge: { model: stillingerWeberSilicon() } }],
    plan,
    references,
    published: false,
    engine: {},
  },
  {
    onProgress: (fraction, message) =>
      process.stderr.write(`\r${(100 * fraction).toFixed(0)} % ${message}          `),
  },
);
process.stderr.write('\n');
for (const { verdict, checks, leftOut } of potentials) {
  for (const sentence of verdict) console.info(sentence);
  for (const check of checks) {
    console.info(
      `\n${check.title}: ${check.seconds.toFixed(1)} s, ${check.atomEvaluations} atoms evaluated. ${check.failed ?? ''}`,
    );
    for (const value of check.values)
      console.info(
        `  ${value.title}: ${spokenValue(value)} ${value.reference ? `(${value.reference.value}; ${spokenDeviation(value)})` : ''}`,
      );
  }
  for (const why of leftOut) console.info(why);
}
console.info(`\n${seconds.toFixed(0)} s of the ${budget} s of the plan ${plan}.`);
