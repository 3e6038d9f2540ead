/** Files with two scaling lines, as MLIP reads them. */
import { expect, it } from 'vitest';
import { formatMtp, parseMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { randomModel } from '../../../support/moment-tensor.ts';

it('multiplies all scaling lines of a file', () => {
  const model = randomModel({ level: 6, species: ['Si'], cutoff: 4, radialBasisSize: 4, seed: 5 });
  const text = formatMtp(model, 'x');
  const scaling = /^scaling = .*$/m;
  const twice = text.replace(scaling, (line) => `scaling = 0.5\n${line}`);
  expect(parseMtp(twice, ['Si']).scaling).toBeCloseTo(0.5 * model.scaling, 15);
  const late = text.replace(/^radial_basis_type/m, 'scaling = 4\nradial_basis_type');
  expect(parseMtp(late, ['Si']).scaling).toBeCloseTo(4 * model.scaling, 15);
  expect(parseMtp(text, ['Si']).scaling).toBe(model.scaling);
  expect(() => parseMtp(text.replace(scaling, 'scaling = 1\nscaling = x'), ['Si'])).toThrow(/scaling/);
});
