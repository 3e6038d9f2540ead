/**
 * Motion in a trajectory of equally spaced frames: mean-square displacement and diffusion, velocity autocorrelation and
 * the vibrational density of states. Averages run over atoms and all time origins; correlations by FFT
 * (Calandrini et al., Collection SFN 12 (2011) 201, eqs. 12–16).
 */
import FFT from 'fft.js';
import { SimulationError } from '../errors.ts';
import { completedCell, inverse } from '../structure/cell.ts';

/** Frames of one quantity: 3N numbers each. */
export type VectorFrames = readonly ArrayLike<number>[];

/**
 * Removes jumps through periodic boundaries, assuming that no atom moves half a cell between frames.
 * @param cells 9 numbers per frame
 */
export function unwrapFrames(
  frames: VectorFrames,
  cells: VectorFrames,
  periodic: readonly [boolean, boolean, boolean],
): Float64Array[] {
  const out: Float64Array[] = [];
  frames.forEach((frame, t) => {
    const now = Float64Array.from(frame);
    if (t > 0 && periodic.some(Boolean)) {
      const cell = completedCell(cells[t], periodic);
      const inv = inverse(cell);
      const before = out[t - 1];
      for (let k = 0; k < now.length; k += 3) {
        const d = [now[k] - before[k], now[k + 1] - before[k + 1], now[k + 2] - before[k + 2]];
        for (let axis = 0; axis < 3; axis++) {
          if (!periodic[axis]) continue;
          const s = d[0] * inv[axis] + d[1] * inv[3 + axis] + d[2] * inv[6 + axis];
          const whole = Math.round(s);
          for (let a = 0; a < 3; a++) now[k + a] -= whole * cell[3 * axis + a];
        }
      }
    }
    out.push(now);
  });
  return out;
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
  const relative = frames.map((frame) => Float64Array.from(frame, (x, k) => x - origin[k]));
  const squares = relative.map((frame) => coordinates.reduce((sum, k) => sum + frame[k] ** 2, 0));
  const cross = correlate(relative, lags, coordinates, () => 1);
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
