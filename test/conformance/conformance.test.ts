/**
 * Every backend × every potential × every structure: energies, forces and virials against the reference, and what
 * physics demands of any of them: invariance under translation, rotation and permutation, forces and virial that are the
 * derivatives of the energy.
 *
 * Errors are relative to the largest force of the structure or, where symmetry makes that vanish, of the potential's
 * displaced crystal; for energies to Σ|E_i|, for virials to the number of atoms × largest force × bond length, which is
 * what its terms amount to before they cancel.
 */
import { describe, expect, it } from 'vitest';
import { atomsOf } from '../../src-compute/backends/atoms.ts';
import { evaluateReference } from '../../src-compute/backends/reference/evaluate.ts';
import type { Evaluation } from '../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { backends } from './backends.ts';
import type { ConformanceBackend } from './backends.ts';
import { potentials } from './potentials.ts';
import type { ConformancePotential } from './potentials.ts';
import { randomNumbers, randomRotation, rotateRows } from './random.ts';
import { structures } from './structures.ts';

interface Scale {
  readonly energy: number;
  readonly force: number;
  readonly virial: number;
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, v) => Math.max(max, Math.abs(v)), 0);

/** Sizes of the numbers of one structure; `typical` are those of the displaced crystal, per atom. */
function scaleOf(evaluation: Evaluation, bond: number, typical?: Scale): Scale {
  const atoms = evaluation.atomEnergies.length;
  const force = Math.max(largest(evaluation.forces), typical?.force ?? 0);
  return {
    energy: Math.max(
      evaluation.atomEnergies.reduce((sum, e) => sum + Math.abs(e), 0),
      typical?.energy ?? 0,
    ),
    force,
    virial: Math.max(largest(evaluation.virial), atoms * force * bond),
  };
}

function expectClose(actual: Evaluation, expected: Evaluation, scale: Scale, tolerance: number): void {
  const error = (a: ArrayLike<number>, b: ArrayLike<number>) => largest(Array.from(a, (x, k) => x - b[k]));
  expect(Math.abs(actual.energy - expected.energy) / scale.energy).toBeLessThanOrEqual(tolerance);
  expect(error(actual.atomEnergies, expected.atomEnergies) / scale.energy).toBeLessThanOrEqual(tolerance);
  expect(error(actual.forces, expected.forces) / scale.force).toBeLessThanOrEqual(tolerance);
  expect(error(actual.virial, expected.virial) / scale.virial).toBeLessThanOrEqual(tolerance);
}

const references = new Map<Configuration, Evaluation>();

function reference(potential: ConformancePotential, configuration: Configuration): Evaluation {
  const known = references.get(configuration) ?? evaluateReference(potential.model, configuration);
  references.set(configuration, known);
  return known;
}

async function compute(
  backend: ConformanceBackend,
  potential: ConformancePotential,
  c: Configuration,
): Promise<Evaluation> {
  const engine = await backend.create(potential.model, atomsOf(c));
  if (!engine) throw new Error('not supported');
  await engine.compute(c.positions, c.cell);
  engine.dispose();
  return engine.result;
}

const structuresOf = new Map(potentials.map((p) => [p, structures(p.model.species, p.bond)]));

for (const backend of backends) {
  describe(`backend ${backend.name}`, () => {
    describe.each(potentials.filter(({ model }) => backend.computes(model)))('$name', (potential) => {
      const configurations = structuresOf.get(potential) ?? {};
      const displaced = configurations.crystal;
      const crystal = scaleOf(reference(potential, displaced), potential.bond);
      const typical = { ...crystal, energy: crystal.energy / displaced.kinds.length };
      const scaleFor = (expected: Evaluation) => scaleOf(expected, potential.bond, typical);

      it.each(Object.keys(configurations))('agrees with the reference: %s', async (name) => {
        const c = configurations[name];
        const expected = reference(potential, c);
        expectClose(await compute(backend, potential, c), expected, scaleFor(expected), backend.tolerance);
      });

      it('does not change under translation, also by many cells', async () => {
        for (const c of [configurations.liquid, configurations.molecule]) {
          const expected = reference(potential, c);
          const moved = { ...c, positions: c.positions.map((x, k) => x + [17.3, -31.1, 5.7][k % 3]) };
          expectClose(
            await compute(backend, potential, moved),
            expected,
            scaleFor(expected),
            10 * backend.tolerance,
          );
        }
      });

      it('turns with the structure', async () => {
        const random = randomNumbers(5);
        for (const c of [configurations.triclinic, configurations.slab]) {
          const expected = reference(potential, c);
          const rotation = randomRotation(random);
          const turned = {
            ...c,
            positions: rotateRows(c.positions, rotation),
            cell: rotateRows(c.cell, rotation),
          };
          // W′ = R W Rᵀ
          const half = rotateRows(expected.virial, rotation);
          const transposed = half.map((_, k) => half[3 * (k % 3) + Math.floor(k / 3)]);
          const virial = rotateRows(transposed, rotation);
          const rotated = { ...expected, forces: rotateRows(expected.forces, rotation), virial };
          expectClose(
            await compute(backend, potential, turned),
            rotated,
            scaleFor(expected),
            10 * backend.tolerance,
          );
        }
      });

      it('does not depend on the order of atoms', async () => {
        const c = configurations.liquid;
        const n = c.kinds.length;
        const order = Array.from({ length: n }, (_, k) => (7 * k + 3) % n);
        expect(new Set(order).size).toBe(n);
        const pick = (values: ArrayLike<number>) =>
          order.flatMap((k) => [values[3 * k], values[3 * k + 1], values[3 * k + 2]]);
        const permuted = {
          ...c,
          kinds: Uint16Array.from(order, (k) => c.kinds[k]),
          positions: Float64Array.from(pick(c.positions)),
        };
        const expected = reference(potential, c);
        const moved = {
          ...expected,
          atomEnergies: Float64Array.from(order, (k) => expected.atomEnergies[k]),
          forces: Float64Array.from(pick(expected.forces)),
        };
        expectClose(
          await compute(backend, potential, permuted),
          moved,
          scaleFor(expected),
          backend.tolerance,
        );
      });

      it('has forces and a virial that are derivatives of its energy', async () => {
        const c = configurations.triclinic;
        const engine = await backend.create(potential.model, atomsOf(c));
        if (!engine) throw new Error('not supported');
        await engine.compute(c.positions, c.cell);
        const scale = scaleFor(engine.result);
        const [forces, virial] = [engine.result.forces.slice(), engine.result.virial.slice()];
        const [step, tolerance] = backend.precision === 'f64' ? [1e-3, 3e-6] : [2e-2, 5e-3];
        const energyAt = async (positions: Float64Array, cell: Float64Array) => {
          await engine.compute(positions, cell);
          return engine.result.energy;
        };
        // fourth order: (8[E(h) − E(−h)] − [E(2h) − E(−2h)])/12h
        const derivative = async (energy: (h: number) => Promise<number>) => {
          const near = (await energy(step)) - (await energy(-step));
          const far = (await energy(2 * step)) - (await energy(-2 * step));
          return (8 * near - far) / (12 * step);
        };
        for (const k of [0, 4, 8, 3 * c.kinds.length - 1]) {
          const slope = await derivative((h) =>
            energyAt(
              c.positions.map((x, n) => (n === k ? x + h : x)),
              c.cell,
            ),
          );
          expect(Math.abs(-slope - forces[k]) / scale.force).toBeLessThan(tolerance);
        }
        for (const [a, b] of [
          [0, 0],
          [1, 2],
          [2, 0],
        ]) {
          const strained = (rows: Float64Array, h: number) =>
            rows.map((x, n) => (n % 3 === b ? x + h * rows[n - b + a] : x));
          // strain ε_ab moves components b by ε x_a; 1/L as unit keeps displacements like those above
          const length = Math.cbrt(Math.abs(c.cell[0] * c.cell[4] * c.cell[8]));
          const slope = await derivative((h) =>
            energyAt(strained(c.positions, h / length), strained(c.cell, h / length)),
          );
          expect(Math.abs(-slope * length - virial[3 * a + b]) / scale.virial).toBeLessThan(tolerance);
        }
        engine.dispose();
      });
    });
  });
}
