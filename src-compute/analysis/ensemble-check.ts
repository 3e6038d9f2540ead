/**
 * Is this the right ensemble? Shirts, J. Chem. Theory Comput. 9 (2013) 909: two simulations of one system that differ
 * in temperature (or pressure) obey
 *
 *   ln [P₂(E)/P₁(E)] = −(β₂ − β₁) E + const,   ln [P₂(V)/P₁(V)] = −β(P₂ − P₁) V + const,
 *
 * whatever the system. The slope is estimated by maximum likelihood (logistic regression on the pooled samples, his
 * eq. 12), thinned to independent samples.
 */
import { SimulationError } from '../errors.ts';
import { statisticalInefficiency } from './correlation-time.ts';

export interface EnsembleCheck {
  /** Estimated d ln(P₂/P₁)/dx. */
  readonly slope: number;
  readonly error: number;
  /** What it should be. */
  readonly expected: number;
  /** (slope − expected)/error */
  readonly deviations: number;
}

/**
 * @param first samples of E (or V) from simulation 1
 * @param second from simulation 2
 * @param expected −(β₂ − β₁) or −β(P₂ − P₁)
 * @throws SimulationError when the two histograms do not overlap
 */
export function ensembleCheck(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  expected: number,
): EnsembleCheck {
  const thinned = [first, second].map((samples) => {
    // the slope depends on the spread as well as on the mean; for an oscillating volume (x − x̄)² takes longer
    const mean = Array.from(samples).reduce((a, b) => a + b / samples.length, 0);
    const squares = Float64Array.from(samples, (x) => (x - mean) ** 2);
    const stride = Math.ceil(Math.max(statisticalInefficiency(samples), statisticalInefficiency(squares)));
    return Array.from({ length: Math.floor(samples.length / stride) }, (_, k) => samples[k * stride]);
  });
  const all = thinned.flat();
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const scale = Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length);
  // Newton's method for P(sample came from 2) = 1/(1 + exp(−a − b x)), x in units of its spread
  let a = Math.log(thinned[1].length / thinned[0].length);
  let b = expected * scale;
  let information = 0;
  for (let iteration = 0; iteration < 100; iteration++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 0, 0, 0];
    thinned.forEach((samples, label) => {
      for (const sample of samples) {
        const x = (sample - mean) / scale;
        const p = 1 / (1 + Math.exp(-a - b * x));
        ga += label - p;
        gb += (label - p) * x;
        const w = p * (1 - p);
        haa += w;
        hab += w * x;
        hbb += w * x * x;
      }
    });
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12)) {
      throw new SimulationError(
        'The two simulations have no values in common, so their ensembles cannot be compared.',
        {
          remedy: 'Choose temperatures or pressures that lie closer together.',
        },
      );
    }
    const da = (hbb * ga - hab * gb) / determinant;
    const db = (haa * gb - hab * ga) / determinant;
    a += da;
    b += db;
    information = determinant / haa; // of b with a eliminated
    if (Math.abs(db) < 1e-10) break;
  }
  const slope = b / scale;
  const error = 1 / (Math.sqrt(information) * scale);
  return { slope, error, expected, deviations: (slope - expected) / error };
}
