/** Columns of the table of configurations, in the units the user chose. */
import { fixed, significant } from '../../format.ts';
import type { DatasetTable } from '../../state/dataset-table.ts';
import { measureOf, shown, type ShownUnits } from '../../measure.ts';
import type { TableColumn } from '../VirtualTable.vue';

/** Room for the largest number of a row, and for the arrow beside the title. */
const numberWidth = (rows: number) => `${Math.max(54, 22 + 9 * String(rows).length)}px`;

/** Columns that say the same in every row are left out. */
export function datasetColumns(t: DatasetTable, preferences: ShownUnits): TableColumn[] {
  const n = t.numbers;
  const list: TableColumn[] = [
    { key: 'position', title: '#', width: numberWidth(t.length), numeric: true, cell: (row) => String(row) },
    { key: 'formula', title: 'Formula', width: '82px', cell: (row) => t.formula(row) },
    {
      key: 'configType',
      title: 'Type',
      width: 'minmax(100px, 1fr)',
      cell: (row) => [t.type(row), ...t.tagsOf(row)].filter(Boolean).join(', '),
    },
    {
      key: 'energyPerAtom',
      title: 'Energy',
      unit: measureOf('energyPerAtom', preferences).unit,
      width: '86px',
      numeric: true,
      cell: (row) => shown('energyPerAtom', n.energyPerAtom[row], preferences),
    },
    {
      key: 'maxForce',
      title: 'Force',
      unit: 'eV/Å',
      width: '82px',
      numeric: true,
      cell: (row) => shown('maxForce', n.maxForce[row], preferences),
    },
    {
      key: 'volumePerAtom',
      title: 'Volume',
      unit: 'Å³/atom',
      width: '82px',
      numeric: true,
      cell: (row) => shown('volumePerAtom', n.volumePerAtom[row], preferences),
    },
    {
      key: 'pressure',
      title: 'Pressure',
      unit: measureOf('pressure', preferences).unit,
      width: '80px',
      numeric: true,
      cell: (row) => shown('pressure', n.pressure[row], preferences),
    },
    {
      key: 'minimumDistance',
      title: 'Nearest',
      unit: 'Å',
      width: '72px',
      numeric: true,
      cell: (row) => shown('minimumDistance', n.minimumDistance[row], preferences),
    },
    ...t.properties.map(({ row: property, values }) => ({
      key: `property:${property.key}`,
      title: property.summary?.title ?? property.title,
      unit: property.unit,
      width: '76px',
      numeric: true,
      hint: property.title,
      cell: (row: number) => fixed(values[row], 3),
    })),
    {
      key: 'weight',
      title: 'Weight',
      width: '80px',
      numeric: true,
      cell: (row) => significant(n.weight[row], 3),
    },
    { key: 'split', title: 'Part', width: '62px', cell: (row) => t.part(row) },
    {
      key: 'flags',
      title: 'Found',
      width: '150px',
      sortable: false,
      hint: 'What the import and the search for outliers found',
      cell: (row) => t.flagNames(row).join(', '),
    },
  ];
  // columns that say the same in every row only take up space
  const idle = new Set<string>();
  if (n.weight.every((value) => value === 1)) idle.add('weight');
  if (t.parts.length < 2) idle.add('split');
  if (t.flags.every((value) => value === 0)) idle.add('flags');
  if (n.pressure.every(Number.isNaN)) idle.add('pressure');
  return list.filter(({ key }) => !idle.has(key));
}
