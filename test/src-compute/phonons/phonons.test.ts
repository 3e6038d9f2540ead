/** Phonons: crystals whose frequencies can be written down, sum rules, thermodynamics, and an independent program. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import {
  bandPath,
  chooseDisplacements,
  densityOfStates,
  displacedForces,
  DynamicalMatrix,
  forceConstants,
  frequencyMesh,
  pathPoints,
  PhononCrystal,
  thermodynamics,
  THZ,
  type ForceConstants,
} from '../../../src-compute/phonons/index.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/index.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform, lattice } from '../../../src-compute/structure/lattices.ts';
import { crystalSymmetry } from '../../../src-main/services/symmetry/crystal-symmetry.ts';
import { PYTHON, requirePython } from '../../support/python.ts';

async function constantsOf(
  model: PotentialModelBase,
  structure: Configuration,
  counts: readonly [number, number, number],
  length = 0.01,
): Promise<ForceConstants> {
  const { primitive } = crystalSymmetry(structure);
  const crystal = new PhononCrystal(primitive, counts, crystalSymmetry(primitive).operations);
  const displacements = chooseDisplacements(crystal, length);
  const engine = createForceEngine(model, atomsOf(crystal.supercell));
  return forceConstants(crystal, displacements, await displacedForces(crystal, displacements, engine));
}

const A = 5.4309497;
const silicon = () => constantsOf(stillingerWeberSilicon(), lattice('diamond', ['Si'], A), [3, 3, 3]);

describe('displacements', () => {
  it.each([
    ['diamond', ['Si'], 1],
    ['fcc', ['Ar'], 1],
    ['bcc', ['Mo'], 1],
    ['hcp', ['Mg'], 1],
    ['rocksalt', ['Na', 'Cl'], 2],
    ['zincblende', ['Ga', 'As'], 2],
  ] as const)('%s needs %3$i', (name, elements, count) => {
    const { primitive } = crystalSymmetry(lattice(name, [...elements], 5));
    const crystal = new PhononCrystal(primitive, [2, 2, 2], crystalSymmetry(primitive).operations);
    expect(chooseDisplacements(crystal, 0.01)).toHaveLength(count);
  });

  it('of a crystal without symmetry are six per atom, both ways along three directions', () => {
    const crystal = lattice('diamond', ['Si'], A);
    const { primitive } = crystalSymmetry(crystal);
    const identity = [{ rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] }];
    expect(chooseDisplacements(new PhononCrystal(primitive, [2, 2, 2], identity), 0.01)).toHaveLength(12);
  });
});

describe('frequencies', () => {
  it('of springs between nearest neighbours in fcc are those of the textbook', async () => {
    // D_xx(q00) = 4k(1 − cos qa/2), D_yy = 2k(1 − cos qa/2), with k = φ″ at the minimum of φ: 72 ε/(2^(1/3) σ²)
    const [epsilon, sigma] = [0.0104, 3.4];
    const model = lennardJonesModel('Ar', epsilon, sigma, 1.4 * sigma);
    const a = Math.SQRT2 * 2 ** (1 / 6) * sigma;
    const matrix = new DynamicalMatrix(await constantsOf(model, lattice('fcc', ['Ar'], a), [4, 4, 4], 1e-3));
    const k = (72 * epsilon) / (2 ** (1 / 3) * sigma * sigma);
    for (const fraction of [0.25, 0.5, 0.8, 1]) {
      const c = 1 - Math.cos(Math.PI * fraction);
      const [first, second, third] = matrix.modes([fraction / a, 0, 0]).frequencies;
      expect(third).toBeCloseTo(THZ * Math.sqrt((4 * k * c) / 39.948), 4);
      expect(second).toBeCloseTo(THZ * Math.sqrt((2 * k * c) / 39.948), 4);
      expect(first).toBeCloseTo(second, 6);
    }
  });

  it('are zero for translations, real for a stable crystal, and the same for all equivalent wave vectors', async () => {
    const constants = await silicon();
    expect(constants.drift).toBeLessThan(1e-10);
    const matrix = new DynamicalMatrix(constants);
    const gamma = matrix.modes([0, 0, 0]).frequencies;
    for (const k of [0, 1, 2]) expect(Math.abs(gamma[k])).toBeLessThan(1e-5);
    expect(gamma[5] - gamma[3]).toBeLessThan(1e-9);
    const q = [0.031, 0.012, -0.007];
    const reference = matrix.modes(q).frequencies;
    for (const turned of [
      [q[1], q[2], q[0]],
      [-q[0], q[1], q[2]],
      [-q[0], -q[1], -q[2]],
      [q[0] + 1 / A, q[1] + 1 / A, q[2] + 1 / A],
    ])
      matrix.modes(turned).frequencies.forEach((f, k) => expect(f).toBeCloseTo(reference[k], 8));
  });

  it('do not change when symmetry is not used', async () => {
    const used = await silicon();
    const { primitive } = used.crystal;
    const identity = [{ rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] }];
    const crystal = new PhononCrystal(primitive, [3, 3, 3], identity);
    const displacements = chooseDisplacements(crystal, 0.01);
    const engine = createForceEngine(stillingerWeberSilicon(), atomsOf(crystal.supercell));
    const plain = forceConstants(
      crystal,
      displacements,
      await displacedForces(crystal, displacements, engine),
    );
    const q = [0.05, 0.02, 0.03];
    const [a, b] = [used, plain].map((constants) => new DynamicalMatrix(constants).modes(q).frequencies);
    // terms of fourth order, which other directions feel differently, are left
    a.forEach((f, k) => expect(f).toBeCloseTo(b[k], 3));
  });

  it.each([
    ['where no two frequencies coincide', [0.05, 0.02, 0.03]],
    ['where they coincide in pairs and threes', [0, 0, 0]],
    ['at the edge of the zone', [0, 1 / A, 0]],
  ])('have vectors that are orthogonal and of length one %s', async (_name, q) => {
    const matrix = new DynamicalMatrix(await silicon());
    const { vectors } = matrix.modes(q, true);
    const n = matrix.bands;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let [real, imaginary] = [0, 0];
        for (let k = 0; k < n; k++) {
          const [xr, xi] = [vectors![2 * n * i + k], vectors![2 * n * i + n + k]];
          const [yr, yi] = [vectors![2 * n * j + k], vectors![2 * n * j + n + k]];
          real += xr * yr + xi * yi;
          imaginary += xr * yi - xi * yr;
        }
        expect(Math.hypot(real, imaginary)).toBeCloseTo(i === j ? 1 : 0, 9);
      }
  });

  it('and vectors are those of the forces: atoms displaced along a mode are driven back by m ω² u', async () => {
    const constants = await silicon();
    const { crystal } = constants;
    const matrix = new DynamicalMatrix(constants);
    const n = matrix.bands;
    const engine = createForceEngine(stillingerWeberSilicon(), atomsOf(crystal.supercell));
    // X fits a supercell of even counts only; a third of the way to it fits this one
    const inverseCell = 1 / (3 * A);
    const q = [-inverseCell, inverseCell, inverseCell];
    const { frequencies, vectors } = matrix.modes(q, true);
    for (let mode = 0; mode < n; mode++) {
      const u = crystal.supercell.positions.map((_, k) => {
        const atom = Math.floor(k / 3);
        const at = 3 * (atom % crystal.basis) + (k % 3);
        const r = crystal.supercell.positions.subarray(3 * atom, 3 * atom + 3);
        const phase = 2 * Math.PI * (q[0] * r[0] + q[1] * r[1] + q[2] * r[2]);
        const [x, y] = [vectors![2 * n * mode + at], vectors![2 * n * mode + n + at]];
        return 1e-3 * (x * Math.cos(phase) - y * Math.sin(phase));
      });
      void engine.compute(
        crystal.supercell.positions.map((x, k) => x + u[k]),
        crystal.supercell.cell,
      );
      const stiffness = matrix.masses[0] * (frequencies[mode] / THZ) ** 2;
      engine.result.forces.forEach((f, k) => expect(f).toBeCloseTo(-stiffness * u[k], 4));
    }
  });
});

describe('sums over wave vectors', () => {
  it('the density of states holds every mode, and the thermodynamics their limits', async () => {
    const { primitive } = crystalSymmetry(lattice('diamond', ['Si'], A));
    const matrix = new DynamicalMatrix(await silicon());
    const mesh = frequencyMesh(matrix, primitive.cell, [9, 9, 9], 0);
    const at = Float64Array.from({ length: 2001 }, (_, k) => -1 + (20 * k) / 2000);
    const density = densityOfStates(mesh, at);
    expect(density.reduce((sum, x) => sum + x * 0.01, 0)).toBeCloseTo(6, 1);
    expect(Math.min(...density)).toBeGreaterThanOrEqual(0);
    // ⟨ω²⟩ is the trace of Φ(0,0)/m, whatever the mesh
    const sums = frequencyMesh(matrix, primitive.cell, [6, 6, 6], 0.5);
    const mean = (f: Float64Array) => f.reduce((sum, x) => sum + x * x, 0) / f.length;
    expect(mean(sums.frequencies)).toBeCloseTo(mean(mesh.frequencies), 0);
    const kB = 8.617333262e-5;
    const hot = thermodynamics(sums, 5000);
    expect(hot.heatCapacity / (6 * kB)).toBeGreaterThan(0.995);
    const warm = thermodynamics(sums, 300);
    expect(warm.freeEnergy).toBeCloseTo(warm.energy - 300 * warm.entropy, 12);
    const step = 0.01;
    const slope =
      (thermodynamics(sums, 300 + step).energy - thermodynamics(sums, 300 - step).energy) / (2 * step);
    expect(slope / warm.heatCapacity).toBeCloseTo(1, 6);
    expect(thermodynamics(sums, 0).entropy).toBe(0);
    // half a quantum per mode
    const zero = sums.frequencies.reduce((sum, f) => sum + 4.135667696e-3 * f * 0.5, 0) / 216;
    expect(thermodynamics(sums, 0).energy).toBeCloseTo(zero, 12);
  });
});

describe('lines through the zone', () => {
  it.each([
    ['cF', lattice('diamond', ['Si'], 4), { X: 1 / 4, L: Math.sqrt(3) / 8, W: Math.sqrt(1.25) / 4 }],
    ['cI', lattice('bcc', ['Mo'], 3), { H: 1 / 3, P: Math.sqrt(3) / 6, N: Math.SQRT1_2 / 3 }],
    ['hP', lattice('hcp', ['Mg'], 3), { M: 1 / (3 * Math.sqrt(3)), K: 2 / 9 }],
  ] as const)('%s: distances from Γ are those of the zone', (bravais, structure, lengths) => {
    const { conventional, primitive, pearson } = crystalSymmetry(structure);
    expect(pearson.slice(0, 2)).toBe(bravais);
    const { points, segments } = bandPath(bravais, conventional.cell, primitive.cell);
    for (const [name, length] of Object.entries(lengths))
      expect(Math.hypot(...points[name])).toBeCloseTo(length, 6);
    const path = pathPoints({ points, segments, source: '' }, 0.01);
    for (const [k, point] of path.entries()) {
      if (k === 0 || path[k - 1].segment !== point.segment) continue;
      const before = path[k - 1];
      const step = Math.hypot(...point.q.map((x, a) => x - before.q[a]));
      expect(step).toBeLessThanOrEqual(0.01 + 1e-12);
      expect(point.distance - before.distance).toBeCloseTo(step, 12);
    }
  });

  it('a lattice without a table takes its own axes and says so', () => {
    const bent = deform(lattice('bcc', ['Mo'], 3.15), [0.02, 0.01, 0, 0, 0, 0.03, 0, 0, -0.01]);
    const { conventional, primitive } = crystalSymmetry(bent);
    expect(bandPath('aP', conventional.cell, primitive.cell).source).toMatch(/no table/);
  });
});

/** phonopy's frequencies for force constants of ours, at wave vectors in Cartesian coordinates. */
const PHONOPY = `
import json, sys
import numpy as np
from phonopy import Phonopy
from phonopy.structure.atoms import PhonopyAtoms
d = json.load(sys.stdin)
atoms = PhonopyAtoms(symbols=d['symbols'], cell=np.reshape(d['cell'], (3, 3)), positions=np.reshape(d['positions'], (-1, 3)))
phonon = Phonopy(atoms, np.diag(d['counts']))
theirs = phonon.supercell
ours = np.reshape(d['super'], (-1, 3)) @ np.linalg.inv(theirs.cell)
order = []
for s in theirs.scaled_positions:
    x = ours - s
    x -= np.round(x)
    order.append(int(np.argmin(((x @ theirs.cell) ** 2).sum(axis=1))))
n = len(ours)
full = np.zeros((n, n, 3, 3))
values = np.reshape(d['values'], (len(d['symbols']), n, 3, 3))
images = np.reshape(d['images'], (n, n))
for i in range(n):
    for j in range(n):
        a, b = order[i], order[j]
        full[i, j] = values[a % len(d['symbols'])][images[a][b]]
phonon.force_constants = full
phonon.masses = d['masses']
q = np.reshape(d['q'], (-1, 3)) @ np.reshape(d['cell'], (3, 3)).T
from phonopy.units import VaspToTHz
print(json.dumps([(phonon.get_frequencies(x) / VaspToTHz).tolist() for x in q]))
`;

describe.skipIf(!requirePython('phonopy', 'apt-get install -y python3-phonopy'))('phonopy', () => {
  it.each([
    ['diamond', () => silicon()],
    ['hcp', () => constantsOf(lennardJonesModel('Mg', 0.2, 2.85, 6), lattice('hcp', ['Mg'], 3.2), [3, 3, 2])],
  ])('gives the same frequencies for the same force constants of %s: 1e-6 THz', async (_name, make) => {
    const constants = await make();
    const { crystal, values } = constants;
    const { primitive, counts, supercell: large, atoms, basis } = crystal;
    const matrix = new DynamicalMatrix(constants);
    // the atom that stands to the first of a cell as j stands to i
    const images: number[] = [];
    for (let i = 0; i < atoms; i++) {
      const from = crystal.cellOf(i);
      for (let j = 0; j < atoms; j++) {
        const to = crystal.cellOf(j);
        images.push(crystal.index([to[0] - from[0], to[1] - from[1], to[2] - from[2]], j % basis));
      }
    }
    const q = [
      [0.02, 0.01, 0.03],
      [0.11, -0.04, 0.07],
      [0.3, 0.21, -0.02],
      [0, 0.1, 0],
    ];
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', PHONOPY], {
      input: JSON.stringify({
        symbols: Array.from(primitive.kinds, (kind) => primitive.symbols[kind]),
        cell: Array.from(primitive.cell),
        positions: Array.from(primitive.positions),
        counts,
        super: Array.from(large.positions),
        values: Array.from(values),
        images,
        masses: Array.from(matrix.masses),
        q: q.flat(),
      }),
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    expect(stdout, stderr).not.toBe('');
    // its unit is that of CODATA 2010, which is 1e-7 off
    const theirs = JSON.parse(stdout) as number[][];
    q.forEach((wave, k) => {
      matrix
        .modes(wave)
        .frequencies.forEach((f, mode) => expect(Math.abs(f - THZ * theirs[k][mode])).toBeLessThan(1e-6));
    });
  });
});
