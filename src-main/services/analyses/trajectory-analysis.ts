/**
 * Measurements on the frames of a trajectory, wherever they come from: a file, the project. One pass; only what needs
 * correlations in time keeps frames in memory.
 */
import { z } from 'zod';
import {
  commonNeighbourAnalysis,
  LOCAL_STRUCTURES,
} from '../../../src-compute/analysis/common-neighbours.ts';
import {
  cellFrame,
  diffusionEstimate,
  meanSquareDisplacement,
  velocityAutocorrelation,
  vibrationalDensityOfStates,
} from '../../../src-compute/analysis/dynamics.ts';
import { bondAngles, coordinationNumbers } from '../../../src-compute/analysis/local-structure.ts';
import { RadialDistribution } from '../../../src-compute/analysis/radial-distribution.ts';
import { steinhardt } from '../../../src-compute/analysis/steinhardt.ts';
import { StructureFactor } from '../../../src-compute/analysis/structure-factor.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { blockAverage } from '../../../src-compute/sampling/averages.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { atomicWeight } from '../../../src-compute/structure/elements.ts';
import type { Figure } from '../figures/figure.ts';
import type { RecipeValue } from '../recipes/recipe.ts';

export const MEASUREMENTS = [
  'rdf',
  'structure-factor',
  'coordination',
  'angles',
  'displacement',
  'vibrations',
  'bond-order',
  'crystal',
] as const;
export type Measurement = (typeof MEASUREMENTS)[number];

export const trajectoryAnalysisSchema = z.object({
  measure: z.array(z.enum(MEASUREMENTS)).min(1).describe('what to measure'),
  cutoff: z.number().positive().max(100).default(8).describe('largest distance of g(r), Å'),
  bins: z.number().int().min(10).max(100_000).default(200).describe('bins of g(r) and S(q)'),
  largestQ: z.number().positive().max(50).default(8).describe('largest q of S(q), 1/Å'),
  bondLength: z.number().positive().optional().describe('largest bond of coordination, angles and q_l, Å'),
  interval: z
    .number()
    .positive()
    .optional()
    .describe('time between frames, fs; from the file when it says so'),
});
export type TrajectoryAnalysisSettings = z.output<typeof trajectoryAnalysisSchema>;

export interface TrajectoryAnalysis {
  readonly frames: number;
  readonly values: Readonly<Record<string, RecipeValue>>;
  readonly figures: readonly Figure[];
}

/** One measurement that takes frames and ends in numbers and figures. */
interface Meter {
  add(frame: Configuration, time: number): void;
  finish(interval: number): { values: Record<string, RecipeValue>; figures: Figure[] };
}

/**
 * Measures.
 * @param frames configurations of one system, equally spaced in time where motion is measured
 * @throws ForcewrightError when there is no frame, or a measurement lacks what it needs
 */
export async function analyseTrajectory(
  frames: AsyncIterable<Configuration> | Iterable<Configuration>,
  settings: TrajectoryAnalysisSettings,
  onFrame?: (frames: number) => void | Promise<void>,
): Promise<TrajectoryAnalysis> {
  const meters = [...new Set(settings.measure)].map((name) => METERS[name](settings));
  const times: number[] = [];
  for await (const frame of frames) {
    const stated = frame.info?.time_fs;
    const time = typeof stated === 'number' ? stated : times.length * (settings.interval ?? 1);
    times.push(time);
    for (const meter of meters) meter.add(frame, time);
    const pending = onFrame?.(times.length);
    if (pending) await pending;
  }
  if (times.length === 0) throw new ForcewrightError('There is no frame to measure.');
  const interval =
    settings.interval ?? (times.length > 1 ? (times[times.length - 1] - times[0]) / (times.length - 1) : 1);
  const parts = meters.map((meter) => meter.finish(interval));
  return {
    frames: times.length,
    values: Object.assign({}, ...parts.map((part) => part.values)) as Record<string, RecipeValue>,
    figures: parts.flatMap((part) => part.figures),
  };
}

function bondLengthOf(settings: TrajectoryAnalysisSettings): number {
  if (settings.bondLength !== undefined) return settings.bondLength;
  throw new ForcewrightError('Coordination, angles and bond order need the length of the longest bond.', {
    remedy: 'Take the first minimum of g(r).',
  });
}

function massesOf({ masses, kinds, symbols }: Configuration): Float64Array {
  return masses ?? Float64Array.from(kinds, (kind) => atomicWeight(symbols[kind]) ?? 1);
}

const METERS: Record<Measurement, (settings: TrajectoryAnalysisSettings) => Meter> = {
  rdf({ cutoff, bins }) {
    const distribution = new RadialDistribution({ cutoff, bins });
    return {
      add: (frame) => distribution.add(frame),
      finish() {
        const { distances, pairs } = distribution.result;
        const x = Array.from(distances);
        return {
          values: {},
          figures: [
            {
              title: 'Radial distribution function',
              x: { label: 'r (Å)', name: 'r_a' },
              y: { label: 'g(r)', name: 'g' },
              series: pairs.map(({ pair, g }) => ({
                name: pair.join('–'),
                kind: 'line',
                x,
                y: Array.from(g),
              })),
            },
          ],
        };
      },
    };
  },

  'structure-factor'({ largestQ, bins }) {
    const factor = new StructureFactor(largestQ, bins);
    return {
      add: (frame) => factor.add(frame),
      finish() {
        const { q, s } = factor.result;
        return {
          values: {},
          figures: [
            {
              title: 'Structure factor',
              x: { label: 'q (1/Å)', name: 'q_per_a' },
              y: { label: 'S(q)', name: 's' },
              series: [{ name: 'S(q)', kind: 'line', x: Array.from(q), y: Array.from(s) }],
            },
          ],
        };
      },
    };
  },

  coordination(settings) {
    const cutoff = bondLengthOf(settings);
    const counts: number[] = [];
    const means: number[] = [];
    return {
      add(frame) {
        const numbers = coordinationNumbers(frame, cutoff);
        for (const k of numbers) counts[k] = (counts[k] ?? 0) + 1;
        means.push(numbers.reduce((a, b) => a + b, 0) / numbers.length);
      },
      finish() {
        const filled = Array.from({ length: counts.length }, (_, k) => counts[k] ?? 0);
        const total = filled.reduce((a, b) => a + b, 0);
        return {
          values: { coordination: { ...blockAverage(means) } },
          figures: [
            {
              title: `Neighbours within ${cutoff} Å`,
              x: { label: 'neighbours', name: 'neighbours' },
              y: { label: 'fraction of atoms', name: 'fraction' },
              series: [
                {
                  name: 'atoms',
                  kind: 'step',
                  x: Array.from(filled.keys()),
                  y: filled.map((k) => k / total),
                },
              ],
            },
          ],
        };
      },
    };
  },

  angles(settings) {
    const cutoff = bondLengthOf(settings);
    let sum: number[] = [];
    let count = 0;
    let x: number[] = [];
    return {
      add(frame) {
        const { angles, density, count: here } = bondAngles(frame, cutoff);
        x = Array.from(angles);
        sum = Array.from(density, (p, k) => (sum[k] ?? 0) + p * here);
        count += here;
      },
      finish: () => ({
        values: {},
        figures: [
          {
            title: `Angles between bonds up to ${cutoff} Å`,
            x: { label: 'angle (°)', name: 'angle_deg' },
            y: { label: 'probability per degree', name: 'density' },
            series: [{ name: 'angles', kind: 'line', x, y: sum.map((p) => (count > 0 ? p / count : 0)) }],
          },
        ],
      }),
    };
  },

  displacement() {
    const positions: Float64Array[] = [];
    const cells: Float64Array[] = [];
    let first: Configuration | undefined;
    return {
      add(frame) {
        first ??= frame;
        positions.push(frame.positions.slice());
        cells.push(frame.cell.slice());
      },
      finish(interval) {
        if (!first || positions.length < 3)
          throw new ForcewrightError('A displacement needs at least three frames.');
        const frames = cellFrame(positions, cells, first.periodic, massesOf(first));
        const lags = Math.max(1, Math.floor(frames.length / 2));
        const { kinds, symbols } = first;
        const curves = symbols.flatMap((name, kind) => {
          const atoms = Array.from(kinds.keys()).filter((i) => kinds[i] === kind);
          if (atoms.length === 0) return [];
          const { value, error } = diffusionEstimate(frames, interval, atoms);
          // 1 Å²/fs = 10⁻⁵ m²/s
          const diffusion = { value: value * 1e-5, error: error === null ? null : error * 1e-5 };
          return [{ name, diffusion, curve: meanSquareDisplacement(frames, interval, lags, atoms) }];
        });
        return {
          values: {
            diffusion_m2_per_s: Object.fromEntries(curves.map(({ name, diffusion }) => [name, diffusion])),
          },
          figures: [
            {
              title: 'Mean-square displacement',
              x: { label: 'time (ps)', name: 'time_ps' },
              y: { label: '⟨Δr²⟩ (Å²)', name: 'msd_a2' },
              series: curves.map(({ name, curve }) => ({
                name,
                kind: 'line',
                x: Array.from(curve.time, (t) => t / 1000),
                y: Array.from(curve.msd),
              })),
            },
          ],
        };
      },
    };
  },

  vibrations() {
    const velocities: Float64Array[] = [];
    let masses: Float64Array | undefined;
    return {
      add(frame) {
        if (!frame.velocities) {
          throw new ForcewrightError('Vibrations need the velocities of every frame.', {
            remedy: 'Write them with --write velocities.',
          });
        }
        masses ??= massesOf(frame);
        velocities.push(frame.velocities.slice());
      },
      finish(interval) {
        const lags = Math.max(1, Math.floor(velocities.length / 2));
        const correlation = velocityAutocorrelation(velocities, interval, lags, masses);
        const { frequency, density } = vibrationalDensityOfStates(correlation);
        return {
          values: {},
          figures: [
            {
              title: 'Vibrational density of states',
              x: { label: 'frequency (THz)', name: 'frequency_thz' },
              y: { label: 'density (1/THz)', name: 'density' },
              series: [{ name: 'all atoms', kind: 'line', x: Array.from(frequency), y: Array.from(density) }],
            },
            {
              title: 'Velocity autocorrelation',
              x: { label: 'time (ps)', name: 'time_ps' },
              y: { label: 'correlation', name: 'vacf' },
              series: [
                {
                  name: 'all atoms',
                  kind: 'line',
                  x: Array.from(correlation.time, (t) => t / 1000),
                  y: Array.from(correlation.vacf),
                },
              ],
            },
          ],
        };
      },
    };
  },

  'bond-order'(settings) {
    const cutoff = bondLengthOf(settings);
    const bins = 100;
    const histograms = new Map([4, 6].map((l) => [l, new Float64Array(bins)]));
    const means = new Map<number, number[]>([4, 6].map((l) => [l, []]));
    return {
      add(frame) {
        for (const [l, histogram] of histograms) {
          const { averaged } = steinhardt(frame, l, { cutoff });
          for (const q of averaged) histogram[Math.min(bins - 1, Math.floor(q * bins))] += 1;
          means.get(l)?.push(averaged.reduce((a, b) => a + b, 0) / averaged.length);
        }
      },
      finish: () => ({
        values: Object.fromEntries(
          [...means].map(([l, list]) => [`mean_averaged_q${l}`, { ...blockAverage(list) }]),
        ),
        figures: [
          {
            title: 'Averaged bond-order parameters',
            x: { label: 'q̄_l', name: 'q' },
            y: { label: 'probability density', name: 'density' },
            series: [...histograms].map(([l, histogram]) => {
              const total = histogram.reduce((a, b) => a + b, 0) / bins;
              const x = Array.from(histogram.keys(), (k) => (k + 0.5) / bins);
              return { name: `q̄${l}`, kind: 'line' as const, x, y: Array.from(histogram, (h) => h / total) };
            }),
          },
        ],
      }),
    };
  },

  crystal() {
    const time: number[] = [];
    const fractions = LOCAL_STRUCTURES.map(() => [] as number[]);
    return {
      add(frame, now) {
        const found = commonNeighbourAnalysis(frame).fractions;
        time.push(now / 1000);
        LOCAL_STRUCTURES.forEach((name, k) => fractions[k].push(found[name]));
      },
      finish: () => ({
        values: {
          structure_fractions: Object.fromEntries(
            LOCAL_STRUCTURES.map((name, k) => [name, { ...blockAverage(fractions[k]) }]),
          ),
        },
        figures: [
          {
            title: 'Local structure by common neighbours',
            x: { label: 'time (ps)', name: 'time_ps' },
            y: { label: 'fraction of atoms', name: 'fraction' },
            series: LOCAL_STRUCTURES.map((name, k) => ({
              name,
              kind: 'line' as const,
              x: time,
              y: fractions[k],
            })).filter(({ y }) => y.some((value) => value > 0)),
          },
        ],
      }),
    };
  },
};
