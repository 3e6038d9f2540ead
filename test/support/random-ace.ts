/** ACE potentials with random coefficients, for tests. */
import { invariantCouplings } from '../../src-compute/potentials/ace/coupling.ts';
import type { AceBond, AceFunction, AceModel } from '../../src-compute/potentials/ace/index.ts';
import { testRandom } from './physics.ts';

interface Wish {
  readonly species?: readonly string[];
  readonly densities?: number;
  readonly rank?: number;
  readonly lmax?: number;
  readonly bond?: Partial<AceBond>;
  readonly model?: Partial<AceModel>;
}

/** A potential whose functions are all products of its sums up to a rank, with random weights; only its mathematics is tested. */
export function randomAce(wish: Wish = {}): AceModel {
  const { species = ['Si'], densities = 1, rank = 3, lmax = 2 } = wish;
  const random = testRandom(11);
  const next = () => 2 * random() - 1;
  const [radialCount, baseCount] = [2, 4];
  const bonds = species.flatMap((_, a) =>
    species.map((_name, b): AceBond => {
      const bond = {
        ...{
          radial: 'ChebExpCos' as const,
          parameter: 3.3,
          cutoff: 4 + 0.2 * Math.abs(a - b),
          cutoffWidth: 0.3,
        },
        ...{ innerCutoff: 0, innerWidth: 0, corePrefactor: 5, coreExponent: 1.5 },
        ...{ radialCount, baseCount, lmax },
        ...wish.bond,
      };
      const count = bond.radialCount * (bond.lmax + 1) * bond.baseCount;
      return { ...bond, coefficients: Float64Array.from({ length: count }, next) };
    }),
  );
  const labels = species.flatMap((_, s) =>
    Array.from({ length: radialCount }, (_n, n) =>
      Array.from({ length: lmax + 1 }, (_l, l) => [s, n + 1, l]),
    ).flat(),
  );
  const functions = species.map(() => {
    const list: AceFunction[] = [];
    const push = (chosen: readonly (readonly number[])[], orders: Int32Array, coefficients: Float64Array) => {
      list.push({
        neighbours: Int32Array.from(chosen, ([s]) => s),
        radial: Int32Array.from(chosen, ([, n]) => n),
        angular: Int32Array.from(chosen, ([, , l]) => l),
        orders,
        couplings: Float64Array.from(
          Array.from(coefficients).flatMap((c) => Array.from({ length: densities }, () => c)),
        ),
        weights: Float64Array.from({ length: densities }, () => (0.05 * next()) / chosen.length ** 2),
      });
    };
    species.forEach((_, s) => {
      for (let n = 1; n <= baseCount; n++) push([[s, n, 0]], Int32Array.of(0), Float64Array.of(1));
    });
    const choose = (from: number, chosen: (readonly number[])[]) => {
      if (chosen.length > 1) {
        const groups = chosen.map((label) => labels.findIndex((one) => one === label));
        for (const { orders, coefficients } of invariantCouplings(
          chosen.map(([, , l]) => l),
          groups,
        ))
          push(chosen, orders, coefficients);
      }
      if (chosen.length === rank) return;
      for (let k = from; k < labels.length; k++) choose(k, [...chosen, labels[k]]);
    };
    choose(0, []);
    return list;
  });
  return {
    ...{ form: 'ace', species, cutoff: Math.max(...bonds.map(({ cutoff }) => cutoff)), tableSpacing: 0.001 },
    core: 'density',
    isolated: Float64Array.from(species, (_, s) => -1 - s),
    embeddings: species.map(() => ({
      kind: densities === 1 ? 'FinnisSinclair' : 'FinnisSinclairShiftedScaled',
      weights: Float64Array.from({ length: densities }, (_, p) => 1 - 0.3 * p),
      exponents: Float64Array.from({ length: densities }, (_, p) => [1, 0.5, 0.75][p]),
      coreCutoff: 100_000,
      coreWidth: 250,
    })),
    bonds,
    functions,
    ...wish.model,
  };
}
