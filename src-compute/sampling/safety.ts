/** Sentences for simulations that cannot start or cannot go on. */
import { SimulationError } from '../errors.ts';
import type { Evaluation } from '../potentials/potential.ts';
import { completedCell, inverse } from '../structure/cell.ts';
import type { ParticleSystem } from './system.ts';

/** Forces above this at the start mean overlapping atoms, eV/Å. */
const LARGEST_FORCE = 1e4;

/** Atom with the largest force, and that force in eV/Å; a force that is not a number counts as the largest. */
export function largestForce(forces: Float64Array): { atom: number; force: number } {
  let atom = 0;
  let largest = -1;
  for (let k = 0; k < forces.length; k += 3) {
    const force = Math.sqrt(forces[k] ** 2 + forces[k + 1] ** 2 + forces[k + 2] ** 2);
    if (!(force <= largest)) {
      atom = k / 3;
      largest = force;
      if (Number.isNaN(force)) break;
    }
  }
  return { atom, force: largest };
}

/** Nearest other atom (or own image) of one atom, and its distance in Å. */
function nearestNeighbour(system: ParticleSystem, atom: number): { other: number; distance: number } {
  const { positions: r, periodic } = system;
  const cell = completedCell(system.cell, periodic);
  const inv = inverse(cell);
  let other = atom;
  let closest = Infinity;
  for (let j = 0; j < system.count; j++) {
    if (j === atom) continue;
    const d = [0, 1, 2].map((a) => r[3 * j + a] - r[3 * atom + a]);
    const s = [0, 1, 2].map((b) => d[0] * inv[b] + d[1] * inv[3 + b] + d[2] * inv[6 + b]);
    const whole = s.map((x, axis) => (periodic[axis] ? Math.round(x) : 0));
    const image = d.map((x, a) => x - whole[0] * cell[a] - whole[1] * cell[3 + a] - whole[2] * cell[6 + a]);
    const distance = Math.hypot(...image);
    if (distance < closest) {
      closest = distance;
      other = j;
    }
  }
  return { other, distance: closest };
}

/**
 * Refuses a start from overlapping atoms or with an energy that is no number.
 * @throws SimulationError naming the atoms
 */
export function requireUsableStart(system: ParticleSystem, result: Evaluation): void {
  const { atom, force } = largestForce(result.forces);
  if (Number.isFinite(result.energy) && force < LARGEST_FORCE) return;
  const { other, distance } = nearestNeighbour(system, atom);
  const near =
    other === atom ? '' : ` Its nearest neighbour, atom ${other + 1}, is ${distance.toPrecision(3)} Å away.`;
  throw new SimulationError(
    `The simulation cannot start: the force on atom ${atom + 1} (${system.symbols[system.kinds[atom]]}) is ${force.toPrecision(3)} eV/Å.${near}`,
    { remedy: 'Atoms seem to overlap: check the structure, or relax it first.' },
  );
}

/** The sentence for a run that explodes. */
export function explosionMessage(
  system: ParticleSystem,
  result: Evaluation,
  step: number,
  atom: number,
  displacement: number,
): string {
  const worst = Number.isFinite(displacement) ? atom : largestForce(result.forces).atom;
  const f = result.forces.subarray(3 * worst, 3 * worst + 3);
  const force = Math.hypot(f[0], f[1], f[2]);
  const symbol = system.symbols[system.kinds[worst]];
  const moved = Number.isFinite(displacement)
    ? `would move ${displacement.toPrecision(3)} Å in one step`
    : 'is lost';
  return `The simulation exploded at step ${step}: atom ${worst + 1} (${symbol}) ${moved}, the force on it is ${force.toPrecision(3)} eV/Å.`;
}
