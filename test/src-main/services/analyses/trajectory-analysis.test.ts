import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src-compute/sampling/random.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import {
  analyseTrajectory,
  MEASUREMENTS,
  trajectoryAnalysisSchema,
} from '../../../../src-main/services/analyses/trajectory-analysis.ts';

const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);

/** Atoms that oscillate about their sites with 10 THz, each with its own phase; frames every 5 fs. */
function* oscillating(frames: number): Generator<Configuration> {
  const random = new Random(1);
  const phases = crystal.positions.map(() => 2 * Math.PI * random.uniform());
  const omega = 2e-3 * Math.PI * 10;
  for (let t = 0; t < frames; t++) {
    const angle = (k: number) => omega * 5 * t + phases[k];
    yield {
      ...crystal,
      positions: crystal.positions.map((x, k) => x + 0.08 * Math.sin(angle(k))),
      velocities: crystal.positions.map((_, k) => 0.08 * omega * Math.cos(angle(k))),
      info: { time_fs: 5 * t },
    };
  }
}

const settings = (input: object) => trajectoryAnalysisSchema.parse(input);

describe('analysis of a trajectory', () => {
  it('measures everything in one pass', async () => {
    const seen: number[] = [];
    const result = await analyseTrajectory(
      oscillating(120),
      settings({ measure: [...MEASUREMENTS], bondLength: 2.9, cutoff: 6, bins: 60, largestQ: 4 }),
      (count) => {
        seen.push(count);
      },
    );
    expect(result.frames).toBe(120);
    expect(seen).toHaveLength(120);
    expect(result.values.coordination).toMatchObject({ value: 4 });
    expect(result.values.structure_fractions).toMatchObject({ diamond: { value: 1 } });
    const figure = (title: RegExp) => {
      const found = result.figures.find((f) => title.test(f.title));
      if (!found) throw new Error(`no figure ${title}`);
      return found.series[0];
    };
    const peak = ({ x, y }: { x: readonly number[]; y: readonly number[] }) => x[y.indexOf(Math.max(...y))];
    expect(peak(figure(/density of states/))).toBeCloseTo(10, 0);
    expect(peak(figure(/Angles/))).toBeGreaterThan(104);
    expect(peak(figure(/Angles/))).toBeLessThan(115);
    const g = figure(/Radial/);
    const bonds = g.x.filter((r) => r < 3);
    expect(Math.abs(peak({ x: bonds, y: g.y.slice(0, bonds.length) }) - 2.352)).toBeLessThan(0.11);
    // bounded motion: ⟨Δx²⟩ = 0.08² (1 − cos ωt) per direction, which does not grow
    const msd = figure(/displacement/);
    expect(Math.max(...msd.y)).toBeCloseTo(3 * 2 * 0.08 ** 2, 2);
    const diffusion = result.values.diffusion_m2_per_s as { Si: { value: number; error: number } };
    expect(Math.abs(diffusion.Si.value)).toBeLessThan(1e-9);
    expect(diffusion.Si.error).toBeGreaterThan(0);
  });

  it('says what is missing', async () => {
    await expect(analyseTrajectory([], settings({ measure: ['rdf'] }))).rejects.toThrow('no frame');
    expect(() => settings({ measure: ['soup'] })).toThrow();
    await expect(analyseTrajectory(oscillating(3), settings({ measure: ['angles'] }))).rejects.toThrow(
      'longest bond',
    );
    await expect(analyseTrajectory([crystal], settings({ measure: ['vibrations'] }))).rejects.toThrow(
      'velocities of every frame',
    );
    await expect(analyseTrajectory([crystal], settings({ measure: ['displacement'] }))).rejects.toThrow(
      'three frames',
    );
  });
});
