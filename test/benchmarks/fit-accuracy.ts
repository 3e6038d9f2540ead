/**
 * Accuracy of fits on the mlearn splits beside published errors (docs/physics.md §7). Minutes per line.
 *
 *   node test/benchmarks/fit-accuracy.ts [--elements Si,Mo] [--levels 16,20] [--cutoff 5]
 */
import { parseArgs } from 'node:util';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../src-main/services/fit/fit-service.ts';
import { openSet } from '../../src-main/services/fit/open-set.ts';
import { sharedPath } from '../support/shared.ts';

const { values } = parseArgs({
  options: {
    elements: { type: 'string', default: 'Si,Mo' },
    levels: { type: 'string', default: '16,20' },
    cutoff: { type: 'string', default: '5' },
  },
});
const published: Readonly<Record<string, string>> = {
  Si: 'MTP 2.21, 0.06; GAP 2.91, 0.07; quadratic SNAP 3.81, 0.116',
  Mo: 'MTP 2.83, 0.09; GAP 2.24, 0.09; quadratic SNAP 2.77, 0.184',
};
for (const element of values.elements.split(',')) {
  console.log(`${element}, published test MAE (meV/atom, eV/Å): ${published[element] ?? 'not known here'}`);
  for (const level of values.levels.split(',').map(Number)) {
    await using train = await openSet([sharedPath('data', `${element}_train.xyz`)]);
    await using test = await openSet([sharedPath('data', `${element}_test.xyz`)]);
    const request = fitRequestSchema.parse({ level, cutoff: Number(values.cutoff) });
    const outcome = await runFit({ name: element, train: train.set, test: test.set, request, data: [] });
    const { energy_mae_mev_per_atom: energy, energy_rmse_mev_per_atom: energyRmse } = outcome.test!;
    const { force_mae_ev_per_a: force, force_rmse_ev_per_a: forceRmse } = outcome.test!;
    console.log(
      `  level ${level}: test MAE ${energy!.toFixed(2)} meV/atom, ${force!.toFixed(4)} eV/Å (RMSE ${energyRmse!.toFixed(2)}, ${forceRmse!.toFixed(4)}); ${outcome.seconds.toFixed(0)} s, ${Number(outcome.document.provenance.report.passesOverTheData).toFixed(0)} passes`,
    );
  }
}
