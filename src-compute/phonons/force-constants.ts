/**
 * Force constants Φ_αβ(0b, j) = ∂²E/∂u_α(0b)∂u_β(j) = −∂F_β(j)/∂u_α(0b) from the forces on displaced supercells; Parlinski,
 * Li and Kawazoe, Phys. Rev. Lett. 78 (1997) 4063. Images under the operations of the site are fitted together; other
 * atoms of the cell follow by operations that lead to them.
 */
import type { ForceEngine } from '../potentials/potential.ts';
import { inverse } from '../structure/cell.ts';
import type { PhononCrystal } from './crystal.ts';
import { siteOperations, turned, type Displacement } from './displacements.ts';

/** Φ of each atom of the primitive cell with each atom of the supercell, eV/Å²; basis × atoms × 9. */
export interface ForceConstants {
  readonly crystal: PhononCrystal;
  readonly values: Float64Array;
  /** Largest sum over j of Φ_αβ(0b, j) before it was made zero, eV/Å²: what numerical noise did to it. */
  readonly drift: number;
}

/** Forces on the displaced supercells less those on the undisplaced one, eV/Å; 3 × atoms each. */
export async function displacedForces(
  crystal: PhononCrystal,
  displacements: readonly Displacement[],
  engine: ForceEngine,
  onProgress?: (fraction: number) => Promise<void> | void,
): Promise<Float64Array[]> {
  const { positions, cell } = crystal.supercell;
  const at = async (moved: Float64Array) => {
    engine.forgetNeighbours();
    const pending = engine.compute(moved, cell);
    if (pending) await pending;
    return engine.result.forces.slice();
  };
  const rest = await at(positions);
  const found: Float64Array[] = [];
  for (const [k, { atom, vector }] of displacements.entries()) {
    const moved = positions.slice();
    for (let a = 0; a < 3; a++) moved[3 * atom + a] += vector[a];
    const forces = await at(moved);
    for (let i = 0; i < forces.length; i++) forces[i] -= rest[i];
    found.push(forces);
    await onProgress?.((k + 1) / displacements.length);
  }
  return found;
}

/** Force constants from displacements and the forces that answer them. */
export function forceConstants(
  crystal: PhononCrystal,
  displacements: readonly Displacement[],
  forces: readonly Float64Array[],
): ForceConstants {
  const { atoms, basis } = crystal;
  const values = new Float64Array(basis * atoms * 9);
  for (const atom of new Set(displacements.map((displacement) => displacement.atom))) {
    const block = fitBlock(
      crystal,
      atom,
      displacements.flatMap((displacement, k) =>
        displacement.atom === atom ? [{ vector: displacement.vector, forces: forces[k] }] : [],
      ),
    );
    distribute(crystal, atom, block, values);
  }
  const drift = symmetrise(crystal, values);
  return { crystal, values, drift };
}

/** Φ of one atom by least squares over the displacements and their images. */
function fitBlock(
  crystal: PhononCrystal,
  atom: number,
  answers: readonly { readonly vector: readonly number[]; readonly forces: Float64Array }[],
): Float64Array {
  const { atoms } = crystal;
  const moments = new Float64Array(9);
  const products = new Float64Array(9 * atoms);
  for (const operation of siteOperations(crystal, atom)) {
    const { rotation: r } = operation;
    const to = crystal.permutation(operation, atom);
    for (const { vector, forces } of answers) {
      const u = turned(r, vector);
      for (let k = 0; k < 9; k++) moments[k] += u[Math.floor(k / 3)] * u[k % 3];
      for (let j = 0; j < atoms; j++) {
        const at = 9 * to[j];
        for (let b = 0; b < 3; b++) {
          const f =
            r[3 * b] * forces[3 * j] + r[3 * b + 1] * forces[3 * j + 1] + r[3 * b + 2] * forces[3 * j + 2];
          for (let a = 0; a < 3; a++) products[at + 3 * a + b] += u[a] * f;
        }
      }
    }
  }
  // in units of the displacements: the squares of hundredths of Å look like nothing
  const unit = (moments[0] + moments[4] + moments[8]) / 3;
  const inv = inverse(moments.map((x) => x / unit)).map((x) => x / unit);
  const block = new Float64Array(9 * atoms);
  for (let j = 0; j < atoms; j++)
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++)
        for (let c = 0; c < 3; c++) block[9 * j + 3 * a + b] -= inv[3 * a + c] * products[9 * j + 3 * c + b];
  return block;
}

/** Φ of the atoms that are images of one: R·Φ·Rᵀ. */
function distribute(crystal: PhononCrystal, atom: number, block: Float64Array, values: Float64Array): void {
  const { atoms } = crystal;
  const done = new Set<number>();
  for (const operation of crystal.operations) {
    const target = operation.image[atom];
    if (done.has(target)) continue;
    done.add(target);
    const { rotation: r } = operation;
    const to = crystal.permutation(operation, atom);
    for (let j = 0; j < atoms; j++) {
      const at = 9 * (target * atoms + to[j]);
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) {
          let sum = 0;
          for (let c = 0; c < 3; c++)
            for (let d = 0; d < 3; d++) sum += r[3 * a + c] * block[9 * j + 3 * c + d] * r[3 * b + d];
          values[at + 3 * a + b] = sum;
        }
    }
  }
}

/**
 * Makes Φ_αβ(i, j) = Φ_βα(j, i), and Σ_j Φ(i, j) = 0 by the term of the atom with itself.
 * @returns the largest such sum before
 */
function symmetrise(crystal: PhononCrystal, values: Float64Array): number {
  const { atoms, basis } = crystal;
  for (let b = 0; b < basis; b++)
    for (let j = 0; j < atoms; j++) {
      const m = crystal.cellOf(j);
      const other = j % basis;
      const back = crystal.index([-m[0], -m[1], -m[2]], b);
      const [one, two] = [9 * (b * atoms + j), 9 * (other * atoms + back)];
      for (let a = 0; a < 3; a++)
        for (let c = 0; c < 3; c++) {
          const mean = (values[one + 3 * a + c] + values[two + 3 * c + a]) / 2;
          values[one + 3 * a + c] = values[two + 3 * c + a] = mean;
        }
    }
  let drift = 0;
  for (let b = 0; b < basis; b++) {
    const self = 9 * (b * atoms + b);
    const sums = new Float64Array(9);
    for (let j = 0; j < atoms; j++) for (let k = 0; k < 9; k++) sums[k] += values[9 * (b * atoms + j) + k];
    for (let k = 0; k < 9; k++) drift = Math.max(drift, Math.abs(sums[k]));
    // symmetric, or the permutation would be broken again
    for (let a = 0; a < 3; a++)
      for (let c = 0; c < 3; c++) values[self + 3 * a + c] -= (sums[3 * a + c] + sums[3 * c + a]) / 2;
  }
  return drift;
}
