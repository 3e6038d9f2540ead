/** An embedded-atom potential for tests. */
import type { EmbeddedAtomModel } from '../../src-compute/potentials/embedded-atom/index.ts';

/** A smooth potential of two elements on coarse tables; only its mathematics is tested. */
export function inventedEmbeddedAtom(finnisSinclair: boolean): EmbeddedAtomModel {
  const species = ['Cu', 'Ni'];
  const [densityCount, densityStep, distanceCount, cutoff] = [60, 0.5, 80, 4.5];
  const distanceStep = cutoff / (distanceCount - 1);
  const grid = (count: number, step: number, f: (x: number) => number) =>
    Array.from({ length: count }, (_, k) => f(k * step));
  const end = (r: number) => Math.max(0, 1 - r / cutoff) ** 3;
  const densities = species.flatMap((_, giver) =>
    Array.from({ length: finnisSinclair ? 2 : 1 }, (_, taker) =>
      grid(distanceCount, distanceStep, (r) => (2 + giver + 0.5 * taker) * end(r) * 4),
    ).flat(),
  );
  return {
    ...{ form: 'embedded-atom', species, cutoff, finnisSinclair },
    ...{ densityStep, densityCount, distanceStep, distanceCount },
    embedding: Float64Array.from(
      species.flatMap((_, e) =>
        grid(densityCount, densityStep, (rho) => -(1 + 0.2 * e) * Math.sqrt(rho + 0.1)),
      ),
    ),
    densities: Float64Array.from(densities),
    pairs: Float64Array.from(
      [0, 1, 2].flatMap((k) => grid(distanceCount, distanceStep, (r) => (6 + k) * end(r) * Math.exp(-r / 2))),
    ),
    notes: species.map((_, e) => ({
      atomicNumber: 29 - e,
      mass: 60 + e,
      latticeConstant: 3.6,
      lattice: 'fcc',
    })),
  };
}
