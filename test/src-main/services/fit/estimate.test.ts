/** What a fit will take: counts are exact, time and memory grow as they must. */
import { describe, expect, it } from 'vitest';
import { estimateFit } from '../../../../src-main/services/fit/estimate.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';

const size = { configurations: 214, atoms: 13544, species: 1, withForces: 214, withVirial: 214 };
const request = (more: object) => fitRequestSchema.parse({ threads: 2, radialBasisSize: 8, ...more });

describe('estimate of a fit', () => {
  // scalars of the level (PHYSICS.md §1) plus one energy per species; radial functions × 8 polynomials
  it.each([
    [8, 9 + 1, 2 * 8],
    [16, 92 + 1, 4 * 8],
    [20, 288 + 1, 5 * 8],
  ])('counts the parameters of level %i', (level, linear, radial) => {
    expect(estimateFit(request({ level }), size, [])).toMatchObject({ linear, radial });
    expect(estimateFit(request({ level, linear: true }), size, [])).toMatchObject({ linear, radial: 0 });
  });

  it('grows with level and data, and falls with threads', () => {
    const seconds = (more: object, data = size) => estimateFit(request(more), data, []).seconds;
    expect(seconds({ level: 20 })).toBeGreaterThan(2 * seconds({ level: 16 }));
    expect(seconds({ level: 16 }, { ...size, atoms: 10 * size.atoms })).toBeGreaterThan(
      5 * seconds({ level: 16 }),
    );
    expect(seconds({ level: 16, threads: 8 })).toBeLessThan(seconds({ level: 16 }));
    expect(seconds({ level: 16, linear: true })).toBeLessThan(0.2 * seconds({ level: 16 }));
  });

  it('learns from fits that were made here', () => {
    const first = estimateFit(request({ level: 12 }), size, []);
    const job = {
      id: 1, kind: 'fit', title: '', state: 'done' as const, createdAt: 0, startedAt: 0, finishedAt: 0, fraction: 1,
      message: '', etaSeconds: undefined, detail: undefined, error: undefined, attempts: 1, cancelRequested: false,
      process: undefined, heartbeatAt: undefined,
      settings: { request: { level: 12, threads: 2, radialBasisSize: 8 } },
      result: { seconds: 3 * first.seconds, train: { atoms: size.atoms } },
    }; // prettier-ignore
    const second = estimateFit(request({ level: 12 }), size, [job]);
    expect(second.learnedFrom).toBe(1);
    expect(second.seconds).toBeCloseTo(3 * first.seconds, 6);
  });

  it('tells how well the labels determine the coefficients', () => {
    const few = { configurations: 2, atoms: 4, species: 1, withForces: 0, withVirial: 0 };
    expect(estimateFit(request({ level: 16 }), few, []).labelsPerCoefficient).toBeLessThan(1);
    expect(estimateFit(request({ level: 16 }), size, []).labelsPerCoefficient).toBeGreaterThan(100);
  });
});
