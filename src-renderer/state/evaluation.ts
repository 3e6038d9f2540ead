/** A potential's predictions on a dataset beside the reference: points for parity plots, errors by group. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
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

export type EvaluatedQuantity = 'energy' | 'force' | 'virial';

/** Points of one quantity; the same index in all arrays is the same point. */
export interface ParityPoints {
  readonly reference: Float64Array;
  readonly predicted: Float64Array;
  /** Row of the dataset. */
  readonly row: Uint32Array;
  /** Atom in its configuration; for forces only. */
  readonly atom: Uint32Array;
  readonly group: Uint16Array;
  readonly groupNames: readonly string[];
}

export type GroupBy = 'none' | 'part' | 'type' | 'element';

export class Evaluation {
  readonly symbols: readonly string[];
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
    const byElement = groupBy === 'element' && quantity === 'force';
    const elementCode = byElement ? this.symbols.map(code) : [];
    let most = 0;
    for (const row of rows) most += this.count(quantity, row);
    const points = {
      reference: new Float64Array(most),
      predicted: new Float64Array(most),
      row: new Uint32Array(most),
      atom: new Uint32Array(most),
      group: new Uint16Array(most),
    };
    const { reference, predicted } = this.columns[quantity];
    let n = 0;
    for (const row of rows) {
      const start = this.start(quantity, row);
      const end = start + this.count(quantity, row);
      const rowCode = byElement ? 0 : code(rowGroup(table, row, groupBy));
      for (let k = start; k < end; k++) {
        const value = reference[k];
        if (Number.isNaN(value)) continue;
        const atom = quantity === 'force' ? ((k - start) / 3) | 0 : 0;
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

  private start(quantity: EvaluatedQuantity, row: number): number {
    return quantity === 'energy' ? row : quantity === 'virial' ? 6 * row : 3 * this.columns.firstAtom[row];
  }
  private count(quantity: EvaluatedQuantity, row: number): number {
    if (quantity === 'energy') return 1;
    return quantity === 'virial' ? 6 : 3 * (this.columns.firstAtom[row + 1] - this.columns.firstAtom[row]);
  }
}

function rowGroup(table: DatasetTable, row: number, groupBy: GroupBy): string {
  if (groupBy === 'part') return table.part(row) || 'no part';
  return groupBy === 'type' ? table.type(row) || 'no type' : '';
}
