/** Frames for learners: labelled configurations of the same atoms in the same order. */
import { FitError, StructureError } from '../../errors.ts';
import { atomCount, symbolOf, type Configuration } from '../../structure/configuration.ts';
import type { LabelledFrame } from './learner.ts';

/** Species of a structure by name, and their index per atom; species are in order of first appearance. */
export function speciesOf(structure: Configuration): { species: string[]; index: Int32Array } {
  const species: string[] = [];
  const index = Int32Array.from({ length: atomCount(structure) }, (_, i) => {
    const symbol = symbolOf(structure, i);
    if (!species.includes(symbol)) species.push(symbol);
    return species.indexOf(symbol);
  });
  return { species, index };
}

/**
 * A configuration as a frame of the learner of `structure`.
 * @throws FitError when number or order of the atoms differ, or a label is missing
 */
export function frameOf(structure: Configuration, configuration: Configuration): LabelledFrame {
  requireSameAtoms(structure, configuration);
  const { positions, cell, energy, forces, virial } = configuration;
  if (energy === undefined || forces === undefined) {
    throw new FitError(
      `A frame to learn from should have energy and forces, and this one lacks its ${
        energy === undefined ? 'energy' : 'forces'
      }.`,
    );
  }
  return { positions, cell, energy, forces, virial };
}

/** @throws FitError when number or order of the atoms differ */
export function requireSameAtoms(structure: Configuration, other: Configuration): void {
  const n = atomCount(structure);
  if (atomCount(other) !== n) throw wrongCount(n, atomCount(other));
  for (let i = 0; i < n; i++) {
    if (symbolOf(structure, i) === symbolOf(other, i)) continue;
    throw new FitError(
      `The learner expects ${symbolOf(structure, i)} as atom ${i + 1}, and the frame has ${symbolOf(other, i)} there.`,
      { remedy: 'Keep number and order of the atoms as in the first frame.' },
    );
  }
}

function wrongCount(expected: number, found: number): FitError {
  return new FitError(`The learner was started with ${expected} atoms, and the frame has ${found}.`, {
    remedy: 'Keep number and order of the atoms as in the first frame, or start a new learner.',
  });
}

/**
 * Checks a frame before anything of it is used.
 * @throws FitError for other numbers of atoms and labels that are not finite, StructureError for such positions
 */
export function requireUsableFrame(frame: LabelledFrame, atoms: number): void {
  const { positions, cell, energy, forces, virial } = frame;
  if (positions.length !== 3 * atoms) throw wrongCount(atoms, positions.length / 3);
  if (forces.length !== 3 * atoms) {
    throw new FitError(`Forces on ${atoms} atoms were expected, and there are ${forces.length / 3}.`);
  }
  if (!positions.every(Number.isFinite) || !cell.every(Number.isFinite)) {
    throw new StructureError('A position of the frame to learn from is not a finite number.', {
      remedy: 'What was learned before is kept; look at the step before this one.',
    });
  }
  const bad = !Number.isFinite(energy)
    ? 'energy'
    : !forces.every(Number.isFinite)
      ? 'force'
      : virial && !virial.every(Number.isFinite)
        ? 'virial'
        : undefined;
  if (bad === undefined) return;
  throw new FitError(
    `The reference gave a ${bad} that is not a finite number, so its frame was not learned.`,
    {
      remedy: 'What was learned before is kept; see why the reference calculation failed.',
    },
  );
}

/** A frame of its own memory. */
export function copyFrame({ positions, cell, energy, forces, virial }: LabelledFrame): LabelledFrame {
  return {
    positions: positions.slice(),
    cell: cell.slice(),
    energy,
    forces: forces.slice(),
    ...(virial ? { virial: virial.slice() } : {}),
  };
}

/** Numbers of one stored frame: positions, cell, energy, forces, virial (NaN where absent). */
const frameSize = (atoms: number): number => 6 * atoms + 19;

/** Frames in one array, for saving. */
export function packFrames(frames: readonly LabelledFrame[], atoms: number): Float64Array {
  const size = frameSize(atoms);
  const packed = new Float64Array(frames.length * size);
  frames.forEach(({ positions, cell, energy, forces, virial }, k) => {
    packed.set(positions, k * size);
    packed.set(cell, k * size + 3 * atoms);
    packed[k * size + 3 * atoms + 9] = energy;
    packed.set(forces, k * size + 3 * atoms + 10);
    if (virial) packed.set(virial, k * size + 6 * atoms + 10);
    else packed.fill(NaN, k * size + 6 * atoms + 10, (k + 1) * size);
  });
  return packed;
}

export function unpackFrames(packed: Float64Array, atoms: number): LabelledFrame[] {
  const size = frameSize(atoms);
  return Array.from({ length: Math.floor(packed.length / size) }, (_, k) => {
    const part = packed.subarray(k * size, (k + 1) * size);
    const virial = part.slice(6 * atoms + 10);
    return {
      positions: part.slice(0, 3 * atoms),
      cell: part.slice(3 * atoms, 3 * atoms + 9),
      energy: part[3 * atoms + 9],
      forces: part.slice(3 * atoms + 10, 6 * atoms + 10),
      ...(Number.isNaN(virial[0]) ? {} : { virial }),
    };
  });
}
