/** Columns of the table of configurations, in the units the user chose. */
import { fixed, significant } from '../../format.ts';
import type { DatasetTable } from '../../state/dataset-table.ts';
import type { EnergyUnit, PressureUnit } from '../../state/preferences.ts';
import type { TableColumn } from '../VirtualTable.vue';

export interface ShownUnits {
  readonly energyUnit: EnergyUnit;
  readonly energyFactor: number;
  readonly pressureUnit: PressureUnit;
}

/** Room for the largest number of a row, and for the arrow beside the title. */
const numberWidth = (rows: number) => `${Math.max(54, 22 + 9 * String(rows).length)}px`;

/** Columns that say the same in every row are left out. */
export function datasetColumns(t: DatasetTable, preferences: ShownUnits): TableColumn[] {
  const e = preferences.energyFactor;
  const pressure = preferences.pressureUnit === 'kbar' ? 10 : 1;
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
      unit: `${preferences.energyUnit}/atom`,
      width: '86px',
      numeric: true,
      cell: (row) => fixed(n.energyPerAtom[row] * e, e === 1 ? 4 : 1),
    },
    {
      key: 'maxForce',
      title: 'Force',
      unit: 'eV/Å',
      width: '82px',
      numeric: true,
      cell: (row) => fixed(n.maxForce[row], 3),
    },
    {
      key: 'volumePerAtom',
      title: 'Volume',
      unit: 'Å³/atom',
      width: '82px',
      numeric: true,
      cell: (row) => fixed(n.volumePerAtom[row], 2),
    },
    {
      key: 'pressure',
      title: 'Pressure',
      unit: preferences.pressureUnit,
      width: '80px',
      numeric: true,
      cell: (row) => fixed(n.pressure[row] * pressure, 2),
    },
    {
      key: 'minimumDistance',
      title: 'Nearest',
      unit: 'Å',
      width: '72px',
      numeric: true,
      cell: (row) => fixed(n.minimumDistance[row], 3),
    },
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
