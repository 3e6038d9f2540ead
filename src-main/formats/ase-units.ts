/** Momenta as ASE keeps them: its unit of time is Å √(amu/eV), so that p = v m in √(amu eV). */
import { AMU_A2_PER_FS2_IN_EV } from '../../src-compute/units.ts';
import { atomicWeight } from '../../src-compute/structure/elements.ts';

const UNIT = Math.sqrt(AMU_A2_PER_FS2_IN_EV);

/** Masses of atoms, amu: those of the file where it has some, else standard weights; NaN for names of no element. */
export function massesOf(symbols: readonly string[], masses: Float64Array | undefined): Float64Array {
  return masses ?? Float64Array.from(symbols, (symbol) => atomicWeight(symbol) ?? NaN);
}

/** v = p/m, Å/fs. @param momenta 3 per atom, √(amu eV) */
export function velocitiesOfMomenta(momenta: Float64Array, masses: Float64Array): Float64Array {
  return momenta.map((p, k) => p / (masses[Math.floor(k / 3)] * UNIT));
}

/** p = v m, √(amu eV). @param velocities 3 per atom, Å/fs */
export function momentaOfVelocities(velocities: Float64Array, masses: Float64Array): Float64Array {
  return velocities.map((v, k) => v * masses[Math.floor(k / 3)] * UNIT);
}
