/** Whether a potential knows a structure: by the distances of its data, and by the errors that it predicts for itself. */
import type { Caveat } from '../../../src-compute/caveats.ts';
import type { EquationOfState } from '../../../src-compute/analysis/equation-of-state.ts';
import { ErrorPredictor } from '../../../src-compute/fitting/uncertainty/predicted.ts';
import { closeAtomsWarning } from '../../../src-compute/potentials/distances.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import type { Knowledge, RecipeContext } from './recipe.ts';

/** Uncertainty of the coefficients over the noise of the labels beyond which a structure is unlike the data. */
const MOST_SPREAD = 3;

/** Atoms of a crystal whose error is told. */
const USUAL_ATOMS = 64;

/** Volumes outside of those of the data by more than this factor are not known. */
const BEYOND = 1.1;

export interface StructureTrust {
  /** Why the structure is outside of the data; undefined inside. */
  readonly outside?: string;
  /** Predicted error of the energy, eV per atom; undefined where the potential does not know it. */
  readonly sigma?: number;
}

/** Judges structures. Made once per recipe: the predictor of errors is not for free. */
export class Trust {
  private readonly model: RecipeContext['model'];
  private readonly predictor: ErrorPredictor | undefined;
  private readonly error: number;
  private readonly volumes: readonly [number, number] | undefined;

  constructor({ model, uncertainty, energyError, volumes }: Knowledge) {
    this.model = model;
    this.error = energyError ?? 0;
    this.volumes = volumes;
    this.predictor = uncertainty?.energy && new ErrorPredictor(model, uncertainty);
  }

  /** By distances alone, which is quick. @returns why it is outside */
  tooClose(configuration: Configuration): string | undefined {
    return closeAtomsWarning(this.model, configuration);
  }

  private unusualVolume(configuration: Configuration): string | undefined {
    if (!this.volumes || !configuration.periodic.every(Boolean)) return undefined;
    const v = volume(configuration.cell) / atomCount(configuration);
    const [least, largest] = this.volumes;
    if (v > least / BEYOND && v < largest * BEYOND) return undefined;
    return `it has ${v.toFixed(1)} Å³ per atom, and the data have ${least.toFixed(1)} to ${largest.toFixed(1)}.`;
  }

  /** By distances, the volume and the predicted error of the energy. */
  of(configuration: Configuration): StructureTrust {
    const close = this.tooClose(configuration) ?? this.unusualVolume(configuration);
    if (!this.predictor) return { outside: close };
    const atoms = atomCount(configuration);
    const { noise = 0, exponent = 0 } = this.predictor.uncertainty.energy ?? {};
    // noise grows with the atoms as their power γ/2, the spread of a repeated crystal as their number: what both are for
    // an atom of a crystal of usual size
    const total = this.predictor.of(configuration, []).energy;
    const spread = Math.sqrt(Math.max(0, total ** 2 - noise ** 2 * atoms ** exponent)) / atoms;
    const usual = (noise * USUAL_ATOMS ** (exponent / 2)) / USUAL_ATOMS;
    const sigma = Math.hypot(spread, usual);
    const known = Math.max(usual, this.error);
    const outside =
      spread > MOST_SPREAD * known
        ? `the predicted error of its energy is ${(1000 * sigma).toFixed(0)} meV/atom, where ${(1000 * known).toPrecision(2)} meV/atom is usual in the data.`
        : undefined;
    return { outside: close ?? outside, sigma };
  }
}

/** Bulk moduli of solids: caesium 1.6 GPa and solid argon 2.7 GPa to diamond 443 GPa. */
const [SOFTEST, HARDEST] = [0.3, 1000];
/** B′ of nearly all solids is 3 to 7. */
const [LEAST_DERIVATIVE, LARGEST_DERIVATIVE] = [1, 10];

/** An equation of state so odd that its minimum is none. */
export function isAbsurd({ bulkModulus: b, bulkModulusDerivative: derivative }: EquationOfState): boolean {
  return !(b > SOFTEST && b < HARDEST) || !(Math.abs(derivative) < 15);
}

/** What is hard to believe of an equation of state. */
export function implausible(name: string, eos: EquationOfState): Caveat[] {
  const wrong: string[] = [];
  const { bulkModulus: b, bulkModulusDerivative: derivative } = eos;
  if (!(b > SOFTEST && b < HARDEST))
    wrong.push(
      `a bulk modulus of ${b.toPrecision(4)} GPa, where solids have ${SOFTEST} (rare gases) to 443 GPa (diamond)`,
    );
  if (!(derivative > LEAST_DERIVATIVE && derivative < LARGEST_DERIVATIVE))
    wrong.push(`B′ = ${derivative.toPrecision(3)}, where nearly all solids have 3 to 7`);
  return wrong.length === 0 ? [] : [{ kind: 'implausible', text: `${name} has ${wrong.join(', and ')}.` }];
}
