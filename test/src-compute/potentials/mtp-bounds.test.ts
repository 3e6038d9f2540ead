/** `.mtp` and `.almtp` files with absurd numbers are refused at once, by a sentence that names the key. */
import { describe, expect, it } from 'vitest';
import { PotentialError } from '../../../src-compute/errors.ts';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import { formatMtp, parseMtp } from '../../../src-compute/potentials/moment-tensor/mtp-text.ts';

const graph = generateMomentGraph({ level: 8 });
const model: MomentTensorModel = {
  form: 'moment-tensor',
  species: ['Si'],
  cutoff: 5,
  minimumDistance: 2,
  scaling: 1,
  radialBasisSize: 8,
  radialFunctionCount: graph.radialFunctionCount,
  momentCount: graph.momentCount,
  basics: graph.basics,
  products: graph.products,
  scalarMoments: graph.scalarMoments,
  radialCoefficients: new Float64Array(8 * graph.radialFunctionCount).fill(0.1),
  speciesCoefficients: Float64Array.of(0),
  momentCoefficients: new Float64Array(graph.scalarMoments.length).fill(0.1),
};
const text = formatMtp(model, 'silicon');
/** The file with the value of a key replaced. */
const keyed = (key: string, value: string) => text.replace(new RegExp(`(\\b${key} = ).*`), `$1${value}`);
/** The file with one number in the list of a key replaced. */
const listed = (key: string, at: number, value: string) =>
  text.replace(new RegExp(`(\\b${key} = )(.*)`), (_, head: string, list: string) => {
    let k = -1;
    return head + list.replace(/-?\d[^,}]*/g, (number) => (++k === at ? value : number));
  });
const last = graph.products.length / 4 - 1;

describe('bounds of .mtp files', () => {
  it('let a real one through, also with the state of an active set behind it', () => {
    expect(parseMtp(text)).toMatchObject({ cutoff: 5, momentCount: graph.momentCount });
    expect(parseMtp(`${text}#MVS_v1.1\n\u0000\u0001 inf`)).toMatchObject({ cutoff: 5 });
  });

  it.each([
    ['a billion species', keyed('species_count', '1000000000'), /species_count/],
    ['no species', keyed('species_count', '0'), /species_count/],
    ['a negative number of species', keyed('species_count', '-1'), /species_count/],
    ['a part of a species', keyed('species_count', '1.5'), /species_count/],
    ['a negative cutoff', keyed('max_dist', '-5'), /cutoff|max_dist/],
    ['a cutoff beyond all distances', keyed('max_dist', '2147483647'), /cutoff|max_dist/],
    ['an endless cutoff', keyed('max_dist', 'inf'), /cutoff|max_dist/],
    ['a cutoff that is no number', keyed('max_dist', 'nan'), /cutoff|max_dist/],
    ['distances the wrong way round', keyed('min_dist', '6'), /distance|min_dist/],
    ['billions of polynomials', keyed('radial_basis_size', '4294967296'), /radial_basis_size/],
    ['billions of radial functions', keyed('radial_funcs_count', '4294967296'), /radial_funcs_count/],
    ['billions of moments', keyed('alpha_moments_count', '4294967296'), /alpha_moments_count/],
    ['a negative number of moments', keyed('alpha_moments_count', '-4'), /alpha_moments_count/],
    ['billions of basic moments', keyed('alpha_index_basic_count', '4294967296'), /alpha_index_basic/],
    ['billions of products', keyed('alpha_index_times_count', '1e10'), /alpha_index_times/],
    ['billions of scalars', keyed('alpha_scalar_moments', '4294967296'), /alpha_scalar_moments|alpha_moment_mapping/],
    ['an index that wraps around', listed('alpha_index_times', 0, '4294967296'), /alpha_index_times/],
    ['a factor that wraps around', listed('alpha_index_times', 2, '4294967297'), /alpha_index_times/],
    ['a moment that is not there', listed('alpha_index_times', 0, '999999'), /product 0 names moment/],
    ['a negative moment', listed('alpha_index_times', 1, '-1'), /product 0|alpha_index_times/],
    ['a moment made of itself', listed('alpha_index_times', 4 * last, String(graph.products[4 * last + 3])), /product \d+/],
    ['a rank beyond reason', listed('alpha_index_basic', 1, '2147483647'), /basic moment 0/],
    ['a rank that wraps around', listed('alpha_index_basic', 1, '4294967296'), /alpha_index_basic/],
    ['a radial function that is not there', listed('alpha_index_basic', 0, '99'), /basic moment 0/],
    ['a scalar that is not there', listed('alpha_moment_mapping', 0, '999999'), /moment/],
    ['a scalar that wraps around', listed('alpha_moment_mapping', 0, '4294967296'), /alpha_moment_mapping/],
    ['a coefficient that is no number', keyed('moment_coeffs', '{nan}'), /moment_coeffs|moment coefficients|finite/i],
    ['an endless coefficient', keyed('species_coeffs', '{inf}'), /species_coeffs|finite/i],
    ['a scaling that is no number', keyed('scaling', 'nan'), /scaling/],
  ])('refuse %s', (_name, broken, key) => {
    expect(broken).not.toBe(text);
    let error: unknown;
    try {
      parseMtp(broken);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PotentialError);
    expect(String(error)).toMatch(key);
    expect(String(error).length).toBeLessThan(400);
  }); // prettier-ignore
});
