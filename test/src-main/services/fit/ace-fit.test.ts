/** Linear ACE fits: a known potential is found again, repels below its data, predicts its errors and survives its file. */
import { describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { ErrorPredictor } from '../../../../src-compute/fitting/uncertainty/predicted.ts';
import {
  formatPotentialDocument,
  parsePotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import {
  evaluateAce,
  formatYace,
  parseYace,
  type AceModel,
} from '../../../../src-compute/potentials/ace/index.ts';
import { partOf } from '../../../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { randomConfiguration } from '../../../support/physics.ts';

const BASIS = {
  ...{ form: 'ace', radials: 'fixed', degree: 2, rank: 3, degreeFall: 0, angularWeight: 1 },
  ...{ cutoff: 4, threads: 1 },
};

function labelled(model: AceModel | undefined, species: string[], count: number): Configuration[] {
  return Array.from({ length: count }, (_, k) => {
    const structure = randomConfiguration(species, 5, 5 + 0.03 * (k % 20), 1.9, 50 + k);
    if (!model)
      return {
        ...structure,
        energy: Math.sin(k),
        forces: new Float64Array(15).map((_f, i) => Math.cos(i * k)),
      };
    const { energy, forces, virial } = evaluateReference(model, structure);
    return { ...structure, energy, forces, virial };
  });
}

async function fit(data: readonly Configuration[], more: object) {
  return await runFit({
    name: 'ace',
    train: setInMemory(data.slice(0, -4)),
    test: setInMemory(data.slice(-4)),
    request: fitRequestSchema.parse({ ...BASIS, ...more }),
    data: [],
  });
}

/** A potential of the fit's own functions with other coefficients. */
async function truth(species: string[]): Promise<AceModel> {
  const start = await fit(labelled(undefined, species, 12), {
    zbl: false,
    uncertainty: false,
  });
  const model = partOf(start.document.model, 'ace')!;
  let k = 0;
  return {
    ...model,
    functions: model.functions.map((list) =>
      list.map((f) => ({ ...f, weights: Float64Array.of(0.1 * Math.sin(1 + k++)) })),
    ),
  };
}

describe('linear ACE fits', () => {
  it.each([
    ['one element', ['Si']],
    ['two elements', ['O', 'Si']],
  ])('find a potential again: %s', async (_, species) => {
    const model = await truth(species);
    const data = labelled(model, species, 24);
    const { document, test, train } = await fit(data, { zbl: false, ridge: 0, uncertainty: false });
    expect(test?.force_mae_ev_per_a).toBeLessThan(1e-6);
    const errors = data.slice(0, -4).map((c) => evaluateReference(document.model, c).energy - c.energy!);
    const mae = errors.reduce((sum, e, k) => sum + Math.abs(e) / data[k].kinds.length, 0) / errors.length;
    expect(Math.abs(1000 * mae - train.energy_mae_mev_per_atom!)).toBeLessThan(1e-5);
  });

  it('repel below their data, predict their errors, and survive their files', async () => {
    const data = labelled(await truth(['Si']), ['Si'], 24).map((c, k) => ({
      ...c,
      energy: c.energy! + 0.01 * Math.sin(k),
    }));
    const { document } = await fit(data, { rank: 2 });
    const known = parsePotentialDocument(formatPotentialDocument(document));
    const ace = partOf(known.model, 'ace')!;
    expect(known.model.form).toBe('sum');
    expect(ace.bonds[0].innerCutoff).toBeGreaterThan(1);
    expect(new ErrorPredictor(known.model, known.uncertainty!).of(data[0]).energy).toBeGreaterThan(0);
    const again = parseYace([...formatYace(ace)].join(''));
    expect(evaluateAce(again, data[0]).energy).toBeCloseTo(evaluateAce(ace, data[0]).energy, 10);
  });

  it('take radial functions from the data, and then give every l its own', async () => {
    const data = labelled(await truth(['Si']), ['Si'], 24);
    const common = { radials: 'moment-tensors', degree: 8, degreeFall: undefined, angularWeight: undefined };
    const rest = { zbl: false, uncertainty: false, validation: 0, ridge: 1e-9 };
    const settings = { ...common, ...rest, radialSize: 8 };
    const started = await fit(data, settings);
    const fitted = await fit(data, { ...settings, radials: 'fitted', steps: 4 });
    const loss = ({ document }: typeof started) =>
      Number(document.provenance.report.objectivePerConfiguration);
    expect(loss(fitted)).toBeLessThan(loss(started));
    const own = partOf(fitted.document.model, 'ace')!;
    const shared = partOf(started.document.model, 'ace')!;
    const row = ({ bonds: [bond] }: AceModel, l: number) =>
      Array.from(bond.coefficients.subarray(l * bond.baseCount, (l + 1) * bond.baseCount));
    expect(row(shared, 1)).toEqual(row(shared, 0));
    expect(row(own, 1)).not.toEqual(row(own, 0));
  });

  it('with a second density are potentials like others', async () => {
    const data = labelled(undefined, ['Si'], 16);
    const request = { densities: 2, degree: 8, steps: 4, degreeFall: undefined, angularWeight: undefined };
    const { document, test, train } = await fit(data, { ...request, radialSize: 8, validation: 0 });
    const known = parsePotentialDocument(formatPotentialDocument(document));
    const ace = partOf(known.model, 'ace')!;
    expect(Array.from(ace.embeddings[0].exponents)).toEqual([1, 0.5]);
    // errors are those of the potential that is kept, within what tables of another spacing differ
    const errors = data.slice(-4).map((c) => evaluateReference(known.model, c).energy - c.energy!);
    const mae = errors.reduce((sum, e) => sum + Math.abs(e) / 5, 0) / errors.length;
    expect(Math.abs(1000 * mae - test!.energy_mae_mev_per_atom!)).toBeLessThan(0.01);
    expect(train.energy_mae_mev_per_atom).toBeGreaterThan(0);
    const again = parseYace([...formatYace(ace)].join(''));
    expect(evaluateAce(again, data[0]).energy).toBeCloseTo(evaluateAce(ace, data[0]).energy, 10);
  });
});
