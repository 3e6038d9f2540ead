/**
 * The state that samplers move: typed arrays of one set of atoms, and the few sums over them.
 *
 * | quantity | field | shape | unit |
 * |---|---|---|---|
 * | r | positions | 3N, never wrapped into the cell | Å |
 * | v | velocities | 3N | Å/fs |
 * | m | masses | N | amu |
 * | 1/m | inverseMasses | N; 0 for fixed atoms | Å/fs² per eV/Å |
 * | h | cell, rows are a, b, c | 9 | Å |
 */
import { SimulationError } from '../errors.ts';
import { volume } from '../structure/cell.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import { atomicWeight } from '../structure/elements.ts';
import { AMU_A2_PER_FS2_IN_EV, BOLTZMANN_EV_PER_K, EV_PER_A_AMU_IN_A_PER_FS2 } from '../units.ts';
import type { Random } from './random.ts';

export interface ParticleSystem {
  readonly count: number;
  readonly symbols: readonly string[];
  readonly kinds: Uint16Array;
  readonly periodic: readonly [boolean, boolean, boolean];
  readonly positions: Float64Array;
  readonly velocities: Float64Array;
  readonly masses: Float64Array;
  readonly inverseMasses: Float64Array;
  readonly cell: Float64Array;
  /** 1 for atoms that do not move. */
  readonly fixed: Uint8Array;
  /** Whether the total momentum is kept at zero. */
  readonly momentumRemoved: boolean;
  /** Number of independent velocity components. */
  readonly degreesOfFreedom: number;
}

/**
 * Copies a configuration into a system.
 * @param options.fixed mask of atoms that do not move
 * @param options.removeMomentum keep the centre of mass at rest; default: when no atom is fixed and there are several
 * @throws SimulationError for atoms without a mass and when nothing can move
 */
export function createSystem(
  configuration: Configuration,
  options: { fixed?: Uint8Array; removeMomentum?: boolean } = {},
): ParticleSystem {
  const count = atomCount(configuration);
  const fixed = options.fixed ?? new Uint8Array(count);
  if (fixed.length !== count)
    throw new SimulationError(`The mask of fixed atoms has ${fixed.length} entries for ${count} atoms.`);
  const masses = configuration.masses?.slice() ?? standardMasses(configuration);
  const bad = masses.findIndex((m) => !(m > 0) || !Number.isFinite(m));
  if (bad >= 0)
    throw new SimulationError(
      `Atom ${bad + 1} has the mass ${masses[bad]} amu; a positive number was expected.`,
    );
  const free = count - fixed.reduce((sum, flag) => sum + (flag ? 1 : 0), 0);
  if (free === 0)
    throw new SimulationError('No atom can move: the structure is empty or every atom is fixed.');
  const momentumRemoved = options.removeMomentum ?? (free === count && count > 1);
  if (momentumRemoved && free < count) {
    throw new SimulationError('The centre of mass cannot be held at rest while atoms are fixed.', {
      remedy: 'Switch one of the two off.',
    });
  }
  return {
    count,
    symbols: configuration.symbols,
    kinds: configuration.kinds.slice(),
    periodic: configuration.periodic,
    positions: configuration.positions.slice(),
    // a velocity of a fixed atom would move it: nothing ever slows it down
    velocities: Float64Array.from({ length: 3 * count }, (_, k) =>
      fixed[Math.floor(k / 3)] ? 0 : (configuration.velocities?.[k] ?? 0),
    ),
    masses,
    inverseMasses: masses.map((m, i) => (fixed[i] ? 0 : EV_PER_A_AMU_IN_A_PER_FS2 / m)),
    cell: configuration.cell.slice(),
    fixed,
    momentumRemoved,
    degreesOfFreedom: 3 * free - (momentumRemoved ? 3 : 0),
  };
}

/** Standard atomic weights of the symbols. */
function standardMasses(configuration: Configuration): Float64Array {
  return Float64Array.from(configuration.kinds, (kind) => {
    const mass = atomicWeight(configuration.symbols[kind]);
    if (mass === undefined) {
      throw new SimulationError(`${configuration.symbols[kind]} is no element, so its mass is not known.`, {
        remedy: 'Give element symbols, or a masses column in the structure.',
      });
    }
    return mass;
  });
}

/** The system as a configuration (copies), for trajectories and analyses. */
export function toConfiguration(system: ParticleSystem): Configuration {
  return {
    symbols: system.symbols,
    kinds: system.kinds.slice(),
    positions: system.positions.slice(),
    cell: system.cell.slice(),
    periodic: system.periodic,
    velocities: system.velocities.slice(),
    masses: system.masses.slice(),
  };
}

/**
 * Kinetic energy, eV.
 * @param atoms mask of the atoms that count; all when absent
 */
export function kineticEnergy(system: ParticleSystem, atoms?: Uint8Array): number {
  const { velocities: v, masses, fixed } = system;
  let twice = 0;
  for (let i = 0, k = 0; i < system.count; i++, k += 3) {
    if (fixed[i] || (atoms !== undefined && atoms[i] === 0)) continue;
    twice += masses[i] * (v[k] * v[k] + v[k + 1] * v[k + 1] + v[k + 2] * v[k + 2]);
  }
  return 0.5 * AMU_A2_PER_FS2_IN_EV * twice;
}

/** Temperature of a kinetic energy, K. */
export function temperatureOf(system: ParticleSystem, kinetic: number): number {
  return (2 * kinetic) / (system.degreesOfFreedom * BOLTZMANN_EV_PER_K);
}

/**
 * Instantaneous stress σ = −(Σ m v vᵀ + W)/V, tension positive: writes σ_xx, σ_yy, σ_zz.
 * @param virial W, eV; 9
 * @param out eV/Å³; 3
 */
export function normalStresses(system: ParticleSystem, virial: Float64Array, out: Float64Array): void {
  const { velocities: v, masses, fixed, count } = system;
  out.fill(0);
  for (let i = 0, k = 0; i < count; i++, k += 3) {
    if (fixed[i]) continue;
    const m = masses[i] * AMU_A2_PER_FS2_IN_EV;
    for (let a = 0; a < 3; a++) out[a] += m * v[k + a] * v[k + a];
  }
  const cell = volume(system.cell);
  for (let a = 0; a < 3; a++) out[a] = -(out[a] + virial[4 * a]) / cell;
}

/** Instantaneous pressure (2K + tr W)/(3V), eV/Å³. */
export function pressureOf(system: ParticleSystem, kinetic: number, virial: Float64Array): number {
  return (2 * kinetic + virial[0] + virial[4] + virial[8]) / (3 * volume(system.cell));
}

/** The atom with the largest speed, and that speed in Å/fs. */
export function fastestAtom(system: ParticleSystem): { atom: number; speed: number } {
  const v = system.velocities;
  let atom = 0;
  let largest = -1;
  for (let i = 0, k = 0; i < system.count; i++, k += 3) {
    const square = v[k] * v[k] + v[k + 1] * v[k + 1] + v[k + 2] * v[k + 2];
    // a velocity that is not a number is the fastest of all
    if (!(square <= largest)) {
      largest = square;
      atom = i;
      if (Number.isNaN(square)) break;
    }
  }
  return { atom, speed: Math.sqrt(largest) };
}

/** Subtracts the velocity of the centre of mass. */
export function removeMomentum(system: ParticleSystem, velocities = system.velocities): void {
  let [px, py, pz, total] = [0, 0, 0, 0];
  for (let i = 0, k = 0; i < system.count; i++, k += 3) {
    const m = system.masses[i];
    total += m;
    px += m * velocities[k];
    py += m * velocities[k + 1];
    pz += m * velocities[k + 2];
  }
  for (let k = 0; k < velocities.length; k += 3) {
    velocities[k] -= px / total;
    velocities[k + 1] -= py / total;
    velocities[k + 2] -= pz / total;
  }
}

/**
 * Draws velocities from the Maxwell distribution on the free components (momentum removed where the system says so).
 * @param temperature K
 * @param exact scale to exactly this kinetic temperature, as is usual at the start of MD
 */
export function maxwellVelocities(
  system: ParticleSystem,
  temperature: number,
  random: Random,
  exact = false,
): void {
  const kT = BOLTZMANN_EV_PER_K * temperature;
  const v = system.velocities;
  for (let i = 0, k = 0; i < system.count; i++, k += 3) {
    const width = Math.sqrt(kT * system.inverseMasses[i]);
    v[k] = width * random.normal();
    v[k + 1] = width * random.normal();
    v[k + 2] = width * random.normal();
  }
  // the mass-weighted projection of a Maxwell sample is a Maxwell sample of the remaining components
  if (system.momentumRemoved) removeMomentum(system);
  if (!exact) return;
  const now = temperatureOf(system, kineticEnergy(system));
  if (now > 0) scaleVelocities(system, Math.sqrt(temperature / now));
}

/**
 * Multiplies velocities.
 * @param atoms mask of the atoms whose velocities are multiplied; all when absent
 */
export function scaleVelocities(system: ParticleSystem, factor: number, atoms?: Uint8Array): void {
  const v = system.velocities;
  for (let i = 0, k = 0; i < system.count; i++, k += 3) {
    if (atoms !== undefined && atoms[i] === 0) continue;
    v[k] *= factor;
    v[k + 1] *= factor;
    v[k + 2] *= factor;
  }
}

/**
 * Number of independent velocity components of a group of atoms.
 * @param atoms mask of the group; all when absent. The momentum of a part is never held at zero.
 */
export function degreesOfFreedomOf(system: ParticleSystem, atoms?: Uint8Array): number {
  if (atoms === undefined) return system.degreesOfFreedom;
  let count = 0;
  for (let i = 0; i < system.count; i++) if (atoms[i] !== 0 && !system.fixed[i]) count++;
  return 3 * count;
}
