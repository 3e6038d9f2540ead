/** What a fit will take: counts are exact, time and memory grow as they must. */
import { describe, expect, it } from 'vitest';
import { fittedParameterCount } from '../../../../src-compute/potentials/registry.ts';
import { methodsText } from '../../../../src-main/services/export/methods-text.ts';
import { estimateFit } from '../../../../src-main/services/fit/estimate.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';
import { randomModel } from '../../../support/moment-tensor.ts';

const size = { configurations: 214, atoms: 13544, species: ['Si'], withForces: 214, withVirial: 214 };
const request = (more: object) => fitRequestSchema.parse({ threads: 2, radialBasisSize: 8, ...more });

describe('estimate of a fit', () => {
  // scalars of the level (docs/physics.md §1) plus one energy per species; radial functions × 8 polynomials
  it.each([
    [8, 9 + 1, 2 * 8],
    [16, 92 + 1, 4 * 8],
    [20, 288 + 1, 5 * 8],
  ])('counts the parameters of level %i', (level, linear, radial) => {
    expect(estimateFit(request({ level }), size, [])).toMatchObject({ linear, radial });
    expect(estimateFit(request({ level, linear: true }), size, [])).toMatchObject({ linear, radial: 0 });
  });

  it.each([false, true])(
    'counts what the fitted model and the words for the paper then have (linear: %s)',
    (linear) => {
      const model = randomModel({ level: 8, species: ['Si'], cutoff: 5, radialBasisSize: 8 });
      const forecast = estimateFit(request({ level: 8, linear }), size, []);
      const fitted = fittedParameterCount(model, { linear });
      expect(fitted).toBe(forecast.linear + forecast.radial);
      const provenance = {
        program: 'test',
        created: '2026-01-01',
        data: [],
        settings: { linear },
        report: {},
      };
      const { paragraph } = methodsText({ name: 'Si', model, metrics: {}, provenance });
      expect(paragraph).toContain(`${fitted} fitted parameters`);
    },
  );

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
      process: undefined, heartbeatAt: undefined, seal: undefined,
      settings: { request: { level: 12, threads: 2, radialBasisSize: 8 } },
      result: { seconds: 3 * first.seconds, train: { atoms: size.atoms } },
    }; // prettier-ignore
    const second = estimateFit(request({ level: 12 }), size, [job]);
    expect(second.learnedFrom).toBe(1);
    expect(second.seconds).toBeCloseTo(3 * first.seconds, 6);
  });

  it('counts the coefficients of a dense tensor from its descriptors', () => {
    const tensor = { radialSize: 6, angularSize: 4, angularRadial: 1 };
    // m = 1 + P + Q; monomials of degree 2 in m variables
    const found = estimateFit(request({ model: 'tensor', tensor }), size, []);
    expect(found).toMatchObject({ linear: (11 * 12) / 2, radial: 0, descriptors: { size: 11 } });
    const cubic = estimateFit(request({ model: 'tensor', tensor: { ...tensor, rank: 3 } }), size, []);
    expect(cubic.linear).toBe((11 * 12 * 13) / 6);
    expect(cubic.seconds).toBeGreaterThan(found.seconds);
    expect(cubic.memoryBytes).toBeGreaterThan(found.memoryBytes);
    const perAtom = estimateFit(request({ model: 'tensor', tensor: { ...tensor, perAtom: true } }), size, []);
    expect(perAtom.linear).toBe(found.linear * Math.round(size.atoms / size.configurations));
  });

  it('counts a tensor train by its cores, and learns from fits of its own kind only', () => {
    const tensor = { rank: 4, bondDimension: 3, radialSize: 6, angularSize: 4, angularRadial: 1 };
    const found = estimateFit(request({ model: 'tensor', tensor }), size, []);
    expect(found.linear).toBe(1 + 11 * (3 + 9 + 9 + 3));
    const job = {
      id: 1, kind: 'fit', title: '', state: 'done' as const, createdAt: 0, startedAt: 0, finishedAt: 0, fraction: 1,
      message: '', etaSeconds: undefined, detail: undefined, error: undefined, attempts: 1, cancelRequested: false,
      process: undefined, heartbeatAt: undefined, seal: undefined,
      settings: { request: { level: 12, threads: 2 } }, result: { seconds: 1000, train: { atoms: size.atoms } },
    }; // prettier-ignore
    expect(estimateFit(request({ model: 'tensor', tensor }), size, [job]).learnedFrom).toBe(0);
  });

  it('tells how well the labels determine the coefficients', () => {
    const few = { configurations: 2, atoms: 4, species: ['Si'], withForces: 0, withVirial: 0 };
    expect(estimateFit(request({ level: 16 }), few, []).labelsPerCoefficient).toBeLessThan(1);
    expect(estimateFit(request({ level: 16 }), size, []).labelsPerCoefficient).toBeGreaterThan(100);
  });
});
