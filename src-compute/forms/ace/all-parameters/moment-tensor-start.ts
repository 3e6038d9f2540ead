/**
 * Radial functions to begin with: those of a moment tensor potential of the same level, whose variable projection finds them in
 * few passes (fitting/fit-moment-tensor.ts). Products of its moments span what products of sums A span when all l share them, so
 * that an ACE potential begins where moment tensors end, and each l may then go its own way.
 */
import type { DesignPoint, DesignSettings } from '../../../fitting/design-pass.ts';
import { fitMomentTensor } from '../../../fitting/fit-moment-tensor.ts';
import type { FitPool } from '../../../fitting/fit-pool.ts';
import { DEFAULT_FIT_SETTINGS, type FitProgress } from '../../../fitting/fit-settings.ts';
import { cholesky, choleskySolve } from '../../../fitting/linear-algebra.ts';
import { FitError } from '../../../errors.ts';
import { bareRadialFunctions } from '../../../potentials/ace/radial.ts';
import type { AceBond } from '../../../potentials/ace/model.ts';
import type { FitWeights } from '../../../fitting/training-set.ts';
import type { AceDescriptorSettings } from '../descriptors.ts';

export interface StartRequest {
  readonly descriptors: AceDescriptorSettings;
  readonly level: number;
  readonly weights: FitWeights;
  readonly minimumDistance: number;
  readonly hasValidation: boolean;
  readonly fixedElements: readonly boolean[];
  readonly expectedEnergies: Float64Array;
  readonly seed: number;
  onProgress?(progress: FitProgress): void;
}

/** Gauss–Newton steps on all data: a start need not be converged. */
const STEPS = 12;
/** Points at which a function is compared. */
const POINTS = 200;
/** Relative to the norms of functions: keeps coefficients small where functions are alike. */
const RIDGE = 1e-8;

/** c_nlk of all pairs, the same for all l. Functions beyond those that moment tensors have stay as they are in the bonds. */
export async function momentTensorStart(
  pool: FitPool<DesignSettings, DesignPoint>,
  request: StartRequest,
): Promise<Float64Array> {
  const { descriptors, minimumDistance } = request;
  const { species, cutoff, bonds } = descriptors;
  const { radialBasisSize: size } = DEFAULT_FIT_SETTINGS;
  const result = await fitMomentTensor(
    {
      ...DEFAULT_FIT_SETTINGS,
      ...{
        species,
        cutoff,
        minimumDistance,
        level: request.level,
        weights: request.weights,
        seed: request.seed,
      },
      ...{ maximumIterations: STEPS, keepSums: false, linear: false },
      fixedElements: request.fixedElements,
      expectedEnergies: request.expectedEnergies,
    },
    pool,
    { atoms: pool.source.atomCount, hasValidation: request.hasValidation },
    { onProgress: request.onProgress },
  );
  const functions = result.radialCoefficients.length / (bonds.length * size);
  return Float64Array.from(
    bonds.flatMap((bond, pair) => {
      const own = bond.coefficients.slice();
      const { baseCount, lmax, radialCount } = bond;
      for (let n = 0; n < Math.min(functions, radialCount); n++) {
        const from = (pair * functions + n) * size;
        const c = closest(
          bond,
          { cutoff, minimumDistance },
          result.radialCoefficients.subarray(from, from + size),
        );
        for (let l = 0; l <= lmax; l++) own.set(c, (n * (lmax + 1) + l) * baseCount);
      }
      return Array.from(own);
    }),
  );
}

/** Coefficients whose Σ_k c_k g_k is closest to (r_c − r)² Σ_k b_k T_k, scaled to a norm of one. */
function closest(
  bond: AceBond,
  { cutoff, minimumDistance }: { readonly cutoff: number; readonly minimumDistance: number },
  series: Float64Array,
): Float64Array {
  const { baseCount: n } = bond;
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let p = 0; p < POINTS; p++) {
    const r = minimumDistance + ((cutoff - minimumDistance) * (p + 0.5)) / POINTS;
    const g = bareRadialFunctions(bond, r).map(({ value }) => value);
    const x = (2 * r - minimumDistance - cutoff) / (cutoff - minimumDistance);
    let [sum, before, now] = [0, 1, x];
    for (let k = 0; k < series.length; k++) {
      sum += series[k] * (k === 0 ? 1 : now);
      if (k > 0) [before, now] = [now, 2 * x * now - before];
    }
    const wanted = sum * (1 - r / cutoff) ** 2;
    for (let a = 0; a < n; a++) {
      right[a] += g[a] * wanted;
      for (let b = 0; b < n; b++) gram[a * n + b] += g[a] * g[b];
    }
  }
  for (let a = 0; a < n; a++) gram[a * n + a] *= 1 + RIDGE;
  const factor = cholesky(gram, n);
  if (!factor)
    throw new FitError('The radial functions of these settings are not independent.', {
      remedy: 'Choose fewer of them (--radial-basis-size), or another family.',
    });
  const c = choleskySolve(factor, n, right);
  const norm = Math.hypot(...c) || 1;
  return c.map((value) => value / norm);
}
