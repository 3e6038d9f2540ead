/** Errors of predictions by configuration, group, element and size of the force; each in one pass over the arrays. */

/** Predictions beside references: energies eV/atom, forces eV/Å (3 per atom), virials eV/atom (6 per configuration). */
export interface EvaluationColumns {
  /** First atom of each configuration; one more entry at the end. */
  readonly firstAtom: Uint32Array;
  /** Element of each atom. */
  readonly elements: Uint16Array;
  readonly energy: { readonly reference: Float64Array; readonly predicted: Float64Array };
  readonly force: { readonly reference: Float32Array; readonly predicted: Float32Array };
  readonly virial: { readonly reference: Float64Array; readonly predicted: Float64Array };
}

/** Mean absolute and root mean square error of some configurations. */
export interface GroupErrors {
  readonly name: string;
  readonly configurations: number;
  readonly energyMae: number;
  readonly energyRmse: number;
  readonly forceMae: number;
  readonly forceRmse: number;
  readonly virialMae: number;
}

/** Errors of the force components of some atoms. */
export interface ForceErrors {
  readonly name: string;
  readonly n: number;
  readonly mae: number;
  readonly rmse: number;
}

/** Sums over the components of every configuration; values without a reference are left out. */
export class RowErrors {
  readonly energy: Float64Array;
  readonly forceCount: Uint32Array;
  readonly forceAbsolute: Float64Array;
  readonly forceSquares: Float64Array;
  /** Largest norm of an atom's error, eV/Å. */
  readonly largestForce: Float64Array;
  readonly virialCount: Uint32Array;
  readonly virialAbsolute: Float64Array;

  constructor({ firstAtom, energy, force, virial }: EvaluationColumns) {
    const rows = energy.reference.length;
    this.energy = energy.predicted.map((value, row) => value - energy.reference[row]);
    this.forceCount = new Uint32Array(rows);
    this.forceAbsolute = new Float64Array(rows);
    this.forceSquares = new Float64Array(rows);
    this.largestForce = new Float64Array(rows);
    this.virialCount = new Uint32Array(rows);
    this.virialAbsolute = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      let [n, absolute, squares, largest] = [0, 0, 0, 0];
      for (let k = 3 * firstAtom[row]; k < 3 * firstAtom[row + 1]; k += 3) {
        let norm = 0;
        for (let axis = k; axis < k + 3; axis++) {
          const error = force.predicted[axis] - force.reference[axis];
          if (Number.isNaN(error)) continue;
          n++;
          absolute += Math.abs(error);
          norm += error * error;
        }
        squares += norm;
        if (norm > largest) largest = norm;
      }
      this.forceCount[row] = n;
      this.forceAbsolute[row] = absolute;
      this.forceSquares[row] = squares;
      this.largestForce[row] = Math.sqrt(largest);
      for (let k = 6 * row; k < 6 * row + 6; k++) {
        const error = virial.predicted[k] - virial.reference[k];
        if (Number.isNaN(error)) continue;
        // yz, xz and xy stand for two components each, as in the errors of a fit (fitting/metrics.ts)
        const times = k < 6 * row + 3 ? 1 : 2;
        this.virialCount[row] += times;
        this.virialAbsolute[row] += times * Math.abs(error);
      }
    }
  }
}

/** Sums of one group. */
class GroupSums {
  configurations = 0;
  energies = 0;
  energyAbsolute = 0;
  energySquares = 0;
  forces = 0;
  forceAbsolute = 0;
  forceSquares = 0;
  virials = 0;
  virialAbsolute = 0;

  add(errors: RowErrors, row: number): void {
    this.configurations++;
    const energy = errors.energy[row];
    if (!Number.isNaN(energy)) {
      this.energies++;
      this.energyAbsolute += Math.abs(energy);
      this.energySquares += energy * energy;
    }
    this.forces += errors.forceCount[row];
    this.forceAbsolute += errors.forceAbsolute[row];
    this.forceSquares += errors.forceSquares[row];
    this.virials += errors.virialCount[row];
    this.virialAbsolute += errors.virialAbsolute[row];
  }

  means(name: string): GroupErrors {
    return {
      name,
      configurations: this.configurations,
      energyMae: this.energyAbsolute / this.energies,
      energyRmse: Math.sqrt(this.energySquares / this.energies),
      forceMae: this.forceAbsolute / this.forces,
      forceRmse: Math.sqrt(this.forceSquares / this.forces),
      virialMae: this.virialAbsolute / this.virials,
    };
  }
}

/** Errors of rows by a name of theirs, worst forces first. */
export function groupErrors(
  errors: RowErrors,
  rows: Uint32Array,
  name: (row: number) => string,
): GroupErrors[] {
  const groups = new Map<string, GroupSums>();
  for (const row of rows) {
    const key = name(row);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = new GroupSums()));
    group.add(errors, row);
  }
  return [...groups].map(([key, group]) => group.means(key)).sort((a, b) => b.forceMae - a.forceMae);
}

/** Force errors by element. */
export function forceErrorsByElement(
  columns: EvaluationColumns,
  symbols: readonly string[],
  rows: Uint32Array,
): ForceErrors[] {
  return classErrors(columns, rows, symbols, (atom) => columns.elements[atom]);
}

/** Upper ends of the classes of force size, eV/Å. */
const FORCE_CLASSES = [0.1, 0.5, 1, 2, 5, Infinity] as const;
const CLASS_NAMES = FORCE_CLASSES.map((end, k) => {
  if (k === 0) return `< ${end}`;
  return end === Infinity ? `≥ ${FORCE_CLASSES[k - 1]}` : `${FORCE_CLASSES[k - 1]} – ${end}`;
});

/** Force errors by size of the reference force. */
export function forceErrorsBySize(columns: EvaluationColumns, rows: Uint32Array): ForceErrors[] {
  const { reference } = columns.force;
  return classErrors(columns, rows, CLASS_NAMES, (atom) => {
    const k = 3 * atom;
    const size = Math.sqrt(reference[k] ** 2 + reference[k + 1] ** 2 + reference[k + 2] ** 2);
    return FORCE_CLASSES.findIndex((end) => size < end);
  });
}

/** Sums over atoms by class; atoms of none (−1), or with a missing component, are left out. */
function classErrors(
  { firstAtom, force: { reference, predicted } }: EvaluationColumns,
  rows: Uint32Array,
  names: readonly string[],
  classOf: (atom: number) => number,
): ForceErrors[] {
  const atoms = new Uint32Array(names.length);
  const absolute = new Float64Array(names.length);
  const squares = new Float64Array(names.length);
  for (const row of rows) {
    for (let atom = firstAtom[row]; atom < firstAtom[row + 1]; atom++) {
      const k = 3 * atom;
      const dx = predicted[k] - reference[k];
      const dy = predicted[k + 1] - reference[k + 1];
      const dz = predicted[k + 2] - reference[k + 2];
      const group = classOf(atom);
      if (group < 0 || Number.isNaN(dx + dy + dz)) continue;
      atoms[group]++;
      absolute[group] += Math.abs(dx) + Math.abs(dy) + Math.abs(dz);
      squares[group] += dx * dx + dy * dy + dz * dz;
    }
  }
  return names.map((name, k) => ({
    name,
    n: atoms[k],
    mae: absolute[k] / (3 * atoms[k]),
    rmse: Math.sqrt(squares[k] / (3 * atoms[k])),
  }));
}
