/**
 * When a neighbour list made with a skin must be made anew.
 *
 * At build time all pairs within r_c + skin were listed. Since then the cell was deformed by F (x → x F) and every
 * atom moved by δ_i against that deformation. A pair that was not listed is now at least σ_min(F)(r_c + skin) − 2 max|δ|
 * apart, so the list is complete while 2 max|δ| ≤ σ_min (r_c + skin) − r_c. With a constant cell this is the
 * usual criterion max|δ| ≤ skin/2. It holds for every periodic image, in any cell.
 */
import { completedCell, inverse } from './cell.ts';

export class VerletSkin {
  private readonly cutoff: number;
  private readonly skin: number;
  private readonly periodic: readonly boolean[];
  private reference = new Float64Array(0);
  private readonly cell = new Float64Array(9);
  private inverseCell: Float64Array = new Float64Array(9);
  private built = false;

  constructor(cutoff: number, skin: number, periodic: readonly boolean[]) {
    this.cutoff = cutoff;
    this.skin = skin;
    this.periodic = periodic;
  }

  /** Remembers the positions and the cell that a list was made for. */
  remember(positions: Float64Array, cell: ArrayLike<number>): void {
    if (this.reference.length !== positions.length) this.reference = new Float64Array(positions.length);
    this.reference.set(positions);
    for (let k = 0; k < 9; k++) this.cell[k] = cell[k];
    this.inverseCell = inverse(completedCell(cell, this.periodic));
    this.built = true;
  }

  /** Forgets, so that the next question is answered with yes. */
  invalidate(): void {
    this.built = false;
  }

  /** Whether pairs could be missing. NaN positions answer yes: building then names the atom. */
  outdated(positions: Float64Array, cell: ArrayLike<number>): boolean {
    const { reference } = this;
    if (!this.built || reference.length !== positions.length) return true;
    if (this.sameCell(cell)) {
      const limit = (this.skin / 2) ** 2;
      for (let k = 0; k < positions.length; k += 3) {
        const dx = positions[k] - reference[k];
        const dy = positions[k + 1] - reference[k + 1];
        const dz = positions[k + 2] - reference[k + 2];
        if (!(dx * dx + dy * dy + dz * dz <= limit)) return true;
      }
      return false;
    }
    return this.outdatedAfterDeformation(positions, cell);
  }

  private sameCell(cell: ArrayLike<number>): boolean {
    for (let k = 0; k < 9; k++) {
      if (cell[k] !== this.cell[k]) return false;
    }
    return true;
  }

  private outdatedAfterDeformation(positions: Float64Array, cell: ArrayLike<number>): boolean {
    const { reference, inverseCell } = this;
    const full = completedCell(cell, this.periodic);
    const f = new Float64Array(9); // F = cell₀⁻¹ · cell
    let strain = 0; // Frobenius norm of F − 1, an upper bound of 1 − σ_min
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        f[3 * a + b] =
          inverseCell[3 * a] * full[b] +
          inverseCell[3 * a + 1] * full[3 + b] +
          inverseCell[3 * a + 2] * full[6 + b];
        strain = Math.hypot(strain, f[3 * a + b] - (a === b ? 1 : 0));
      }
    }
    const reachable = ((1 - strain) * (this.cutoff + this.skin) - this.cutoff) / 2;
    if (!(reachable >= 0)) return true;
    const limit = reachable * reachable;
    for (let k = 0; k < positions.length; k += 3) {
      const [x, y, z] = [reference[k], reference[k + 1], reference[k + 2]];
      const dx = positions[k] - (x * f[0] + y * f[3] + z * f[6]);
      const dy = positions[k + 1] - (x * f[1] + y * f[4] + z * f[7]);
      const dz = positions[k + 2] - (x * f[2] + y * f[5] + z * f[8]);
      if (!(dx * dx + dy * dy + dz * dz <= limit)) return true;
    }
    return false;
  }
}
