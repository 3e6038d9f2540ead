/**
 * Birch–Murnaghan equation of state of third order (Birch, Phys. Rev. 71 (1947) 809):
 *
 *   E(V) = E₀ + (9 V₀ B/16) { [(V₀/V)^⅔ − 1]³ B′ + [(V₀/V)^⅔ − 1]² [6 − 4 (V₀/V)^⅔] }
 *
 * It is a cubic polynomial in x = V^(−2/3), so the fit is linear; V₀, B and B′ follow from the coefficients.
 */
import { FitError } from '../errors.ts';
import { EV_PER_A3_IN_GPA } from '../units.ts';
import { solveLinear } from './small-linear.ts';

export interface EquationOfState {
  /** per whatever the volumes and energies are per: eV, Å³ */
  readonly energy: number;
  readonly volume: number;
  /** GPa */
  readonly bulkModulus: number;
  readonly bulkModulusDerivative: number;
  /** root mean square of the residuals, eV */
  readonly residual: number;
}

/**
 * Fits E(V).
 * @param volumes Å³
 * @param energies eV
 * @throws FitError for fewer than 4 points or when there is no minimum inside the volumes given
 */
export function fitBirchMurnaghan(volumes: readonly number[], energies: readonly number[]): EquationOfState {
  const n = volumes.length;
  if (n < 4 || energies.length !== n)
    throw new FitError(`An equation of state needs at least 4 points, and got ${n}.`);
  // scaled so that the powers are of order one
  const reference = volumes.reduce((a, b) => a + b, 0) / n;
  const shift = energies.reduce((a, b) => a + b, 0) / n;
  const x = volumes.map((v) => (v / reference) ** (-2 / 3));
  const matrix = Array.from({ length: 4 }, (_, a) =>
    Array.from({ length: 4 }, (_b, b) => x.reduce((sum, xi) => sum + (xi - 1) ** (a + b), 0)),
  );
  const right = Array.from({ length: 4 }, (_, a) =>
    x.reduce((sum, xi, k) => sum + (energies[k] - shift) * (xi - 1) ** a, 0),
  );
  const c = solveLinear(matrix, right);
  // E′(t) = c₁ + 2c₂t + 3c₃t² = 0 with E″ > 0, t = x − 1
  const discriminant = 4 * c[2] * c[2] - 12 * c[3] * c[1];
  const root = Math.sqrt(discriminant);
  const t = Math.abs(c[3]) < 1e-12 * Math.abs(c[2]) ? -c[1] / (2 * c[2]) : (-2 * c[2] + root) / (6 * c[3]);
  const [low, high] = [Math.min(...x) - 1, Math.max(...x) - 1];
  const margin = 0.05 * (high - low);
  if (!(discriminant > 0) || !(t > low - margin && t < high + margin)) {
    throw new FitError('The energies have no minimum inside the volumes given.', {
      remedy: 'Shift the range of volumes, or make it wider.',
    });
  }
  const x0 = 1 + t;
  const volume = reference * x0 ** -1.5;
  const second = 2 * c[2] + 6 * c[3] * t; // d²E/dx²
  const third = 6 * c[3];
  // with dx/dV = −⅔ x/V, at the minimum B = V₀ d²E/dV² = (4/9) x₀² E_xx/V₀ and B′ = 4 + ⅔ x₀ E_xxx/E_xx
  const bulk = ((4 / 9) * x0 * x0 * second) / volume;
  const derivative = 4 + (2 / 3) * ((x0 * third) / second);
  const predict = (xi: number) =>
    shift + c[0] + c[1] * (xi - 1) + c[2] * (xi - 1) ** 2 + c[3] * (xi - 1) ** 3;
  const residual = Math.sqrt(x.reduce((sum, xi, k) => sum + (energies[k] - predict(xi)) ** 2, 0) / n);
  return {
    energy: predict(x0),
    volume,
    bulkModulus: bulk * EV_PER_A3_IN_GPA,
    bulkModulusDerivative: derivative,
    residual,
  };
}

/** E at a volume, for drawing the fitted curve. */
export function birchMurnaghanEnergy(eos: EquationOfState, volume: number): number {
  const f = (eos.volume / volume) ** (2 / 3);
  const b = eos.bulkModulus / EV_PER_A3_IN_GPA;
  return (
    eos.energy +
    ((9 * eos.volume * b) / 16) * ((f - 1) ** 3 * eos.bulkModulusDerivative + (f - 1) ** 2 * (6 - 4 * f))
  );
}
