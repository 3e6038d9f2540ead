import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  evaluateStillingerWeber,
  parseStillingerWeber,
  stillingerWeberSchema,
  stillingerWeberSilicon,
  type StillingerWeberModel,
} from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import {
  expectForcesMatchEnergy,
  expectSymmetries,
  expectVirialMatchesEnergy,
  randomConfiguration,
} from '../../../support/physics.ts';
import { runLammps } from '../../../support/lammps.ts';
import { requireProgram } from '../../../support/real-part.ts';

const siliconFile = '/usr/share/lammps/potentials/Si.sw';
const silicon = stillingerWeberSilicon();

/** Invented parameters for two species in LAMMPS' text form, all eight triples; only derivatives are tested on them. */
const binaryText = [
  'Cd Cd Cd',
  'Te Te Te',
  'Cd Cd Te',
  'Cd Te Te',
  'Te Cd Cd',
  'Te Cd Te',
  'Te Te Cd',
  'Cd Te Cd',
]
  .map((names, k) => {
    const mixed = names.slice(0, 2) !== names.slice(3, 5);
    return `${names} 1.03 ${2.3 + 0.05 * (mixed ? 1 : 0)} 1.80 25.0 1.20 -0.33333 ${5.1726 + (k === 1 ? 0.4 : 0)} 0.8807 4.0 0.0 0.0 # x`;
  })
  .join('\n');

function diamond(a: number): Configuration {
  const h = a / 2;
  return {
    symbols: ['Si'],
    kinds: Uint16Array.of(0, 0),
    positions: Float64Array.of(0, 0, 0, a / 4, a / 4, a / 4),
    cell: Float64Array.of(0, h, h, h, 0, h, h, h, 0),
    periodic: [true, true, true],
  };
}

describe('Stillinger–Weber', () => {
  const binary = parseStillingerWeber(binaryText, ['Cd', 'Te']);

  it('gives silicon its published lattice constant and cohesive energy', () => {
    // 2 ε per atom at the minimum, a₀ = 5.431 Å by construction of the parameters
    const atMinimum = evaluateStillingerWeber(silicon, diamond(5.4309));
    expect(atMinimum.energy / 2).toBeCloseTo(-4.3366, 4);
    expect(Math.abs(atMinimum.virial[0])).toBeLessThan(0.01);
  });

  it.each([
    ['silicon', silicon, ['Si'], 1.9],
    ['two species', binary, ['Te', 'Cd'], 2.0],
  ] as const)('%s: forces, virial and symmetries', (_, model: StillingerWeberModel, symbols, closest) => {
    const evaluate = (c: Configuration) => evaluateStillingerWeber(model, c);
    const configuration = randomConfiguration(symbols, 12, 6.4, closest, 5);
    expectForcesMatchEnergy(evaluate, configuration);
    expectVirialMatchesEnergy(evaluate, configuration);
    expectSymmetries(evaluate, configuration);
  });

  it('refuses a file that is cut short and a model with a missing triple', () => {
    expect(() => parseStillingerWeber(binaryText.slice(0, -20), ['Cd', 'Te'])).toThrow('14 fields');
    expect(() => parseStillingerWeber(binaryText, ['Cd', 'Zn'])).toThrow('no parameters for Cd–Cd–Zn');
    expect(stillingerWeberSchema.parse(JSON.parse(JSON.stringify(binary)))).toEqual(binary);
  });

  const lmp = requireProgram('lmp', 'apt-get install lammps lammps-data');
  it.skipIf(!lmp)('agrees with LAMMPS for the published silicon parameters', () => {
    expect(parseStillingerWeber(readFileSync(siliconFile, 'utf8'), ['Si'])).toEqual(silicon);
    const configuration = randomConfiguration(['Si'], 40, 9.5, 2.0, 2);
    const own = evaluateStillingerWeber(silicon, configuration);
    const theirs = runLammps(configuration, ['pair_style sw', `pair_coeff * * ${siliconFile} Si`]);
    expect(Math.abs(own.energy / theirs.energy - 1)).toBeLessThan(1e-12);
    const scale = Math.max(...theirs.forces.map(Math.abs));
    own.forces.forEach((f, k) => expect(Math.abs(f - theirs.forces[k]) / scale).toBeLessThan(1e-11));
    const virialScale = Math.max(...theirs.virial.map(Math.abs));
    own.virial.forEach((w, k) => expect(Math.abs(w - theirs.virial[k]) / virialScale).toBeLessThan(1e-5));
  });
});
