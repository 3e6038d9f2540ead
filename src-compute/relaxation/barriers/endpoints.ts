/** Two ends of a path made fit for it: the same atoms in the same order, the shorter way around, no turn of the cell. */
import { StructureError } from '../../errors.ts';
import { inverse } from '../../structure/cell.ts';
import { atomCount, symbolOf, type Configuration } from '../../structure/configuration.ts';

export interface Ends {
  readonly initial: Configuration;
  /** Positions of the final structure in the frame of the initial cell (3N): straight lines between them are short. */
  readonly finalPositions: Float64Array;
  /** What takes the initial cell to the final one, symmetric, 9. */
  readonly deformation: Float64Array;
  /** Largest distance that an atom goes, Å. */
  readonly furthest: number;
}

/** Atoms that go less than this stay where they are, Å. */
const SAME = 0.05;

/**
 * @throws StructureError when they differ in atoms, order, cell (unless it may change), or not at all
 */
export function pathEnds(initial: Configuration, final: Configuration, cellMayChange: boolean): Ends {
  const n = atomCount(initial);
  if (atomCount(final) !== n) {
    throw new StructureError(`The ends of the path have ${n} and ${atomCount(final)} atoms.`, {
      remedy: 'Both ends need the same atoms in the same order.',
    });
  }
  const other = Array.from({ length: n }, (_, i) => i).find(
    (i) => symbolOf(initial, i) !== symbolOf(final, i),
  );
  if (other !== undefined) {
    throw new StructureError(
      `Atom ${other + 1} is ${symbolOf(initial, other)} at one end of the path and ${symbolOf(final, other)} at the other.`,
      { remedy: 'Both ends need the same atoms in the same order.' },
    );
  }
  const isPeriodic = initial.periodic.some(Boolean);
  const deformation = isPeriodic
    ? stretchOf(initial.cell, final.cell)
    : Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const strain = deformation.reduce((most, x, k) => Math.max(most, Math.abs(x - (k % 4 === 0 ? 1 : 0))), 0);
  if (strain > 1e-6 && !cellMayChange) {
    throw new StructureError('The ends of the path have different cells.', {
      remedy: 'Let the cell change along the path, or give both ends the same cell.',
    });
  }
  const finalPositions = isPeriodic ? shortWay(initial, final) : final.positions.slice();
  let furthest = 0;
  for (let k = 0; k < 3 * n; k += 3)
    furthest = Math.max(
      furthest,
      Math.hypot(...[0, 1, 2].map((a) => finalPositions[k + a] - initial.positions[k + a])),
    );
  if (furthest < SAME && strain < 1e-3) {
    throw new StructureError('The ends of the path are the same structure.', {
      remedy: `No atom goes further than ${furthest.toFixed(3)} Å: give another end.`,
    });
  }
  return { initial, finalPositions, deformation, furthest };
}

/** Final positions by fractional coordinates in the initial cell, each atom by its nearest image; no drift of the whole. */
function shortWay(initial: Configuration, final: Configuration): Float64Array {
  const [from, to] = [inverse(initial.cell), inverse(final.cell)];
  const n = atomCount(initial);
  const fraction = (r: Float64Array, inv: Float64Array, i: number, b: number) =>
    r[3 * i] * inv[b] + r[3 * i + 1] * inv[3 + b] + r[3 * i + 2] * inv[6 + b];
  const steps = new Float64Array(3 * n);
  for (let i = 0; i < n; i++)
    for (let b = 0; b < 3; b++) {
      const step = fraction(final.positions, to, i, b) - fraction(initial.positions, from, i, b);
      steps[3 * i + b] = step - (initial.periodic[b] ? Math.round(step) : 0);
    }
  // most atoms stay: what they share is a shift of the origin
  const shift = [0, 1, 2].map((b) => median(Array.from({ length: n }, (_, i) => steps[3 * i + b])));
  const positions = initial.positions.slice();
  for (let i = 0; i < n; i++)
    for (let b = 0; b < 3; b++) {
      const step = steps[3 * i + b] - (initial.periodic[b] ? shift[b] : 0);
      for (let a = 0; a < 3; a++) positions[3 * i + a] += step * initial.cell[3 * b + a];
    }
  return positions;
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The symmetric part of h₁⁻¹·h₂ (rows are vectors): the stretch without the turn, by Newton's iteration for the turn. */
function stretchOf(first: Float64Array, second: Float64Array): Float64Array {
  const d = times(inverse(first), second);
  let turn = d.slice();
  for (let k = 0; k < 50; k++) {
    const inv = inverse(turn);
    turn = turn.map((x, m) => (x + inv[3 * (m % 3) + Math.floor(m / 3)]) / 2);
  }
  const back = Float64Array.from(turn, (_, m) => turn[3 * (m % 3) + Math.floor(m / 3)]);
  const stretch = times(d, back);
  return stretch.map((x, m) => (x + stretch[3 * (m % 3) + Math.floor(m / 3)]) / 2);
}

function times(a: Float64Array, b: Float64Array): Float64Array {
  return Float64Array.from({ length: 9 }, (_, m) => {
    const [i, j] = [Math.floor(m / 3), m % 3];
    return a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
  });
}
