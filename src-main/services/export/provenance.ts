/** Where a potential comes from and how good it is, as lines for the head of exported files. */
import { basename } from 'node:path';
import type { Metrics, PotentialDocument } from '../../../src-compute/potentials/document.ts';
import { visibleLine } from '../../../src-compute/quoting/visible.ts';
import type { LoadedPotential } from '../potentials/potential-file.ts';

/** Longest text of one setting; what is longer is cut with an ellipsis. */
const LONGEST = 160;

/**
 * @param loaded the potential with its document, where it has one
 * @param path the file it was read from
 */
export function provenanceComments(loaded: LoadedPotential, path: string): string[] {
  const { document } = loaded;
  const source = `Exported by Forcewright from ${basename(path)}.`;
  return (document === undefined ? [source] : [source, ...documentLines(document)]).map(visibleLine);
}

function documentLines({ name, provenance, metrics }: PotentialDocument): string[] {
  const { program, created, data, settings, report } = provenance;
  const record = (title: string, values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(([key, value]) => `${title} ${key}: ${short(value)}`);
  return [
    `Name: ${name}`,
    `Made by ${program}, ${created}`,
    ...data.map(
      (one) => `Data (${one.role}): ${basename(one.name)}${one.sha256 ? `, sha256 ${one.sha256}` : ''}`,
    ),
    ...record('Setting', settings),
    ...record('Report', report),
    ...errorTable(metrics),
  ];
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = visibleLine(text.replace(/\s+/g, ' '));
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** Errors on training and test data, one column each. */
function errorTable(metrics: PotentialDocument['metrics']): string[] {
  const sets = (['train', 'test'] as const).flatMap((name) => {
    const values = metrics[name];
    return values ? [{ name, values }] : [];
  });
  if (sets.length === 0) return ['Errors: not recorded'];
  const digits = (value: number) => String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
  const number = (value: number | null) => (value === null ? '–' : digits(value)).padStart(10);
  const row = (label: string, key: keyof Metrics) =>
    `${label.padEnd(34)}${sets.map(({ values }) => number(values[key])).join(' ')}`;
  return [
    `${'Errors'.padEnd(34)}${sets.map(({ name }) => name.padStart(10)).join(' ')}`,
    row('  configurations', 'configurations'),
    row('  atoms', 'atoms'),
    row('  energy MAE, meV/atom', 'energy_mae_mev_per_atom'),
    row('  energy RMSE, meV/atom', 'energy_rmse_mev_per_atom'),
    row('  force MAE, eV/Å', 'force_mae_ev_per_a'),
    row('  force RMSE, eV/Å', 'force_rmse_ev_per_a'),
    row('  virial MAE, meV/atom', 'virial_mae_mev_per_atom'),
    row('  virial RMSE, meV/atom', 'virial_rmse_mev_per_atom'),
  ];
}
