/** Embedded-atom potentials: against LAMMPS on published files, their own derivatives and symmetries, their files. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PotentialError } from '../../../../src-compute/errors.ts';
import {
  embeddedAtomSchema,
  evaluateEmbeddedAtom,
  formatEmbeddedAtom,
  parseEmbeddedAtom,
} from '../../../../src-compute/potentials/embedded-atom/index.ts';
import { at, tableFunction } from '../../../../src-compute/potentials/embedded-atom/table-function.ts';
import { modelToJson } from '../../../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice } from '../../../../src-compute/structure/lattices.ts';
import { inventedEmbeddedAtom } from '../../../support/invented-embedded-atom.ts';
import { runLammps } from '../../../support/lammps.ts';
import {
  expectForcesMatchEnergy,
  expectSymmetries,
  expectVirialMatchesEnergy,
  randomConfiguration,
} from '../../../support/physics.ts';
import { requireProgram } from '../../../support/real-part.ts';

describe('embedded-atom potentials', () => {
  it('interpolate a cubic exactly inside and go through every point', () => {
    const f = (x: number) => 1 - 2 * x + 0.3 * x ** 2 - 0.05 * x ** 3;
    const table = tableFunction(
      Float64Array.from({ length: 12 }, (_, k) => f(0.4 * k)),
      0.4,
    );
    for (const x of [1.1, 1.97, 2.6]) {
      expect(at(table, x).value).toBeCloseTo(f(x), 12);
      expect(at(table, x).slope).toBeCloseTo(-2 + 0.6 * x - 0.15 * x ** 2, 12);
    }
    for (let k = 0; k < 12; k++) expect(at(table, 0.4 * k).value).toBeCloseTo(f(0.4 * k), 12);
  });

  it.each([
    ['eam/alloy', false],
    ['eam/fs', true],
  ])('%s: forces, virial, symmetries, files and JSON', (_, finnisSinclair) => {
    const model = inventedEmbeddedAtom(finnisSinclair);
    const evaluate = (c: Configuration) => evaluateEmbeddedAtom(model, c);
    const configuration = randomConfiguration(['Ni', 'Cu'], 10, 6, 2, 5);
    expectForcesMatchEnergy(evaluate, configuration);
    expectVirialMatchesEnergy(evaluate, configuration);
    expectSymmetries(evaluate, configuration);
    expect(parseEmbeddedAtom(formatEmbeddedAtom(model, 'a\nshell rm'), finnisSinclair)).toEqual(model);
    expect(embeddedAtomSchema.parse(modelToJson(model))).toEqual(model);
  });

  it.each([
    ['cut short', (t: string) => t.slice(0, -200), /ends within/],
    ['of the other kind', (t: string) => t, /the density of Cu, and holds "fcc"/, true],
    [
      'without heads',
      (t: string) => t.split('\n').slice(2).join('\n'),
      /the number of elements|no element|ends/,
    ],
    ['with a word among numbers', (t: string) => t.replace(/\n-?\d[^\n]*\n$/, '\nabc\n'), /"abc"/],
    ['with no element', (t: string) => t.replace('2 Cu Ni', '2 Cu Xx'), /"Xx", which is no element/],
    ['of monstrous tables', (t: string) => t.replace('\n60 0.5', '\n6000000000 0.5'), /number of densities/],
  ])('files are refused: %s', (_, spoil, words, asFinnisSinclair = false) => {
    const read = () =>
      parseEmbeddedAtom(spoil(formatEmbeddedAtom(inventedEmbeddedAtom(false))), asFinnisSinclair);
    expect(read).toThrow(PotentialError);
    expect(read).toThrow(words);
  });
});

const library = '/usr/share/lammps/potentials';
describe.skipIf(!requireProgram('lmp', 'apt-get install lammps'))(
  'embedded-atom potentials in LAMMPS',
  () => {
    it.each([
      ['Cu_zhou.eam.alloy', ['Cu'], 6.2],
      ['CuNi.eam.alloy', ['Ni', 'Cu'], 6.4],
      ['AlFe_mm.eam.fs', ['Fe', 'Al'], 6.6],
    ] as const)('%s', (name, symbols, size) => {
      if (!existsSync(`${library}/${name}`)) throw new Error(`${name} comes with Debian's lammps-data.`);
      const kind = name.endsWith('.fs') ? 'eam/fs' : 'eam/alloy';
      const text = readFileSync(`${library}/${name}`, 'utf8');
      const model = parseEmbeddedAtom(text, kind === 'eam/fs');
      // dense, too: the densest atoms lie beyond the table of F
      for (const [atoms, closest] of [
        [16, 2.1],
        [30, 1.2],
      ]) {
        const configuration = randomConfiguration(symbols, atoms, size, closest, 11);
        const names = symbols.join(' ');
        const ours = evaluateEmbeddedAtom(model, configuration);
        const published = runLammps(configuration, [
          `pair_style ${kind}`,
          `pair_coeff * * ${library}/${name} ${names}`,
        ]);
        const written = runLammps(configuration, [`pair_style ${kind}`, `pair_coeff * * again ${names}`], {
          again: formatEmbeddedAtom(model),
        });
        for (const theirs of [published, written]) {
          const largest = Math.max(...theirs.forces.map(Math.abs));
          expect(Math.abs(ours.energy - theirs.energy)).toBeLessThan(
            1e-11 * Math.max(1, Math.abs(theirs.energy)),
          );
          ours.forces.forEach((f, k) => expect(Math.abs(f - theirs.forces[k])).toBeLessThan(1e-11 * largest));
        }
      }
    });

    it('copper of Zhou has the lattice constant and the cohesive energy that were published', () => {
      const model = parseEmbeddedAtom(readFileSync(`${library}/Cu_zhou.eam.alloy`, 'utf8'), false);
      const crystal = lattice('fcc', ['Cu'], 3.615);
      const { energy, virial } = evaluateEmbeddedAtom(model, crystal);
      // Acta Mater. 49 (2001) 4005: a₀ 3.615 Å, 3.54 eV
      expect(energy / crystal.kinds.length).toBeCloseTo(-3.54, 2);
      expect(Math.abs(virial[0]) / crystal.kinds.length).toBeLessThan(0.01);
    });
  },
);
