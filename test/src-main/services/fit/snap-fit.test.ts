/** SNAP fits: a known potential is found again, its files hold what was fitted, its errors are predicted. */
import { describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { ErrorPredictor } from '../../../../src-compute/fitting/uncertainty/predicted.ts';
import { multipliedOut } from '../../../../src-compute/forms/dense-fit.ts';
import {
  formatPotentialDocument,
  parsePotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import { partOf } from '../../../../src-compute/potentials/registry.ts';
import {
  coefficientCount,
  evaluateSnap,
  formatSnap,
  parseSnap,
  type SnapModel,
} from '../../../../src-compute/potentials/snap/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { randomConfiguration } from '../../../support/physics.ts';

/** A SNAP potential of small coefficients. */
function truth(species: string[], quadratic: boolean): SnapModel {
  const n = species.length;
  const model: SnapModel = {
    form: 'snap',
    species,
    cutoff: 4,
    twojmax: 2,
    rcutfac: 4,
    rfac0: 0.99363,
    rmin0: 0,
    switching: true,
    subtractIsolated: true,
    elementsApart: false,
    normalised: false,
    selfInAll: false,
    quadratic,
    radii: new Float64Array(n).fill(0.5),
    weights: n === 1 ? Float64Array.of(1) : Float64Array.of(0.5, 1),
    coefficients: new Float64Array(0),
  };
  const random = new SeededRandom(5);
  const length = n * coefficientCount(model);
  return { ...model, coefficients: Float64Array.from({ length }, () => 0.02 * (random.uniform() - 0.5)) };
}

function labelled(model: SnapModel, count: number): Configuration[] {
  return Array.from({ length: count }, (_, k) => {
    const structure = randomConfiguration(model.species, 5, 5 + 0.03 * (k % 20), 1.9, 50 + k);
    const { energy, forces, virial } = evaluateSnap(model, structure);
    return { ...structure, energy, forces, virial };
  });
}

async function fit(data: readonly Configuration[], more: object) {
  return await runFit({
    name: 'snap',
    train: setInMemory(data.slice(0, -4)),
    test: setInMemory(data.slice(-4)),
    request: fitRequestSchema.parse({ form: 'snap', twojmax: 2, cutoff: 4, threads: 1, ...more }),
    data: [],
  });
}

describe('SNAP fits', () => {
  it.each([
    ['linear, one element', ['Si'], false],
    ['quadratic, two elements', ['O', 'Si'], true],
  ] as const)('find a potential again: %s', async (_, species, quadratic) => {
    const model = truth([...species], quadratic);
    const data = labelled(model, 40);
    const { document, train, test } = await fit(data, {
      quadratic,
      zbl: false,
      ridge: 0,
      uncertainty: false,
    });
    const found = partOf(document.model, 'snap')!;
    expect(test?.force_mae_ev_per_a).toBeLessThan(1e-6);
    const scale = Math.max(...model.coefficients.map(Math.abs));
    if (!quadratic)
      found.coefficients.forEach((value, k) =>
        expect(Math.abs(value - model.coefficients[k])).toBeLessThan(1e-5 * scale),
      );
    // what is reported is what the plain evaluation of the document gives
    const errors = data.slice(0, -4).map((c) => evaluateReference(document.model, c).energy - c.energy!);
    const mae = errors.reduce((sum, e, k) => sum + Math.abs(e) / data[k].kinds.length, 0) / errors.length;
    expect(Math.abs(1000 * mae - train.energy_mae_mev_per_atom!)).toBeLessThan(1e-5);
  });

  it('repel below their data, predict their errors, and survive their files', async () => {
    const data = labelled(truth(['Si'], false), 40).map((c, k) => ({
      ...c,
      energy: c.energy! + 0.01 * Math.sin(k),
    }));
    const { document } = await fit(data, {});
    const known = parsePotentialDocument(formatPotentialDocument(document));
    const snap = partOf(known.model, 'snap')!;
    expect(known.model.form).toBe('sum');
    expect(snap.inner?.centres[0]).toBeGreaterThan(1);
    // the inner switch is 1 in all the data
    const closest = Math.min(...data.flatMap((c) => [...distances(c)]));
    expect(snap.inner!.centres[0] + snap.inner!.widths[0]).toBeLessThan(closest);
    const predictor = new ErrorPredictor(known.model, known.uncertainty!);
    expect(predictor.of(data[0]).energy).toBeGreaterThan(0);
    const { coefficients, parameters } = formatSnap(snap, ['fitted']);
    expect(parseSnap(coefficients, parameters)).toEqual(snap);
  });

  it('multiply standardised polynomials out', () => {
    const [x, shift, scale] = [
      [1, 2, 3, 4, 5, 6],
      [0, 0.3, -0.2],
      [1, 2, 0.5],
    ].map((l) => Float64Array.from(l));
    const out = multipliedOut(x, shift, scale, true);
    const b = [0.7, 1.1];
    const [p, q] = b.map((value, k) => scale[k + 1] * (value - shift[k + 1]));
    const expected = x[0] + x[1] * p + x[2] * q + x[3] * p * p + x[4] * p * q + x[5] * q * q;
    const linear = out[0] + out[1] * b[0] + out[2] * b[1];
    expect(linear + (out[3] * b[0] ** 2) / 2 + out[4] * b[0] * b[1] + (out[5] * b[1] ** 2) / 2).toBeCloseTo(
      expected,
      12,
    );
  });

  it('name elements that the data do not have', async () => {
    const data = labelled(truth(['Si'], false), 12);
    await expect(fit(data, { radii: { Ge: 0.5 } })).rejects.toThrow('--radii names Ge, and the data have Si');
  });
});

function* distances({ positions, cell }: Configuration): Generator<number> {
  const n = positions.length / 3;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let image = 0; image < 27; image++) {
        const shift = [image % 3, Math.floor(image / 3) % 3, Math.floor(image / 9)].map((s) => s - 1);
        const d = [0, 1, 2].map(
          (axis) =>
            positions[3 * j + axis] -
            positions[3 * i + axis] +
            shift.reduce((sum, s, k) => sum + s * cell[3 * k + axis], 0),
        );
        const r = Math.hypot(...d);
        if (r > 1e-9) yield r;
      }
}
