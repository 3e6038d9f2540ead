/**
 * Monte Carlo moves between trajectories: volume or cell shape at constant pressure, exchange of two atoms. Each
 * returns the logarithm of its acceptance ratio, without applying the energy.
 */
import { volume } from '../../structure/cell.ts';
import type { Random } from '../random.ts';
import { fromEigen, symmetricEigen } from '../symmetric-matrix.ts';

/** A proposed cell with its atoms. */
export interface CellMove {
  readonly positions: Float64Array;
  readonly cell: Float64Array;
  /** (N + 1) ln V′/V: the Jacobian of a move that is symmetric in ln V (or in the logarithm of the cell matrix). */
  readonly logJacobian: number;
  /** V′ − V, Å³ */
  readonly volumeChange: number;
}

/**
 * ln V′ = ln V + width·ξ for 'isotropic'; cell′ = cell·exp(ε), ε symmetric and normal with this width, for 'full'.
 * Both are invariant steps on their group, so the target density with respect to d ln V (or the invariant measure of
 * cells, which goes with det(h)^{−2} dh of Martyna, Tobias & Klein 1994) is V^{N+1} exp(−β(U + PV)).
 * See Frenkel & Smit, Understanding Molecular Simulation, 2nd ed., eq. 5.4.11.
 */
export function proposeCell(
  positions: Float64Array,
  cell: Float64Array,
  motion: 'isotropic' | 'full',
  width: number,
  random: Random,
): CellMove {
  const stretch = new Float64Array(9);
  if (motion === 'isotropic') {
    const factor = Math.exp((width * random.normal()) / 3);
    stretch[0] = stretch[4] = stretch[8] = factor;
  } else {
    const strain = new Float64Array(9);
    for (let a = 0; a < 3; a++) {
      for (let b = a; b < 3; b++) {
        const x = (width / 3) * random.normal() * (a === b ? 1 : Math.SQRT1_2);
        strain[3 * a + b] = strain[3 * b + a] = x;
      }
    }
    const values = new Float64Array(3);
    const frame = new Float64Array(9);
    symmetricEigen(strain, values, frame);
    fromEigen(values.map(Math.exp), frame, stretch);
  }
  const transform = (rows: Float64Array) => {
    const out = new Float64Array(rows.length);
    for (let k = 0; k < rows.length; k += 3) {
      for (let b = 0; b < 3; b++) {
        out[k + b] = rows[k] * stretch[b] + rows[k + 1] * stretch[3 + b] + rows[k + 2] * stretch[6 + b];
      }
    }
    return out;
  };
  const newCell = transform(cell);
  const [before, after] = [volume(cell), volume(newCell)];
  return {
    positions: transform(positions),
    cell: newCell,
    logJacobian: (positions.length / 3 + 1) * Math.log(after / before),
    volumeChange: after - before,
  };
}

/**
 * Exchanges the places of two atoms of different kinds, chosen uniformly: a symmetric proposal.
 * @returns the new positions, or undefined when all atoms are alike
 */
export function proposeSwap(positions: Float64Array, kinds: Uint16Array, fixed: Uint8Array, random: Random) {
  const n = kinds.length;
  let [i, j] = [-1, -1];
  for (let attempt = 0; attempt < 200; attempt++) {
    const a = random.below(n);
    const b = random.below(n);
    if (kinds[a] !== kinds[b] && !fixed[a] && !fixed[b]) {
      [i, j] = [a, b];
      break;
    }
  }
  if (i < 0) return undefined;
  const out = positions.slice();
  for (let k = 0; k < 3; k++) {
    out[3 * i + k] = positions[3 * j + k];
    out[3 * j + k] = positions[3 * i + k];
  }
  return out;
}
