/**
 * Which functions a linear ACE potential has. A function of rank ν is a product of ν sums, each with a species of neighbours, a
 * radial function n and an angular momentum l; kept are those whose total degree
 *
 *   Σ_t (a + b (n_t − 1) + w l_t) ≤ D_ν
 *
 * is small (Dusson et al., J. Comput. Phys. 454 (2022) 110946, call it that for a = 0, b = 1), and of each the independent
 * couplings. With a = 2, b = 4, w = 1 it is the level of moment tensors (Shapeev, Multiscale Model. Simul. 14 (2016) 1153; the
 * numbers are those of Gubaev et al., Comput. Mater. Sci. 156 (2019) 148), which suits radial functions that are fitted, as few do.
 */
import { invariantCouplings, type Coupling } from '../../potentials/ace/coupling.ts';

export interface BasisSettings {
  readonly species: number;
  /** D of every rank, from 1 on. */
  readonly degrees: readonly number[];
  /** a: what a factor counts by itself; 0 where absent. */
  readonly factorWeight?: number;
  /** b: what a further radial function counts; 1 where absent. */
  readonly radialWeight?: number;
  /** w */
  readonly angularWeight: number;
  readonly lmax: number;
  /** Radial functions of single sums, where the degree does not tell. */
  readonly pairFunctions?: number;
}

/** A function, without coefficient. */
export interface BasisFunction {
  readonly neighbours: readonly number[];
  /** From 1. */
  readonly radial: readonly number[];
  readonly angular: readonly number[];
  readonly coupling: Coupling;
}

interface Label {
  readonly species: number;
  readonly n: number;
  readonly l: number;
  readonly degree: number;
}

/** Labels of single factors up to a degree, by species, l and n. */
function labelsUpTo(settings: BasisSettings, degree: number, rank: number): Label[] {
  const { species, factorWeight = 0, radialWeight = 1, angularWeight, lmax, pairFunctions } = settings;
  const out: Label[] = [];
  for (let s = 0; s < species; s++) {
    if (rank === 1 && pairFunctions !== undefined) {
      for (let n = 1; n <= pairFunctions; n++) out.push({ species: s, n, l: 0, degree: 0 });
      continue;
    }
    for (let l = 0; l <= (rank === 1 ? 0 : lmax); l++)
      for (let n = 1; ; n++) {
        const own = factorWeight + radialWeight * (n - 1) + angularWeight * l;
        if (own > degree) break;
        out.push({ species: s, n, l, degree: own });
      }
  }
  return out;
}

/** All functions, by rank. */
export function aceBasis(settings: BasisSettings): BasisFunction[] {
  /** Couplings by l and exchangeable factors: the same for many radial functions. */
  const couplings = new Map<string, Coupling[]>();
  const out: BasisFunction[] = [];
  settings.degrees.forEach((degree, k) => {
    const rank = k + 1;
    const labels = labelsUpTo(settings, degree, rank);
    const choose = (from: number, chosen: readonly Label[], left: number) => {
      if (chosen.length === rank) {
        const angular = chosen.map(({ l }) => l);
        const groups = chosen.map((label) => chosen.indexOf(label));
        const key = `${angular.join(' ')}|${groups.join(' ')}`;
        const known = couplings.get(key) ?? invariantCouplings(angular, groups);
        couplings.set(key, known);
        for (const coupling of known)
          out.push({
            neighbours: chosen.map(({ species }) => species),
            radial: chosen.map(({ n }) => n),
            ...{ angular, coupling },
          });
        return;
      }
      for (let next = from; next < labels.length; next++)
        if (labels[next].degree <= left + 1e-9)
          choose(next, [...chosen, labels[next]], left - labels[next].degree);
    };
    choose(0, [], degree);
  });
  return out;
}

/** Largest n and l that functions of more than one factor have, and largest n of all. */
export function basisExtent(functions: readonly BasisFunction[]): {
  radial: number;
  lmax: number;
  base: number;
} {
  const many = functions.filter(({ radial }) => radial.length > 1);
  const radial = Math.max(1, ...many.flatMap((f) => f.radial));
  return {
    radial,
    lmax: Math.max(0, ...many.flatMap(({ angular }) => angular)),
    base: Math.max(radial, ...functions.flatMap((f) => f.radial)),
  };
}
