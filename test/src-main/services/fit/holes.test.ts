/** The search for holes through a whole fit: what was screened is counted, and what is left is named. */
import { describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { kindsOf } from '../../../../src-compute/fitting/repulsion/forbid-holes.ts';
import { crystal, ELEMENTAL } from '../../../../src-compute/fitting/repulsion/structures.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { fitRequestSchema, type FitRequestInput } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit, type FitOutcome } from '../../../../src-main/services/fit/fit-service.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor } from '../../../support/tensor-fit.ts';

const truth = randomTensorRegression(['Si'], 21, { radialSize: 3, angularSize: 2 });

async function fit(structures: number, request: FitRequestInput): Promise<FitOutcome> {
  return await runFit({
    name: 'holes',
    train: setInMemory(labelledByTensor(truth, structures, 6)),
    request: fitRequestSchema.parse({ threads: 1, uncertainty: false, cutoff: 4, ...request }),
    data: [],
  });
}

/** Counts of what is left, from its words. */
const counted = (words: readonly string[]) =>
  words.reduce((sum, text) => sum + Number(/\((\d+)\)$/.exec(text)?.[1]), 0);

describe('holes of a whole fit', { timeout: 200_000 }, () => {
  const size = { radialSize: 3, angularSize: 2, angularRadial: 1 };
  it.each([
    ['dense', { form: 'tensor-regression', ...size }],
    ['train', { form: 'tensor-regression', ...size, rank: 3, bondDimension: 2, sweeps: 4 }],
  ] as const)('%s: every kind of structure is screened, and what is left is named', async (_, request) => {
    const { repulsion, warnings, document } = await fit(30, request);
    // 5 lattices, dimers, trimers, packings and approaches in one element
    expect(repulsion?.checked).toBeGreaterThan(500);
    expect(repulsion?.holes_found).toBeGreaterThan(0);
    expect(counted(repulsion?.holes_left_in ?? [])).toBe(repulsion?.holes_left);
    const said = warnings.find((sentence) => sentence.includes('holes where its data end'));
    if (repulsion?.holes_left === 0) expect(said).toBeUndefined();
    else expect(said).toContain(repulsion?.holes_left_in[0]);
    // what is not named holds: each lattice costs energy when it is compressed below the data, step by step
    const end = repulsion?.pairs[0].shortest_a ?? NaN;
    for (const lattice of ELEMENTAL) {
      if (repulsion?.holes_left_in.some((text) => text.startsWith(`${lattice.name} Si`))) continue;
      const energy = (nearest: number) => {
        const structure = crystal(lattice, ['Si'], nearest);
        return evaluateReference(document.model, structure).energy / structure.kinds.length;
      };
      expect(energy(0.6 * end)).toBeGreaterThan(energy(0.8 * end));
    }
  });

  it('names are put together by kind, with the distances and how often', () => {
    const names = [
      'bcc Si, 1.50 Å',
      'trimer Si–Si–Si, 1.77 Å, 55°',
      'bcc Si, 2.10 Å',
      'random packing of 8 atoms, 0.78 of the closest distance',
    ];
    expect(kindsOf(names)).toEqual([
      { kind: 'bcc Si', count: 2, from: 1.5, to: 2.1, unit: 'Å' },
      { kind: 'random packing of 8 atoms', count: 1, from: 0.78, to: 0.78, unit: 'of the closest distance' },
      { kind: 'trimer Si–Si–Si', count: 1, from: 1.77, to: 1.77, unit: 'Å' },
    ]);
  });
});
