/** A potential's predictions on a dataset beside the reference: points for parity plots, errors by group. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import { OUTPUTS, type PropertyKey, type PropertyRow } from '../../src-compute/structure/properties.ts';
import type { DatasetTable } from './dataset-table.ts';
import {
  forceErrorsByElement,
  forceErrorsBySize,
  groupErrors,
  RowErrors,
  type EvaluationColumns,
  type ForceErrors,
  type GroupErrors,
} from './evaluation-errors.ts';

export type EvaluatedQuantity = 'energy' | 'force' | 'virial' | PropertyKey;

/** Points of one quantity; the same index in all arrays is the same point. */
export interface ParityPoints {
  readonly reference: Float64Array;
  readonly predicted: Float64Array;
  /** Row of the dataset. */
  readonly row: Uint32Array;
  /** Atom in its configuration; 0 of what is of the whole configuration. */
  readonly atom: Uint32Array;
  readonly group: Uint16Array;
  readonly groupNames: readonly string[];
}

export type GroupBy = 'none' | 'part' | 'type' | 'element';

/** Numbers of one quantity, so many for each configuration or atom. */
interface Column {
  readonly reference: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
  readonly width: number;
  readonly perAtom: boolean;
}

export class Evaluation {
  readonly symbols: readonly string[];
  /** Properties that were predicted and are known besides the labels of a fit. */
  readonly others: readonly PropertyRow[];
  private readonly quantities = new Map<EvaluatedQuantity, Column>();
  private readonly columns: EvaluationColumns;
  private rowErrors: RowErrors | undefined;

  constructor(frame: ArrayFrame) {
    this.symbols = frame.texts('symbols');
    this.columns = {
      firstAtom: frame.u32('firstAtom'),
      elements: frame.u16('elements'),
      energy: { reference: frame.f64('energyReference'), predicted: frame.f64('energyPredicted') },
      force: { reference: frame.f32('forceReference'), predicted: frame.f32('forcePredicted') },
      virial: { reference: frame.f64('virialReference'), predicted: frame.f64('virialPredicted') },
    };
    const { energy, force, virial, firstAtom } = this.columns;
    this.quantities.set('energy', { ...energy, width: 1, perAtom: false });
    this.quantities.set('force', { ...force, width: 3, perAtom: true });
    this.quantities.set('virial', { ...virial, width: 6, perAtom: false });
    this.others = OUTPUTS.filter((row) => frame.has(`${row.key}:reference`));
    for (const row of this.others) {
      const [reference, predicted] = [frame.f64(`${row.key}:reference`), frame.f64(`${row.key}:predicted`)];
      const perAtom = row.per === 'atom';
      const places = perAtom ? firstAtom[firstAtom.length - 1] : energy.reference.length;
      this.quantities.set(row.key, { reference, predicted, width: reference.length / places, perAtom });
    }
  }

  /** Errors of every configuration, found in one pass when they are first asked for. */
  private get errors(): RowErrors {
    return (this.rowErrors ??= new RowErrors(this.columns));
  }

  get configurations(): number {
    return this.columns.energy.reference.length;
  }

  /** Points of a quantity in some rows; those without a reference are left out. */
  points(
    quantity: EvaluatedQuantity,
    rows: Uint32Array,
    table: DatasetTable,
    groupBy: GroupBy,
  ): ParityPoints {
    const { firstAtom, elements } = this.columns;
    const groups = new Map<string, number>();
    const code = (name: string) => {
      const known = groups.get(name);
      if (known !== undefined) return known;
      groups.set(name, groups.size);
      return groups.size - 1;
    };
    const column = this.column(quantity);
    const { reference, predicted, width, perAtom } = column;
    const byElement = groupBy === 'element' && perAtom;
    const elementCode = byElement ? this.symbols.map(code) : [];
    let most = 0;
    for (const row of rows) most += this.count(column, row);
    const points = {
      reference: new Float64Array(most),
      predicted: new Float64Array(most),
      row: new Uint32Array(most),
      atom: new Uint32Array(most),
      group: new Uint16Array(most),
    };
    let n = 0;
    for (const row of rows) {
      const start = width * (perAtom ? firstAtom[row] : row);
      const end = start + this.count(column, row);
      const rowCode = byElement ? 0 : code(rowGroup(table, row, groupBy));
      for (let k = start; k < end; k++) {
        const value = reference[k];
        if (Number.isNaN(value)) continue;
        const atom = perAtom ? ((k - start) / width) | 0 : 0;
        points.reference[n] = value;
        points.predicted[n] = predicted[k];
        points.row[n] = row;
        points.atom[n] = atom;
        points.group[n++] = byElement ? elementCode[elements[firstAtom[row] + atom]] : rowCode;
      }
    }
    return {
      reference: points.reference.subarray(0, n),
      predicted: points.predicted.subarray(0, n),
      row: points.row.subarray(0, n),
      atom: points.atom.subarray(0, n),
      group: points.group.subarray(0, n),
      groupNames: [...groups.keys()],
    };
  }

  /** Norm of the force error of each atom of one configuration, eV/Å. */
  forceErrors(row: number): Float64Array {
    const { firstAtom, force } = this.columns;
    const { reference, predicted } = force;
    const first = firstAtom[row];
    const errors = new Float64Array(firstAtom[row + 1] - first);
    for (let atom = 0; atom < errors.length; atom++) {
      const k = 3 * (first + atom);
      const [dx, dy, dz] = [
        predicted[k] - reference[k],
        predicted[k + 1] - reference[k + 1],
        predicted[k + 2] - reference[k + 2],
      ];
      errors[atom] = Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
    return errors;
  }

  /** Error of the energy, eV/atom. */
  energyError(row: number): number {
    return this.columns.energy.predicted[row] - this.columns.energy.reference[row];
  }

  /** Largest force error of a configuration, eV/Å; 0 without reference forces. */
  largestForceError(row: number): number {
    return this.errors.largestForce[row];
  }

  /** Errors of rows by part, by type or all together. */
  errorsBy(rows: Uint32Array, name: (row: number) => string): GroupErrors[] {
    return groupErrors(this.errors, rows, name);
  }

  /** Force errors by element. */
  forceErrorsByElement(rows: Uint32Array): ForceErrors[] {
    return forceErrorsByElement(this.columns, this.symbols, rows);
  }

  /** Force errors by size of the reference force. */
  forceErrorsBySize(rows: Uint32Array): ForceErrors[] {
    return forceErrorsBySize(this.columns, rows);
  }

  private column(quantity: EvaluatedQuantity): Column {
    return this.quantities.get(quantity) ?? { reference: [], predicted: [], width: 0, perAtom: false };
  }
  private count({ width, perAtom }: Column, row: number): number {
    const { firstAtom } = this.columns;
    return perAtom ? width * (firstAtom[row + 1] - firstAtom[row]) : width;
  }
}

function rowGroup(table: DatasetTable, row: number, groupBy: GroupBy): string {
  if (groupBy === 'part') return table.part(row) || 'no part';
  return groupBy === 'type' ? table.type(row) || 'no type' : '';
}
