/** Several potentials side by side: one table, deviations as strips, accuracy against cost. */
import type { Figure } from '../figures/figure.ts';
import { spokenValue, type JudgedValue } from './judge.ts';
import type { PotentialValidation } from './validate.ts';

export interface ComparisonRow {
  readonly title: string;
  readonly unit: string;
  readonly reference: number | null;
  readonly values: readonly (JudgedValue | undefined)[];
}

/** Rows of all values that any of the potentials has, in the order of the report. */
export function comparisonRows(potentials: readonly PotentialValidation[]): ComparisonRow[] {
  const lists = potentials.map(
    ({ checks }) => new Map(checks.flatMap(({ values }) => values.map((v) => [v.name, v] as const))),
  );
  const names = [...new Set(lists.flatMap((list) => [...list.keys()]))];
  return names.flatMap((name) => {
    const values = lists.map((list) => list.get(name));
    const first = values.find((value) => value !== undefined);
    if (!first) return [];
    return [{ title: first.title, unit: first.unit, reference: first.reference?.value ?? null, values }];
  });
}

/** Deviations in per cent of every value that has a relative one, a strip per potential. */
export function comparisonFigures(potentials: readonly PotentialValidation[]): Figure[] {
  const rows = comparisonRows(potentials).filter(({ values }) =>
    values.some(
      (value) => value?.deviation !== null && value?.deviation !== undefined && value.deviationUnit === '',
    ),
  );
  const figures: Figure[] = [];
  if (rows.length > 0) {
    figures.push({
      title: 'Deviations from the references',
      caption: rows.map(({ title }, k) => `${k + 1} ${title}`).join(', '),
      x: { label: 'property (numbers as above)', name: 'property' },
      y: { label: 'deviation (%)', name: 'deviation_percent' },
      series: potentials.map(({ name }, p) => ({
        name,
        kind: 'points',
        x: rows.map((_, k) => k + 1 + 0.12 * (p - (potentials.length - 1) / 2)),
        y: rows.map(({ values }) => 100 * (values[p]?.deviation ?? NaN)),
      })),
      references: [{ axis: 'y', value: 0, label: 'reference' }],
    });
  }
  const accuracy = potentials.flatMap(({ name, cost, checks }) => {
    const deviations = checks
      .flatMap(({ values }) => values)
      .flatMap(({ deviation, deviationUnit }) =>
        deviation === null || deviationUnit !== '' ? [] : [deviation],
      );
    if (deviations.length === 0) return [];
    const rms = Math.sqrt(deviations.reduce((sum, d) => sum + d * d, 0) / deviations.length);
    return [{ name, cost, rms }];
  });
  if (potentials.length > 1 && accuracy.length > 0)
    figures.push({
      title: 'Accuracy against cost',
      caption: 'Root mean square of the relative deviations; down and left is better.',
      x: { label: 'µs per atom and evaluation', name: 'us_per_atom', logarithmic: true },
      y: { label: 'deviation (%)', name: 'rms_deviation_percent' },
      series: accuracy.map(({ name, cost, rms }) => ({ name, kind: 'points', x: [cost], y: [100 * rms] })),
    });
  return figures;
}

export const cellOf = (value: JudgedValue | undefined): string =>
  value === undefined
    ? '–'
    : `${spokenValue(value)}${value.judgement === null ? '' : ` (${value.judgement})`}`;
