/** The table of errors that fit, evaluate and the demo print. */
import type { Metrics } from '../../../src-compute/potentials/document.ts';
import type { Coverage } from '../../../src-compute/fitting/uncertainty/predicted.ts';
import { OUTPUTS } from '../../../src-compute/structure/properties.ts';
import { table } from './output.ts';

/** Errors that have columns in every table. */
const IN_ALL: ReadonlySet<string> = new Set([
  'energy_mae_mev_per_atom',
  'force_mae_ev_per_a',
  'virial_mae_mev_per_atom',
]);

/** Rows: one per set; MAE and RMSE of energy, force and virial. */
export function metricsTable(sets: Readonly<Record<string, Metrics | undefined>>): string {
  const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
  const present = Object.entries(sets).filter((entry): entry is [string, Metrics] => entry[1] !== undefined);
  const others = OUTPUTS.filter(
    ({ errors }) => !IN_ALL.has(errors.mae) && present.some(([, m]) => errors.mae in m),
  );
  const rows = present.map(([name, m]) => [
    name,
    String(m.configurations),
    String(m.atoms),
    number(m.energy_mae_mev_per_atom, 2),
    number(m.energy_rmse_mev_per_atom, 2),
    number(m.force_mae_ev_per_a, 4),
    number(m.force_rmse_ev_per_a, 4),
    number(m.virial_mae_mev_per_atom, 2),
    number(m.virial_rmse_mev_per_atom, 2),
    ...others.flatMap(({ errors }) => [number(m[errors.mae] ?? null, 4), number(m[errors.rmse] ?? null, 4)]),
  ]);
  const units = ['', '', '', 'meV/atom', 'meV/atom', 'eV/Å', 'eV/Å', 'meV/atom', 'meV/atom'];
  const head = ['', 'frames', 'atoms', 'E MAE', 'E RMSE', 'F MAE', 'F RMSE', 'W MAE', 'W RMSE'];
  for (const { title, errors } of others) {
    head.push(`${title} MAE`, 'RMSE');
    units.push(errors.unit, errors.unit);
  }
  return table([head, units, ...rows]);
}

/** Predicted errors and how often they hold the errors that are made. */
export function coverageText(coverage: Coverage): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const kinds = [
    [
      'energies',
      coverage.energy_sigma_mev_per_atom,
      2,
      'meV/atom',
      coverage.energy_within_1_sigma,
      coverage.energy_within_2_sigma,
    ],
    [
      'forces',
      coverage.force_sigma_ev_per_a,
      4,
      'eV/Å',
      coverage.force_within_1_sigma,
      coverage.force_within_2_sigma,
    ],
    [
      'virials',
      coverage.virial_sigma_mev_per_atom,
      2,
      'meV/atom',
      coverage.virial_within_1_sigma,
      coverage.virial_within_2_sigma,
    ],
  ] as const;
  const sentences = kinds.flatMap(([name, sigma, digits, unit, one, two]) =>
    sigma === null || one === null || two === null
      ? []
      : [`${name} ± ${sigma.toFixed(digits)} ${unit} (${percent(one)} within 1σ, ${percent(two)} within 2σ)`],
  );
  return `Predicted errors on ${coverage.configurations} configurations: ${sentences.join(', ')}.`;
}
