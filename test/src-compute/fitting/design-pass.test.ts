import { describe, expect, it } from 'vitest';
import { DesignPass } from '../../../src-compute/fitting/design-pass.ts';
import { packChunk, type FitWeights } from '../../../src-compute/fitting/training-set.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import { evaluateMomentTensor } from '../../../src-compute/potentials/moment-tensor/reference.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { randomModel, randomStructure } from '../../support/moment-tensor.ts';

const VOIGT = [0, 4, 8, 5, 2, 1];
const CASES = [
  { level: 4, species: ['Si'], periodic: [true, true, true] as [boolean, boolean, boolean], edge: 4.2 },
  { level: 16, species: ['Si'], periodic: [true, true, true] as [boolean, boolean, boolean], edge: 4.2 },
  {
    level: 10,
    species: ['Si', 'O', 'C'],
    periodic: [true, true, true] as [boolean, boolean, boolean],
    edge: 3.4,
  },
  {
    level: 8,
    species: ['Si', 'O'],
    periodic: [false, false, false] as [boolean, boolean, boolean],
    edge: 4.2,
  },
];

/** A structure with zero labels, so that all rows are kept. */
function labelled(structure: Configuration): Configuration {
  const forces = new Float64Array(structure.positions.length);
  return { ...structure, energy: 0, forces, virial: new Float64Array(9) };
}

function passFor(model: MomentTensorModel, weights: FitWeights): DesignPass {
  return new DesignPass({ ...model, graph: model, species: model.species.length, weights });
}

/** Energy, virial (shear times √2, as it is weighted twice), forces: the order of rows. */
function labelsOf(model: MomentTensorModel, structure: Configuration): number[] {
  const { energy, virial, forces } = evaluateMomentTensor(model, structure);
  return [energy, ...VOIGT.map((k, c) => virial[k] * (c > 2 ? Math.SQRT2 : 1)), ...forces];
}

describe.each(CASES)('design matrix, level $level, $species', ({ level, species, periodic, edge }) => {
  const model = randomModel({ level, species: [...species], cutoff: 3.4 });
  const structure = randomStructure({ atoms: 4, edge, periodic, species: [...species] });
  const n = structure.kinds.length;
  const weights = { energy: n, force: n, virial: n, energyScaling: 1, forceScaling: 1 };
  const pass = passFor(model, weights);
  pass.begin({ radialCoefficients: model.radialCoefficients, momentCoefficients: model.momentCoefficients });
  const chunk = packChunk([labelled(structure)], model.species, () => 0);
  const { rows, columns, values } = pass.rowsOf(chunk, 0);
  const virialRows = periodic.every(Boolean);
  const linear = species.length + model.scalarMoments.length;
  const used = Array.from({ length: rows }, (_, r) => r).filter((r) => virialRows || r === 0 || r > 6);

  it('times the coefficients is the reference evaluation', () => {
    const x = [...model.speciesCoefficients, ...model.momentCoefficients];
    const expected = labelsOf(model, structure);
    const scale = Math.max(...expected.map(Math.abs));
    for (const r of used) {
      const sum = x.reduce((total, value, c) => total + value * values[r * columns + c], 0);
      expect(Math.abs(sum - expected[r])).toBeLessThan(1e-12 * scale);
    }
  });

  it('has the derivatives by the radial coefficients that finite differences have', () => {
    const count = model.radialCoefficients.length;
    const step = 1e-4;
    let [largest, worst] = [0, 0];
    for (let k = 0; k < count; k += 1 + Math.floor(count / 24)) {
      const shifted = (h: number) => {
        const radialCoefficients = model.radialCoefficients.slice();
        radialCoefficients[k] += h;
        return labelsOf({ ...model, radialCoefficients }, structure);
      };
      const [a, b, c, d] = [shifted(step), shifted(-step), shifted(2 * step), shifted(-2 * step)];
      for (const r of used) {
        const slope = (8 * (a[r] - b[r]) - (c[r] - d[r])) / (12 * step);
        largest = Math.max(largest, Math.abs(slope));
        worst = Math.max(worst, Math.abs(slope - values[r * columns + linear + k]));
      }
    }
    expect(worst).toBeLessThan(1e-8 * largest);
  });

  it('sums to the Gram matrix of its rows', () => {
    pass.begin({
      radialCoefficients: model.radialCoefficients,
      momentCoefficients: model.momentCoefficients,
    });
    pass.add(chunk);
    const { gram } = pass.end().get(0)!;
    let [largest, worst] = [0, 0];
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j += 3) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += values[r * columns + i] * values[r * columns + j];
        largest = Math.max(largest, Math.abs(sum));
        worst = Math.max(worst, Math.abs(sum - gram[i * columns + j]));
      }
    }
    expect(worst).toBeLessThan(1e-13 * largest);
  });
});

describe('weights', () => {
  const model = randomModel({ level: 6, species: ['Si'], cutoff: 3.4 });
  const structure = labelled(
    randomStructure({ atoms: 4, edge: 4, periodic: [true, true, true], species: ['Si'] }),
  );
  const rowsWith = (weights: FitWeights, configuration: Configuration) => {
    const pass = passFor(model, weights);
    pass.begin({ radialCoefficients: model.radialCoefficients });
    return pass.rowsOf(
      packChunk([configuration], ['Si'], () => 0),
      0,
    );
  };

  it('scale rows by √(w/N^p)', () => {
    const plain = rowsWith({ energy: 4, force: 4, virial: 4, energyScaling: 1, forceScaling: 1 }, structure);
    const weighted = rowsWith(
      { energy: 1, force: 0.25, virial: 4, energyScaling: 2, forceScaling: 0 },
      structure,
    );
    const ratio = (r: number) => weighted.values[r * plain.columns + 1] / plain.values[r * plain.columns + 1];
    expect(ratio(0)).toBeCloseTo(Math.sqrt(1 / 16), 12);
    expect(ratio(1)).toBeCloseTo(Math.sqrt(4 / 16), 12);
    expect(ratio(8)).toBeCloseTo(Math.sqrt(0.25), 12);
  });

  it('leave out labels that are missing', () => {
    const weights = { energy: 1, force: 1, virial: 1, energyScaling: 1, forceScaling: 1 };
    const { rows, columns, values } = rowsWith(weights, { ...structure, forces: undefined });
    expect(values.slice(7 * columns, rows * columns).every((v) => v === 0)).toBe(true);
    expect(values.slice(0, columns).some((v) => v !== 0)).toBe(true);
  });
});
