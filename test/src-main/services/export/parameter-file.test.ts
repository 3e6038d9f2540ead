import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import type { MomentTensorModel } from '../../../../src-compute/potentials/moment-tensor/model.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import { formatParameterFile } from '../../../../src-main/services/export/parameter-file.ts';
import { identifier } from '../../../../src-compute/quoting/identifier.ts';

const model: MomentTensorModel = {
  form: 'moment-tensor',
  species: ['Si'],
  cutoff: 5,
  minimumDistance: 2,
  scaling: 1,
  radialBasisSize: 1,
  radialFunctionCount: 1,
  radialCoefficients: Float64Array.of(0.1),
  momentCount: 1,
  basics: Int32Array.of(0, 0, 0, 0),
  products: new Int32Array(0),
  scalarMoments: Int32Array.of(0),
  speciesCoefficients: Float64Array.of(-1 / 3),
  momentCoefficients: Float64Array.of(Math.PI),
};
const zbl: ZblModel = { form: 'zbl', species: ['Si'], cutoff: 2, innerRadius: 1 };

describe('formatParameterFile', () => {
  it('keeps every digit and ends with the checksum of what is no comment', () => {
    const lines = formatParameterFile(model, ['first\nsecond', 'third']).trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual(['# first', '# second', '# third']);
    expect(lines).toContain('moment_coefficients 1 3.141592653589793');
    expect(lines).toContain('species_coefficients 1 -0.3333333333333333');
    const body = lines.slice(3, -1);
    const sum = crc32(body.map((line) => `${line}\n`).join(''));
    expect(lines.at(-1)).toBe(`checksum ${sum.toString(16).padStart(8, '0')}`);
  });

  it('writes sums term by term, sums of sums too', () => {
    const text = formatParameterFile(sumModel([zbl, sumModel([model, zbl])]), []);
    expect(text).toContain('terms 3');
    expect([...text.matchAll(/^term (.*)$/gm)].map((match) => match[1])).toEqual([
      'program',
      'moment-tensor',
      'program',
    ]);
  });

  it('refuses forms that the model does not evaluate, and species that are no elements', () => {
    const unknown = { ...lennardJonesModel('Ar', 1, 1, 3), form: 'tomorrow' };
    expect(() => formatParameterFile(unknown, [])).toThrow(/form tomorrow cannot be exported/);
    expect(() => formatParameterFile({ ...model, species: ['type1'] } as MomentTensorModel, [])).toThrow(
      /calls a species type1/,
    );
  });
});

describe('identifier', () => {
  it.each([
    ['Si-mtp 16.potential', 'Si_mtp_16_potential'],
    ['2nd', 'model_2nd'],
    ['κ', 'model'],
    ['__a__', 'a'],
  ])('makes %s a C identifier', (name, expected) => expect(identifier(name)).toBe(expected));
});
