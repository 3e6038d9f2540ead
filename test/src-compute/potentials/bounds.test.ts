/** Potential files with absurd numbers are refused by a sentence that names the field, at once. */
import { describe, expect, it } from 'vitest';
import { PotentialError } from '../../../src-compute/errors.ts';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import { modelFromJson } from '../../../src-compute/potentials/registry.ts';

const zbl = { form: 'zbl', species: ['Si'], cutoff: 2, innerRadius: 1 };
const pair = { species: ['Si', 'Si'], cutoff: 5, epsilon: 0.01, sigma: 2 };
const lennardJones = {
  form: 'lennard-jones',
  species: ['Si'],
  cutoff: 5,
  truncation: 'shifted',
  pairs: [pair],
};
const sum = { form: 'sum', species: ['Si'], cutoff: 5, terms: [zbl, lennardJones] };
const graph = generateMomentGraph({ level: 8 });
const momentTensor = {
  form: 'moment-tensor',
  species: ['Si'],
  cutoff: 5,
  minimumDistance: 2,
  scaling: 1,
  radialBasisSize: 8,
  radialFunctionCount: graph.radialFunctionCount,
  momentCount: graph.momentCount,
  basics: [...graph.basics],
  products: [...graph.products],
  scalarMoments: [...graph.scalarMoments],
  radialCoefficients: Array.from({ length: 8 * graph.radialFunctionCount }, () => 0.1),
  speciesCoefficients: [0],
  momentCoefficients: Array.from(graph.scalarMoments, () => 0.1),
};
/** The same list with one number changed; from the end when `at` is negative. */
const changed = (list: readonly number[], at: number, value: number) => list.with(at, value);
const { products, basics } = momentTensor;

describe('bounds of potentials', () => {
  it('let real ones through', () => {
    for (const model of [zbl, lennardJones, sum, momentTensor]) expect(modelFromJson(model)).toMatchObject({ species: ['Si'] });
  }); // prettier-ignore

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', ''])('know no form %j', (form) => {
    const message = `The potential has the unknown form ${JSON.stringify(form)}`;
    expect(() => modelFromJson(JSON.parse(`{"form": ${JSON.stringify(form)}}`))).toThrow(message);
  });

  it.each([
    ['a cutoff of 2147483647 Å', { ...zbl, cutoff: 2147483647 }, /cutoff/],
    ['a negative cutoff', { ...zbl, cutoff: -1 }, /cutoff/],
    ['an endless cutoff', { ...lennardJones, cutoff: Infinity }, /cutoff/],
    ['a cutoff that is no number', { ...lennardJones, cutoff: NaN }, /cutoff/],
    ['a pair cutoff beyond all distances', { ...lennardJones, pairs: [{ ...pair, cutoff: 1e9 }] }, /pairs\.0\.cutoff/],
    ['an inner radius outside', { ...zbl, innerRadius: 3 }, /innerRadius/],
    ['more species than there are', { ...zbl, species: Array.from({ length: 1e5 }, (_, k) => `X${k}`) }, /species/],
    ['a species twice', { ...zbl, species: ['Si', 'Si'] }, /species/],
    ['a term of other species', { ...sum, terms: [{ ...zbl, species: ['O'] }] }, /terms\.0\.species.*does not know Si/],
    ['a term that reaches farther', { ...sum, cutoff: 1.5 }, /terms\.0\.cutoff/],
    ['more terms than any sum', { ...sum, terms: Array.from({ length: 1000 }, () => zbl) }, /terms/],
    ['a product index that wraps around', { ...momentTensor, products: changed(products, 0, 4294967296) }, /products\.0/],
    ['a product of moments that are not there', { ...momentTensor, products: changed(products, 0, 1e6) }, /product 0 names moment/],
    ['a moment made of itself', { ...momentTensor, products: changed(products, -4, products.at(-1) ?? 0) }, /product \d+ /],
    ['a rank beyond reason', { ...momentTensor, basics: changed(basics, 1, 2147483647) }, /basic moment 0/],
    ['billions of moments', { ...momentTensor, momentCount: 4e9 }, /momentCount/],
    ['billions of polynomials', { ...momentTensor, radialBasisSize: 1e9 }, /radialBasisSize/],
    ['a coefficient that is not finite', { ...momentTensor, speciesCoefficients: [Infinity] }, /speciesCoefficients/],
  ])('refuse %s', (_name, json, field) => {
    let error: unknown;
    try {
      modelFromJson(json);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PotentialError);
    expect(String(error)).toMatch(field);
  }); // prettier-ignore
});
