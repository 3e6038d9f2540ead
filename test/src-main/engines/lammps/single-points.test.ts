import { describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { CancelledError } from '../../../../src-compute/errors.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { deform, lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import {
  classicalInteraction,
  findLammps,
  lammpsSinglePoints,
} from '../../../../src-main/engines/lammps/index.ts';
import { requireProgram } from '../../../support/real-part.ts';

const installed = requireProgram('lmp', 'apt-get install lammps');
const model = lennardJonesModel('Ar', 0.0104, 3.4, 8.5);
const argon = classicalInteraction('lj/cut 8.5', ['* * 0.0104 3.4'], ['Ar'], '.');

/** Argon crystals that LAMMPS cannot take as they are: rotated, left-handed, sheared, tiny, slabs, free clusters. */
function structures(): Configuration[] {
  const random = new Random(3);
  const moved = (c: Configuration): Configuration => ({
    ...c,
    positions: c.positions.map((x) => x + 0.3 * (random.uniform() - 0.5)),
  });
  const fcc = lattice('fcc', ['Ar'], 5.3);
  const bulk = supercell(fcc, [2, 2, 2]);
  const shear = [0.02, 0.1, -0.05, 0.04, -0.03, 0.08, 0.11, -0.07, 0.05];
  const mirrored = Float64Array.from(bulk.cell);
  [mirrored[0], mirrored[3]] = [mirrored[3], mirrored[0]];
  [mirrored[1], mirrored[4]] = [mirrored[4], mirrored[1]];
  return [
    moved(bulk),
    moved(deform(bulk, shear)),
    moved({ ...bulk, cell: mirrored }),
    moved(fcc),
    moved({ ...bulk, periodic: [false, true, true] }),
    moved({ ...deform(bulk, shear), periodic: [true, false, true] }),
    moved({ ...bulk, periodic: [false, false, true] }),
    moved({ ...bulk, periodic: [false, false, false], cell: new Float64Array(9) }),
  ];
}

describe.skipIf(!installed)('lammpsSinglePoints', () => {
  it.each([
    [1, 'on'],
    [1, 'off'],
    [2, 'on'],
  ] as const)(
    'gives energies, forces and virials of our own Lennard-Jones on %i rank(s), newton %s',
    async (ranks, newton) => {
      const program = await findLammps();
      const all = structures();
      const counts: number[] = [];
      const results = await lammpsSinglePoints(program, argon, all, {
        ranks,
        newton,
        onProgress: (done) => counts.push(done),
      });
      expect(counts).toEqual(all.map((_, k) => k + 1));
      all.forEach((structure, k) => {
        const expected = evaluateReference(model, structure);
        expect(results[k].energy).toBeCloseTo(expected.energy, 10);
        results[k].atomEnergies.forEach((e, i) => expect(e).toBeCloseTo(expected.atomEnergies[i], 10));
        results[k].forces.forEach((f, i) => expect(f).toBeCloseTo(expected.forces[i], 10));
        results[k].virial.forEach((w, i) => expect(w).toBeCloseTo(expected.virial[i], 9));
        results[k].positions.forEach((x, i) => expect(x).toBeCloseTo(structure.positions[i], 8));
      });
    },
  );

  it('relaxes the atoms at fixed cell', async () => {
    const start = structures()[0];
    const [relaxed] = await lammpsSinglePoints(await findLammps(), argon, [start], { relaxToForce: 1e-5 });
    const before = evaluateReference(model, start);
    const after = evaluateReference(model, { ...start, positions: relaxed.positions });
    expect(after.energy).toBeCloseTo(relaxed.energy, 10);
    expect(after.energy).toBeLessThan(before.energy - 0.1);
    // the criterion is the norm of all forces
    expect(Math.hypot(...after.forces)).toBeLessThan(2e-5);
  });

  it('evaluates nothing when there is nothing', async () => {
    expect(await lammpsSinglePoints(await findLammps(), argon, [])).toEqual([]);
  });

  it('names the element that the types lack', async () => {
    const neon: Configuration = { ...structures()[0], symbols: ['Ne'] };
    await expect(lammpsSinglePoints(await findLammps(), argon, [neon])).rejects.toThrow(
      /contains Ne.*made for Ar/,
    );
  });

  it('says which structure LAMMPS stopped at, and its reason', async () => {
    const [first] = structures();
    const overlapping = { ...first, positions: first.positions.slice() };
    overlapping.positions.set(overlapping.positions.subarray(0, 3), 3);
    await expect(lammpsSinglePoints(await findLammps(), argon, [first, overlapping])).rejects.toThrow(
      /structure 2/,
    );
  });

  it('passes on what LAMMPS says of a wrong potential, with its last lines', async () => {
    const [first] = structures();
    const wrong = classicalInteraction('lj/cut 8.5', ['* * 0.0104'], ['Ar'], '.');
    await expect(lammpsSinglePoints(await findLammps(), wrong, [first])).rejects.toMatchObject({
      message: expect.stringMatching(/ERROR: Incorrect args for pair coefficients/) as string,
      lastLines: expect.arrayContaining([expect.stringMatching(/pair_coeff/)]) as string[],
    });
    const unknown = classicalInteraction('nosuch 8.5', ['* *'], ['Ar'], '.');
    await expect(lammpsSinglePoints(await findLammps(), unknown, [first])).rejects.toThrow(
      /has no pair style 'nosuch'/,
    );
  });

  it('refuses text that would be more than one LAMMPS command', () => {
    expect(() => classicalInteraction('lj/cut 8.5\nshell rm', ['* *'], ['Ar'], '.')).toThrow(
      /One line of LAMMPS/,
    );
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const many = Array.from({ length: 400 }, () => structures()[0]);
    const running = lammpsSinglePoints(await findLammps(), argon, many, {
      signal: controller.signal,
      onProgress: (done) => done === 3 && controller.abort(),
    });
    await expect(running).rejects.toBeInstanceOf(CancelledError);
  });
});
