/**
 * Motion in a trajectory of equally spaced frames: mean-square displacement and diffusion, velocity autocorrelation and
 * the vibrational density of states. Averages run over atoms and all time origins; correlations by FFT
 * (Calandrini et al., Collection SFN 12 (2011) 201, eqs. 12–16).
 */
import FFT from 'fft.js';
import { SimulationError } from '../errors.ts';
import { independentMean } from '../sampling/mean-error.ts';
import { completedCell, inverse } from '../structure/cell.ts';

/** Frames of one quantity: 3N numbers each. */
export type VectorFrames = readonly ArrayLike<number>[];

/**
 * Unwrapped positions as an observer sees them who moves with the cell: what remains is the motion of atoms relative to
 * each other. Fractional coordinates are followed from frame to frame and multiplied by the mean cell, so that neither a
 * breathing nor a rotating cell (barostats) counts as displacement; the rotation goes because each cell enters by its
 * metric, h hᵀ = L Lᵀ with L lower triangular. The centre of mass is subtracted, unless an atom stands still throughout:
 * fixed atoms are a frame of reference themselves.
 * @param frames positions, Å, 3N per frame; wrapped or not, no atom moving half a cell between frames
 * @param cells 9 numbers per frame
 * @param masses one per atom
 * @returns positions in the frame of the mean cell, Å
 */
export function cellFrame(
  frames: VectorFrames,
  cells: VectorFrames,
  periodic: readonly [boolean, boolean, boolean],
  masses: ArrayLike<number>,
): Float64Array[] {
  const mean = new Float64Array(9);
  const fractions: Float64Array[] = [];
  frames.forEach((frame, t) => {
    const cell = completedCell(cells[t], periodic);
    const inv = inverse(cell);
    const lower = lowerTriangular(cell);
    for (let k = 0; k < 9; k++) mean[k] += lower[k] / frames.length;
    const before = fractions[t - 1];
    const now = new Float64Array(frame.length);
    for (let k = 0; k < now.length; k += 3) {
      for (let axis = 0; axis < 3; axis++) {
        const s = frame[k] * inv[axis] + frame[k + 1] * inv[3 + axis] + frame[k + 2] * inv[6 + axis];
        now[k + axis] = before && periodic[axis] ? s - Math.round(s - before[k + axis]) : s;
      }
    }
    fractions.push(now);
  });
  if (!someAtomStands(fractions)) for (const now of fractions) removeCentre(now, masses);
  for (const s of fractions) {
    for (let k = 0; k < s.length; k += 3) {
      const [a, b, c] = [s[k], s[k + 1], s[k + 2]];
      for (let axis = 0; axis < 3; axis++) {
        s[k + axis] = a * mean[axis] + b * mean[3 + axis] + c * mean[6 + axis];
      }
    }
  }
  return fractions;
}

/** L with L Lᵀ = h hᵀ: the cell turned so that a lies along x and b in the plane of x and y. */
function lowerTriangular(h: Float64Array): Float64Array {
  const dot = (i: number, j: number) =>
    h[3 * i] * h[3 * j] + h[3 * i + 1] * h[3 * j + 1] + h[3 * i + 2] * h[3 * j + 2];
  const a = Math.sqrt(dot(0, 0));
  const bx = dot(1, 0) / a;
  const by = Math.sqrt(dot(1, 1) - bx * bx);
  const cx = dot(2, 0) / a;
  const cy = (dot(2, 1) - bx * cx) / by;
  const cz = Math.sqrt(dot(2, 2) - cx * cx - cy * cy);
  return Float64Array.of(a, 0, 0, bx, by, 0, cx, cy, cz);
}

/** Fractional coordinates that change by less do not move. */
const STANDING = 1e-9;

function someAtomStands(fractions: readonly Float64Array[]): boolean {
  const [first] = fractions;
  const moves = (k: number) => fractions.some((now) => Math.abs(now[k] - first[k]) > STANDING);
  for (let k = 0; k < first.length; k += 3) if (!moves(k) && !moves(k + 1) && !moves(k + 2)) return true;
  return false;
}

function removeCentre(frame: Float64Array, masses: ArrayLike<number>): void {
  const centre = [0, 0, 0];
  let total = 0;
  for (let i = 0; 3 * i < frame.length; i++) {
    total += masses[i];
    for (let axis = 0; axis < 3; axis++) centre[axis] += masses[i] * frame[3 * i + axis];
  }
  for (let k = 0; k < frame.length; k++) frame[k] -= centre[k % 3] / total;
}

/** Σ over coordinates of Σ_t x(t) x(t + m) for m = 0 … lags, for the given coordinates (weighted). */
function correlate(
  frames: VectorFrames,
  lags: number,
  coordinates: readonly number[],
  weight: (k: number) => number,
) {
  const length = frames.length;
  let size = 2;
  while (size < 2 * length) size *= 2;
  const fft = new FFT(size);
  const input = new Float64Array(2 * size);
  const spectrum = new Float64Array(2 * size);
  const power = new Float64Array(2 * size);
  for (const k of coordinates) {
    input.fill(0);
    for (let t = 0; t < length; t++) input[2 * t] = frames[t][k];
    fft.transform(spectrum, input);
    const w = weight(k);
    for (let f = 0; f < 2 * size; f += 2) power[f] += w * (spectrum[f] ** 2 + spectrum[f + 1] ** 2);
  }
  fft.inverseTransform(spectrum, power);
  return Float64Array.from({ length: lags + 1 }, (_, m) => spectrum[2 * m]);
}

const coordinatesOf = (atoms: readonly number[]) => atoms.flatMap((i) => [3 * i, 3 * i + 1, 3 * i + 2]);

function checkLags(frames: VectorFrames, lags: number): void {
  if (frames.length < 2) throw new SimulationError('A correlation in time needs at least two frames.');
  if (!Number.isInteger(lags) || lags < 1 || lags >= frames.length) {
    throw new SimulationError(
      `The longest lag should be from 1 to ${frames.length - 1} frames, and is ${lags}.`,
    );
  }
}

export interface Displacement {
  /** fs */
  readonly time: Float64Array;
  /** ⟨|r(t) − r(0)|²⟩, Å² */
  readonly msd: Float64Array;
}

/**
 * Mean-square displacement.
 * @param frames unwrapped positions, Å
 * @param interval time between frames, fs
 * @param atoms which atoms; all when absent
 */
export function meanSquareDisplacement(
  frames: VectorFrames,
  interval: number,
  lags: number,
  atoms?: readonly number[],
): Displacement {
  checkLags(frames, lags);
  const chosen = atoms ?? Array.from({ length: frames[0].length / 3 }, (_, i) => i);
  const coordinates = coordinatesOf(chosen);
  const length = frames.length;
  // relative to the first frame: the two large terms below then cancel without loss
  const origin = frames[0];
  const relative = frames.map((frame) => Float64Array.from(coordinates, (k) => frame[k] - origin[k]));
  const squares = relative.map((frame) => frame.reduce((sum, x) => sum + x * x, 0));
  const cross = correlate(relative, lags, Array.from(coordinates.keys()), () => 1);
  const msd = new Float64Array(lags + 1);
  let both = 2 * squares.reduce((a, b) => a + b, 0);
  for (let m = 0; m <= lags; m++) {
    if (m > 0) both -= squares[m - 1] + squares[length - m];
    msd[m] = Math.max(0, (both - 2 * cross[m]) / ((length - m) * chosen.length));
  }
  msd[0] = 0;
  return { time: Float64Array.from({ length: lags + 1 }, (_, m) => m * interval), msd };
}

/**
 * Diffusion coefficient from the slope of the mean-square displacement in a window, D = slope/6.
 * @returns Å²/fs; 1 Å²/fs = 10⁻⁵ m²/s
 */
export function diffusionCoefficient({ time, msd }: Displacement, from = 0.2, to = 0.8): number {
  const first = Math.floor(from * (time.length - 1));
  const last = Math.max(first + 1, Math.floor(to * (time.length - 1)));
  let [n, st, sy, stt, sty] = [0, 0, 0, 0, 0];
  for (let k = first; k <= last; k++) {
    n++;
    st += time[k];
    sy += msd[k];
    stt += time[k] ** 2;
    sty += time[k] * msd[k];
  }
  return (n * sty - st * sy) / (n * stt - st * st) / 6;
}

/** From this number of atoms on their scatter tells the error of a diffusion coefficient; below it, parts of the run do. */
const MANY_ATOMS = 10;
/** Parts of the run, and the frames that one needs. */
const PARTS = 5;
const FRAMES_PER_PART = 8;

/**
 * Diffusion coefficient with its ± (mean-error.ts). Longer lags than a quarter of the trajectory have too few independent
 * origins to add anything but noise. Each of many atoms gives a slope of its own, and their scatter the error; of few
 * atoms, five consecutive parts of the trajectory do, with lags up to half a part.
 * @param frames unwrapped positions, Å
 * @param interval time between frames, fs
 * @param atoms which atoms; all when absent
 * @returns Å²/fs; no error for few atoms in fewer than 16 frames
 */
export function diffusionEstimate(
  frames: VectorFrames,
  interval: number,
  atoms: readonly number[] = Array.from({ length: frames[0].length / 3 }, (_, i) => i),
): { value: number; error: number | null } {
  const over = (part: VectorFrames, lags: number, chosen: readonly number[]) =>
    diffusionCoefficient(meanSquareDisplacement(part, interval, Math.max(1, lags), chosen));
  if (atoms.length >= MANY_ATOMS) {
    const lags = Math.floor(frames.length / 4);
    return independentMean(atoms.map((atom) => over(frames, lags, [atom])));
  }
  const count = Math.min(PARTS, Math.floor(frames.length / FRAMES_PER_PART));
  if (count < 2) return { value: over(frames, Math.floor(frames.length / 4), atoms), error: null };
  const size = Math.floor(frames.length / count);
  const parts = Array.from({ length: count }, (_, b) => frames.slice(b * size, (b + 1) * size));
  return independentMean(parts.map((part) => over(part, Math.floor(size / 2), atoms)));
}

export interface VelocityCorrelation {
  /** fs */
  readonly time: Float64Array;
  /** ⟨m v(0)·v(t)⟩/⟨m v²⟩ (mass-weighted, as the density of states wants) */
  readonly vacf: Float64Array;
}

/**
 * Velocity autocorrelation.
 * @param frames velocities
 * @param masses one per atom; equal masses when absent
 */
export function velocityAutocorrelation(
  frames: VectorFrames,
  interval: number,
  lags: number,
  masses?: ArrayLike<number>,
  atoms?: readonly number[],
): VelocityCorrelation {
  checkLags(frames, lags);
  const chosen = atoms ?? Array.from({ length: frames[0].length / 3 }, (_, i) => i);
  const raw = correlate(frames, lags, coordinatesOf(chosen), (k) => masses?.[Math.floor(k / 3)] ?? 1);
  const length = frames.length;
  const first = raw[0] / length;
  return {
    time: raw.map((_, m) => m * interval),
    vacf: raw.map((x, m) => x / (length - m) / first),
  };
}

export interface DensityOfStates {
  /** THz */
  readonly frequency: Float64Array;
  /** per THz; integrates to 1 */
  readonly density: Float64Array;
}

/**
 * Vibrational density of states: cosine transform of the velocity autocorrelation with a Hann window.
 * @param points number of frequencies up to the Nyquist frequency of the frames
 */
export function vibrationalDensityOfStates(
  { time, vacf }: VelocityCorrelation,
  points = 400,
): DensityOfStates {
  const lags = vacf.length - 1;
  const interval = time[1] - time[0];
  const nyquist = 500 / interval; // THz
  const frequency = Float64Array.from({ length: points }, (_, k) => ((k + 0.5) * nyquist) / points);
  const density = frequency.map((f) => {
    let sum = 0;
    for (let m = 0; m <= lags; m++) {
      const window = Math.cos((Math.PI * m) / (2 * (lags + 1))) ** 2;
      const angle = 2e-3 * Math.PI * f * time[m];
      sum += (m === 0 ? 0.5 : 1) * window * vacf[m] * Math.cos(angle);
    }
    return Math.max(0, sum);
  });
  const area = density.reduce((a, b) => a + b, 0) * (nyquist / points);
  return { frequency, density: density.map((x) => x / area) };
}
