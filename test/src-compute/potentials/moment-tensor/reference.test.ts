import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import {
  evaluateMomentTensor,
  radialBasis,
} from '../../../../src-compute/potentials/moment-tensor/reference.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import { hasShared, sharedPath } from '../../../support/shared.ts';
import { randomModel, randomStructure } from '../../../support/moment-tensor.ts';

const REFERENCES = [
  { folder: 'crystals_cubic_08', species: ['H'] },
  { folder: 'crystals_multi_06', species: ['H', 'He', 'Li'] },
  { folder: 'molecules_291_10', species: ['H', 'He'] },
];

describe.skipIf(!hasShared())('against MLIP', () => {
  it.each(REFERENCES)('$folder agrees to the printed digits', async ({ folder, species }) => {
    const model = parseMtp(readFileSync(sharedPath('references', folder, 'pot.mtp'), 'utf8'), species);
    const configurations = await readConfigurations(sharedPath('references', folder, 'ref.xyz'));
    expect(configurations.length).toBeGreaterThan(3);
    for (const configuration of configurations) {
      const n = configuration.kinds.length;
      const result = evaluateMomentTensor(model, configuration);
      expect(Math.abs(result.energy - configuration.energy!) / n).toBeLessThan(1e-9);
      expect(largestDifference(result.forces, configuration.forces!)).toBeLessThan(1e-6);
      if (configuration.virial)
        expect(largestDifference(result.virial, configuration.virial)).toBeLessThan(1e-5);
      expect(result.atomEnergies.reduce((sum, e) => sum + e, 0)).toBeCloseTo(result.energy, 9);
    }
  });
});

const SHAPES: { name: string; periodic: [boolean, boolean, boolean]; edge: number }[] = [
  { name: 'a triclinic crystal', periodic: [true, true, true], edge: 5.2 },
  { name: 'a cell smaller than the cutoff', periodic: [true, true, true], edge: 3.1 },
  { name: 'a slab', periodic: [true, true, false], edge: 4.4 },
  { name: 'a wire', periodic: [false, false, true], edge: 4.4 },
  { name: 'a free cluster', periodic: [false, false, false], edge: 4.4 },
];

describe('finite differences', () => {
  const model = randomModel({ level: 12, species: ['Si', 'O'], cutoff: 3.6 });
  it.each(SHAPES)('forces of $name', ({ periodic, edge }) => {
    const structure = randomStructure({ atoms: 4, edge, periodic, species: ['Si', 'O'] });
    const { forces } = evaluateMomentTensor(model, structure);
    const scale = Math.max(...forces.map(Math.abs));
    for (let k = 0; k < forces.length; k++) {
      const slope = derivative((h) => {
        const positions = structure.positions.slice();
        positions[k] += h;
        return evaluateMomentTensor(model, { ...structure, positions }).energy;
      });
      expect(Math.abs(forces[k] + slope)).toBeLessThan(1e-7 * scale);
    }
  });

  it.each(SHAPES)('virial of $name', ({ periodic, edge }) => {
    const structure = randomStructure({ atoms: 4, edge, periodic, species: ['Si', 'O'] });
    const { virial } = evaluateMomentTensor(model, structure);
    const scale = Math.max(...virial.map(Math.abs));
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        const slope = derivative((h) => evaluateMomentTensor(model, strained(structure, a, b, h)).energy);
        // the virial is symmetric; a strain of one off-diagonal component adds a rotation, which costs nothing
        expect(Math.abs(virial[3 * a + b] + slope)).toBeLessThan(1e-7 * scale);
      }
    }
  });
});

describe('text form', () => {
  it('reads back what it wrote, to the bit', async () => {
    const { formatMtp } = await import('../../../../src-compute/potentials/moment-tensor/mtp-text.ts');
    const model = randomModel({ level: 10, species: ['Si', 'O'], cutoff: 4 });
    const again = parseMtp(formatMtp(model, 'a name'), ['Si', 'O']);
    const bits = (x: Float64Array) => Array.from(x, (value) => Number(value.toPrecision(16)));
    expect(bits(again.radialCoefficients)).toEqual(bits(model.radialCoefficients));
    expect(again.products).toEqual(model.products);
    expect(again.scalarMoments).toEqual(model.scalarMoments);
    expect(again.cutoff).toBe(model.cutoff);
  });

  const broken: [string, (text: string) => string, RegExp][] = [
    ['an empty file', () => '', /first line should read MTP/],
    ['another file', () => 'hello\nworld', /first line should read MTP/],
    [
      'a file cut in a list',
      (text) => text.slice(0, text.indexOf('alpha_index_times =') + 60),
      /cut short|does not end|has no/,
    ],
    [
      'a file cut before the coefficients',
      (text) => text.slice(0, text.indexOf('species_coeffs')),
      /not fitted/,
    ],
    [
      'a wrong count',
      (text) => text.replace(/alpha_index_basic_count = \d+/, 'alpha_index_basic_count = 7'),
      /alpha_index_basic should hold 7/,
    ],
    ['NaN', (text) => text.replace(/moment_coeffs = \{[^,]+/, 'moment_coeffs = {nan'), /not a finite number/],
    ['another radial basis', (text) => text.replace('RBChebyshev', 'RBTaylor'), /RBTaylor is not supported/],
    [
      'an index out of range',
      (text) => text.replace(/alpha_moment_mapping = \{\d+/, 'alpha_moment_mapping = {99999'),
      /names moment 99999/,
    ],
    ['two species named for one', (text) => text, /has 1 species and 2 names/],
  ];
  it.each(broken)('says what is wrong with %s', async (name, damage, sentence) => {
    const { formatMtp } = await import('../../../../src-compute/potentials/moment-tensor/mtp-text.ts');
    const text = formatMtp(randomModel({ level: 8, species: ['Si'], cutoff: 4 }), 'x');
    const species = name.startsWith('two species') ? ['Si', 'O'] : ['Si'];
    expect(() => parseMtp(damage(text), species)).toThrow(sentence);
  });

  it('reads CRLF and a byte order mark', async () => {
    const { formatMtp } = await import('../../../../src-compute/potentials/moment-tensor/mtp-text.ts');
    const model = randomModel({ level: 8, species: ['Si'], cutoff: 4 });
    const text = '\uFEFF' + formatMtp(model, 'x').replace(/\n/g, '\r\n');
    expect(parseMtp(text, ['Si']).momentCount).toBe(model.momentCount);
  });
});

describe('radial basis', () => {
  it('and its derivative vanish at the cutoff and agree with finite differences', () => {
    const [value, slope] = [new Float64Array(8), new Float64Array(8)];
    radialBasis(5, 2, 5, 1, value, slope);
    expect(Math.max(...value.map(Math.abs), ...slope.map(Math.abs))).toBe(0);
    radialBasis(3.3, 2, 5, 1, value, slope);
    for (let k = 0; k < 8; k++) {
      const difference = derivative((h) => {
        const shifted = new Float64Array(8);
        radialBasis(3.3 + h, 2, 5, 1, shifted, new Float64Array(8));
        return shifted[k];
      });
      expect(slope[k]).toBeCloseTo(difference, 7);
    }
  });
});

it('names the species that it does not know', () => {
  const model = randomModel({ level: 6, species: ['Si'], cutoff: 4 });
  const structure = randomStructure({ atoms: 3, edge: 4, periodic: [true, true, true], species: ['Ge'] });
  expect(() => evaluateMomentTensor(model, structure)).toThrow('The structure contains Ge');
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < a.length; k++) largest = Math.max(largest, Math.abs(a[k] - b[k]));
  return largest;
}

/** Fourth-order central difference. */
function derivative(f: (h: number) => number, h = 1e-3): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

function strained(structure: Configuration, a: number, b: number, h: number): Configuration {
  const apply = (vectors: Float64Array): Float64Array => {
    const result = vectors.slice();
    for (let k = 0; k < vectors.length; k += 3) result[k + a] += h * vectors[k + b];
    return result;
  };
  return { ...structure, positions: apply(structure.positions), cell: apply(structure.cell) };
}
