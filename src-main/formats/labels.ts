/** Names under which files keep energies, forces and virials, and the conversions to this program's conventions. */
import { volume } from '../../src-compute/structure/cell.ts';

/** Usual names of the total energy, the first that a file has is taken. */
export const ENERGY_KEYS: readonly string[] = [
  'energy',
  'free_energy',
  'total_energy',
  'potential_energy',
  'dft_energy',
  'ref_energy',
  'energy_ref',
  'energy_dft',
  'totenergy',
  'toten',
  'energies_total',
  'e_tot',
  'etot',
];

/** Usual names of the forces. */
export const FORCES_KEYS: readonly string[] = [
  'forces',
  'force',
  'dft_forces',
  'dft_force',
  'ref_forces',
  'ref_force',
  'forces_ref',
  'forces_dft',
  'force_dft',
  'f',
];

/** Usual names of the virial W (eV). */
export const VIRIAL_KEYS: readonly string[] = [
  'virial',
  'virials',
  'dft_virial',
  'dft_virials',
  'ref_virial',
  'ref_virials',
  'virial_ref',
];

/** Usual names of the stress σ (eV/Å³, tension positive). */
export const STRESS_KEYS: readonly string[] = ['stress', 'dft_stress', 'ref_stress', 'stress_ref'];

/** Usual names of per-atom energies. */
export const ATOM_ENERGY_KEYS: readonly string[] = [
  'energies',
  'local_energy',
  'atomic_energy',
  'atom_energy',
  'site_energy',
  'node_energy',
];

/** The key that the file uses: the caller's, or the first usual one, in any case of letters. */
export function findKey(
  present: Iterable<string>,
  usual: readonly string[],
  wanted?: string,
): string | undefined {
  const names = [...present];
  if (wanted !== undefined) return names.find((name) => name === wanted);
  for (const key of usual) {
    const found = names.find((name) => name === key) ?? names.find((name) => name.toLowerCase() === key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Full 3 × 3 tensor (row-major) from 9 components or from 6 in Voigt's order xx yy zz yz xz xy; undefined otherwise. */
export function tensorFromComponents(values: ArrayLike<number>): Float64Array | undefined {
  if (values.length === 9) return Float64Array.from(values);
  if (values.length === 6) {
    const [xx, yy, zz, yz, xz, xy] = Array.from(values);
    return Float64Array.of(xx, xy, xz, xy, yy, yz, xz, yz, zz);
  }
  return undefined;
}

/**
 * Makes a tensor symmetric in place.
 * @returns largest difference of mirrored components
 */
export function symmetrise(tensor: Float64Array): number {
  let largest = 0;
  for (const [a, b] of [
    [1, 3],
    [2, 6],
    [5, 7],
  ]) {
    largest = Math.max(largest, Math.abs(tensor[a] - tensor[b]));
    if (tensor[a] !== tensor[b]) tensor[a] = tensor[b] = 0.5 * (tensor[a] + tensor[b]);
  }
  return largest;
}

/**
 * Virial from stress, W = −σV (PHYSICS.md): σ in eV/Å³ with tension positive, W in eV.
 * @param factor eV/Å³ in the unit and sign of the stress given: −1/EV_PER_A3_IN_KBAR for VASP's "in kB"
 */
export function virialFromStress(
  stress: ArrayLike<number>,
  cell: ArrayLike<number>,
  factor = 1,
): Float64Array {
  const v = volume(cell);
  const virial = Float64Array.from(stress, (component) => -component * factor * v);
  for (let k = 0; k < 9; k++) if (virial[k] === 0) virial[k] = 0; // no negative zeros
  return virial;
}

/** Tensor times −1 where the caller says that the file's sign is the other one. */
export function withSign(tensor: Float64Array, sign: 1 | -1 | undefined): Float64Array {
  return sign === -1 ? tensor.map((component) => -component) : tensor;
}
