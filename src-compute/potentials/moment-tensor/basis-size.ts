/** How large a basis is, without building its graph: what is known before a fit is started. */
import { enumerateScalars, type BasisLimits } from './scalars.ts';

export interface BasisSize {
  /** Scalars B_α: linear coefficients ξ_α, energies per element left out. */
  readonly scalars: number;
  /** Radial functions f_μ that their moments use. */
  readonly radialFunctions: number;
}

/** Sizes that were counted, by limits: a form asks for the same few again and again. */
const known = new Map<string, BasisSize>();

/**
 * The counts of `generateMomentGraph` for the same limits (scalarMoments and radialFunctionCount): the scalars are
 * enumerated, once for every set of limits; finding products for them takes twenty times as long and is left out.
 */
export function basisSize(limits: BasisLimits): BasisSize {
  const { level, maximumBodyOrder, maximumRank, maximumRadialFunctions } = limits;
  const key = [level, maximumBodyOrder, maximumRank, maximumRadialFunctions].join(' ');
  let size = known.get(key);
  if (size === undefined) {
    const scalars = enumerateScalars(limits);
    let highest = -1;
    for (const { contraction } of scalars)
      for (const vertex of contraction.vertices) highest = Math.max(highest, vertex.mu);
    size = { scalars: scalars.length, radialFunctions: highest + 1 };
    known.set(key, size);
  }
  return size;
}
