/** Sizes of a basis agree with its graph, are counted once for each set of limits, and need no graph. */
import { describe, expect, it, vi } from 'vitest';
import { basisSize } from '../../../../src-compute/potentials/moment-tensor/basis-size.ts';
import * as basis from '../../../../src-compute/potentials/moment-tensor/basis.ts';
import * as scalars from '../../../../src-compute/potentials/moment-tensor/scalars.ts';
import { estimateFit } from '../../../../src-main/services/fit/estimate.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';

vi.mock('../../../../src-compute/potentials/moment-tensor/basis.ts', { spy: true });
vi.mock('../../../../src-compute/potentials/moment-tensor/scalars.ts', { spy: true });

describe('the size of a basis', () => {
  it.each([
    { level: 2 },
    { level: 8 },
    { level: 14 },
    { level: 18 },
    { level: 16, maximumBodyOrder: 3 },
    { level: 16, maximumBodyOrder: 6 },
    { level: 16, maximumRank: 2 },
    { level: 16, maximumRadialFunctions: 2 },
  ])('is that of the graph for %j', (limits) => {
    const graph = basis.generateMomentGraph(limits);
    expect(basisSize(limits)).toEqual({
      scalars: graph.scalarMoments.length,
      radialFunctions: graph.radialFunctionCount,
    });
  });

  it('is counted once for estimates that a form asks for at every change, and without a graph', () => {
    const size = { configurations: 214, atoms: 13544, species: ['Si'], withForces: 214, withVirial: 214 };
    vi.mocked(basis.generateMomentGraph).mockClear();
    vi.mocked(scalars.enumerateScalars).mockClear();
    for (let k = 0; k < 20; k++) {
      const request = fitRequestSchema.parse({ level: 20 + 2 * (k % 2), radialBasisSize: 8 + (k % 5) });
      expect(estimateFit(request, size, []).linear).toBe([289, 501][k % 2]);
    }
    expect(basis.generateMomentGraph).not.toHaveBeenCalled();
    expect(scalars.enumerateScalars).toHaveBeenCalledTimes(2);
  });
});
