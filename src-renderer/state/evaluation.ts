/** A potential's predictions on a dataset beside the reference: points for parity plots, errors by group. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import type { DatasetTable } from './dataset-table.ts';

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

/** Mean absolute and root mean square error of some points. */
export interface GroupErrors {
  readonly name: string;
  readonly configurations: number;
  readonly energyMae: number;
  readonly energyRmse: number;
  readonly forceMae: number;
  readonly forceRmse: number;
  readonly virialMae: number;
}

/** Running sums of errors. */
class Sums {
  private n = 0;
  private absolute = 0;
  private squares = 0;

  add(error: number): void {
    if (Number.isNaN(error)) return;
    this.n++;
    this.absolute += Math.abs(error);
    this.squares += error * error;
  }
  get mae(): number {
    return this.absolute / this.n;
  }
  get rmse(): number {
    return Math.sqrt(this.squares / this.n);
  }
}

class Group {
  readonly energy = new Sums();
  readonly force = new Sums();
  readonly virial = new Sums();
  configurations = 0;

  errors(name: string): GroupErrors {
    return {
      name,
      configurations: this.configurations,
      energyMae: this.energy.mae,
      energyRmse: this.energy.rmse,
      forceMae: this.force.mae,
      forceRmse: this.force.rmse,
      virialMae: this.virial.mae,
    };
  }
}

/** Upper ends of the classes of force size, eV/Å. */
const FORCE_CLASSES = [0.1, 0.5, 1, 2, 5, Infinity] as const;

export class Evaluation {
  readonly symbols: readonly string[];
  private readonly firstAtom: Uint32Array;
  private readonly elements: Uint16Array;
  private readonly energy: { reference: Float64Array; predicted: Float64Array };
  private readonly force: { reference: Float32Array; predicted: Float32Array };
  private readonly virial: { reference: Float64Array; predicted: Float64Array };

  constructor(frame: ArrayFrame) {
    this.symbols = frame.texts('symbols');
    this.firstAtom = frame.u32('firstAtom');
    this.elements = frame.u16('elements');
    this.energy = { reference: frame.f64('energyReference'), predicted: frame.f64('energyPredicted') };
    this.force = { reference: frame.f32('forceReference'), predicted: frame.f32('forcePredicted') };
    this.virial = { reference: frame.f64('virialReference'), predicted: frame.f64('virialPredicted') };
  }

  get configurations(): number {
    return this.energy.reference.length;
  }

  /** Points of a quantity in some rows; those without a reference are left out. */
  points(
    quantity: EvaluatedQuantity,
    rows: Uint32Array,
    table: DatasetTable,
    groupBy: GroupBy,
  ): ParityPoints {
    const groups = new Map<string, number>();
    const code = (name: string) => {
      const known = groups.get(name);
      if (known !== undefined) return known;
      groups.set(name, groups.size);
      return groups.size - 1;
    };
    let most = 0;
    for (const row of rows) most += this.count(quantity, row);
    const points = {
      reference: new Float64Array(most),
      predicted: new Float64Array(most),
      row: new Uint32Array(most),
      atom: new Uint32Array(most),
      group: new Uint16Array(most),
    };
    const { reference, predicted } = this[quantity];
    let n = 0;
    for (const row of rows) {
      const start = this.start(quantity, row);
      const rowGroup =
        groupBy === 'part'
          ? table.part(row) || 'no part'
          : groupBy === 'type'
            ? table.type(row) || 'no type'
            : '';
      for (let k = 0; k < this.count(quantity, row); k++) {
        if (Number.isNaN(reference[start + k])) continue;
        points.reference[n] = reference[start + k];
        points.predicted[n] = predicted[start + k];
        points.row[n] = row;
        points.atom[n] = quantity === 'force' ? Math.floor(k / 3) : 0;
        const element = groupBy === 'element' && quantity === 'force';
        const name = element ? this.symbols[this.elements[this.firstAtom[row] + points.atom[n]]] : rowGroup;
        points.group[n++] = code(name);
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
    const first = this.firstAtom[row];
    const errors = new Float64Array(this.firstAtom[row + 1] - first);
    const { reference, predicted } = this.force;
    for (let atom = 0; atom < errors.length; atom++) {
      const k = 3 * (first + atom);
      errors[atom] = Math.hypot(
        predicted[k] - reference[k],
        predicted[k + 1] - reference[k + 1],
        predicted[k + 2] - reference[k + 2],
      );
    }
    return errors;
  }

  /** Error of the energy, eV/atom. */
  energyError(row: number): number {
    return this.energy.predicted[row] - this.energy.reference[row];
  }

  /** Largest force error of a configuration, eV/Å; 0 without reference forces. */
  largestForceError(row: number): number {
    return this.forceErrors(row).reduce((most, error) => (error > most ? error : most), 0);
  }

  /** Errors of rows by part, by type or all together. */
  errorsBy(rows: Uint32Array, name: (row: number) => string): GroupErrors[] {
    const groups = new Map<string, Group>();
    for (const row of rows) {
      const key = name(row);
      const group = groups.get(key) ?? new Group();
      groups.set(key, group);
      group.configurations++;
      group.energy.add(this.energyError(row));
      this.eachForce(row, (error) => group.force.add(error));
      for (let k = 6 * row; k < 6 * row + 6; k++) {
        group.virial.add(this.virial.predicted[k] - this.virial.reference[k]);
      }
    }
    return [...groups].map(([key, group]) => group.errors(key)).sort((a, b) => b.forceMae - a.forceMae);
  }

  /** Force errors by element. */
  forceErrorsByElement(rows: Uint32Array): { name: string; n: number; mae: number; rmse: number }[] {
    return this.forceGroups(
      rows,
      this.symbols.length,
      (row, atom) => this.elements[this.firstAtom[row] + atom],
    ).map((group, k) => ({ name: this.symbols[k], ...group }));
  }

  /** Force errors by size of the reference force. */
  forceErrorsBySize(rows: Uint32Array): { name: string; n: number; mae: number; rmse: number }[] {
    const { reference } = this.force;
    const classOf = (row: number, atom: number) => {
      const k = 3 * (this.firstAtom[row] + atom);
      const size = Math.hypot(reference[k], reference[k + 1], reference[k + 2]);
      return FORCE_CLASSES.findIndex((end) => size < end);
    };
    return this.forceGroups(rows, FORCE_CLASSES.length, classOf).map((group, k) => ({
      name:
        k === 0
          ? '< 0.1'
          : k === FORCE_CLASSES.length - 1
            ? '≥ 5'
            : `${FORCE_CLASSES[k - 1]} – ${FORCE_CLASSES[k]}`,
      ...group,
    }));
  }

  private forceGroups(
    rows: Uint32Array,
    groups: number,
    groupOf: (row: number, atom: number) => number,
  ): { n: number; mae: number; rmse: number }[] {
    const sums = Array.from({ length: groups }, () => new Sums());
    const atoms = new Uint32Array(groups);
    for (const row of rows) {
      let last = -1;
      this.eachForce(row, (error, atom) => {
        const group = groupOf(row, atom);
        if (group < 0 || Number.isNaN(error)) return;
        sums[group].add(error);
        if (atom !== last) atoms[group]++;
        last = atom;
      });
    }
    return sums.map((sum, k) => ({ n: atoms[k], mae: sum.mae, rmse: sum.rmse }));
  }

  private eachForce(row: number, visit: (error: number, atom: number) => void): void {
    const { reference, predicted } = this.force;
    const first = this.firstAtom[row];
    for (let k = 3 * first; k < 3 * this.firstAtom[row + 1]; k++) {
      visit(predicted[k] - reference[k], Math.floor(k / 3) - first);
    }
  }

  private start(quantity: EvaluatedQuantity, row: number): number {
    return quantity === 'energy' ? row : quantity === 'virial' ? 6 * row : 3 * this.firstAtom[row];
  }
  private count(quantity: EvaluatedQuantity, row: number): number {
    if (quantity === 'energy') return 1;
    return quantity === 'virial' ? 6 : 3 * (this.firstAtom[row + 1] - this.firstAtom[row]);
  }
}
