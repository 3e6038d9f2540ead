/** Rows of a list of configurations, put together from the columns of their dataset. */
import { ColumnEditor, noConfiguration, type NumberColumnName, type WordColumnName } from './columns.ts';
import type { ConfigurationRow } from './configuration-row.ts';
import type { Project } from './project.ts';

/**
 * Rows in the order that is given. Column by column: the blocks of one are let go before those of the next are read.
 * @throws StoreError when the dataset has no such position, or its columns are damaged
 */
export function configurationRows(
  project: Project,
  datasetId: number,
  positions: Iterable<number>,
): ConfigurationRow[] {
  const places = Array.from(positions);
  const rowId = project.prepare<[number, number], { id: number }>(
    'SELECT id FROM configurations WHERE dataset_id = ? AND position = ?',
  );
  const valuesOf = (name: NumberColumnName | WordColumnName) => {
    const column = new ColumnEditor(project, datasetId, name);
    return places.map((position) => column.get(position));
  };
  const numbers = (name: NumberColumnName) => valuesOf(name).map(Number);
  const reals = (name: NumberColumnName) =>
    numbers(name).map((value) => (Number.isNaN(value) ? null : value));
  const words = (name: WordColumnName) =>
    valuesOf(name).map((value) => (value === null ? null : String(value)));
  return project.guard(() => {
    const ids = places.map((position) => {
      const row = rowId.get(datasetId, position);
      if (row === undefined) throw noConfiguration(position);
      return row.id;
    });
    const [atoms, labels, flags, excluded] = (['atoms', 'labels', 'flags', 'excluded'] as const).map(numbers);
    const [sourceFile, sourceFrame, sourceLine, weight] = (
      ['sourceFile', 'sourceFrame', 'sourceLine', 'weight'] as const
    ).map(numbers);
    const [energy, energyPerAtom, maxForce] = (['energy', 'energyPerAtom', 'maxForce'] as const).map(reals);
    const [volume, pressure, minimumDistance] = (['volume', 'pressure', 'minimumDistance'] as const).map(
      reals,
    );
    const [formula, configType, split] = (['formula', 'configType', 'split'] as const).map(words);
    return places.map((position, k) => ({
      id: ids[k],
      position,
      formula: formula[k] ?? '',
      atoms: atoms[k],
      energy: energy[k],
      energyPerAtom: energyPerAtom[k],
      maxForce: maxForce[k],
      volume: volume[k],
      pressure: pressure[k],
      minimumDistance: minimumDistance[k],
      configType: configType[k],
      labels: labels[k],
      sourceFile: sourceFile[k],
      sourceFrame: sourceFrame[k],
      sourceLine: sourceLine[k],
      excluded: excluded[k] !== 0,
      weight: weight[k],
      split: split[k],
      flags: flags[k],
    }));
  });
}
