/**
 * Checks that need many configurations: labels that are missing, units and signs that look wrong. Fed with one
 * configuration after the other, it keeps only sums and the last configuration.
 *
 * Units and signs are judged by the labels themselves: between two similar consecutive configurations the energy must
 * change by ΔE = −Σ F·Δx − W:ε to second order (PHYSICS.md conventions; mid-point rule for F and W), with ε the strain
 * between the cells and Δx the displacements beyond it.
 */
import { inverse } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, HARTREE_IN_EV, RYDBERG_IN_EV } from '../../../src-compute/units.ts';
import type { DerivedColumns } from '../../store/configuration-row.ts';

/** Energies of equal composition farther apart than this, eV/atom, cannot be one method in eV. */
const WIDEST_ENERGY_SPREAD = 100;
/** Largest force that first-principles data plausibly holds in the middle of its distribution, eV/Å. */
const LARGEST_TYPICAL_FORCE = 100;
const LARGEST_DISPLACEMENT = 0.3;
const LARGEST_STRAIN = 0.05;
/** Smaller predicted changes drown in the rounding of energies, eV. */
const SMALLEST_CHANGE = 1e-3;
/** Pairs of configurations needed to judge. */
const FEWEST_PAIRS = 3;

export class DatasetChecks {
  private count = 0;
  private readonly missing = { energy: 0, forces: 0, virial: 0 };
  private readonly energyRange = new Map<string, { low: number; high: number }>();
  private readonly maxForces: number[] = [];
  private readonly sizes = new Moments();
  private readonly energies = new Moments();
  private readonly forceWork = new Regression();
  private readonly virialWork = new Regression();
  private previous: Configuration | undefined;

  add(configuration: Configuration, derived: DerivedColumns): void {
    this.count++;
    if (configuration.energy === undefined) this.missing.energy++;
    if (configuration.forces === undefined) this.missing.forces++;
    if (configuration.virial === undefined) this.missing.virial++;
    if (derived.energy !== null && derived.energyPerAtom !== null) {
      const composition = reducedFormula(derived.formula);
      const range = this.energyRange.get(composition) ?? { low: Infinity, high: -Infinity };
      range.low = Math.min(range.low, derived.energyPerAtom);
      range.high = Math.max(range.high, derived.energyPerAtom);
      this.energyRange.set(composition, range);
      this.sizes.add(derived.atoms);
      this.energies.add(derived.energy);
    }
    if (derived.maxForce !== null && derived.atoms > 1) this.maxForces.push(derived.maxForce);
    if (this.previous !== undefined) this.compare(this.previous, configuration);
    this.previous = configuration;
  }

  /** Sentences for the user; none when nothing is suspicious. */
  findings(): string[] {
    return [
      ...this.missingLabels(),
      ...this.energyFindings(),
      ...this.forceFindings(),
      ...this.workFindings(),
    ];
  }

  private missingLabels(): string[] {
    const found: string[] = [];
    for (const [name, missing] of Object.entries(this.missing)) {
      if (missing === 0 || (name === 'virial' && missing === this.count)) continue;
      const which =
        missing === this.count
          ? 'No configuration has'
          : `${missing} of ${this.count} configurations have no`;
      const what = missing === this.count ? (name === 'forces' ? 'forces' : `an ${name}`) : name;
      found.push(
        `${which} ${what}: expected ${name === 'energy' ? 'a total energy in eV' : name === 'forces' ? 'forces in eV/Å' : 'a virial in eV'} in each.`,
      );
    }
    return found;
  }

  private energyFindings(): string[] {
    const found: string[] = [];
    for (const [composition, { low, high }] of this.energyRange) {
      if (high - low > WIDEST_ENERGY_SPREAD) {
        found.push(
          `Energies of ${composition} lie between ${low.toFixed(1)} and ${high.toFixed(1)} eV/atom: expected less than ` +
            `${WIDEST_ENERGY_SPREAD} eV/atom between configurations of one composition. Is the energy in eV, of one method, and total?`,
        );
      }
    }
    const oneComposition = this.energyRange.size === 1 && this.sizes.count >= 10;
    if (oneComposition && this.sizes.relativeSpread > 0.3 && this.energies.relativeSpread < 0.05) {
      found.push(
        'The energy does not grow with the number of atoms: it looks like energies per atom, and total energies in eV were expected.',
      );
    }
    return found;
  }

  private forceFindings(): string[] {
    if (this.maxForces.length < 3) return [];
    const sorted = Float64Array.from(this.maxForces).sort();
    const median = sorted[sorted.length >> 1];
    if (median <= LARGEST_TYPICAL_FORCE) return [];
    return [
      `The largest force of a typical configuration is ${median.toPrecision(3)} eV/Å: expected below ` +
        `${LARGEST_TYPICAL_FORCE} eV/Å. Are the forces in eV/Å?`,
    ];
  }

  private workFindings(): string[] {
    const found: string[] = [];
    const forces = this.forceWork.judge();
    if (forces !== undefined) {
      found.push(
        `Forces and energies do not belong together: over ${this.forceWork.count} small steps the energy changes by ` +
          `${forces.toPrecision(3)} times what the forces say. ${explain(forces, 'forces')}`,
      );
    }
    const virial = this.virialWork.judge();
    if (virial !== undefined) {
      found.push(
        `Virials and energies do not belong together: over ${this.virialWork.count} small strains the energy changes by ` +
          `${virial.toPrecision(3)} times what the virials say. ${explain(virial, 'virials')}`,
      );
    }
    return found;
  }

  /** Energy change between two similar configurations against what their forces and virials say. */
  private compare(a: Configuration, b: Configuration): void {
    if (
      a.energy === undefined ||
      b.energy === undefined ||
      !a.periodic.every(Boolean) ||
      !b.periodic.every(Boolean)
    )
      return;
    if (a.kinds.length !== b.kinds.length || a.symbols.join() !== b.symbols.join()) return;
    if (a.kinds.some((kind, atom) => kind !== b.kinds[atom])) return;
    const strain = strainBetween(a.cell, b.cell);
    const strained = Math.max(...strain.map(Math.abs));
    if (strained > LARGEST_STRAIN) return;
    const moved = displacementWork(a, b);
    if (moved.largest > LARGEST_DISPLACEMENT) return;
    const change = b.energy - a.energy;
    let virialWork = 0;
    if (a.virial !== undefined && b.virial !== undefined) {
      for (let k = 0; k < 9; k++) virialWork -= 0.5 * (a.virial[k] + b.virial[k]) * strain[k];
    }
    const hasForces = a.forces !== undefined && b.forces !== undefined;
    if (strained < 1e-9 && hasForces && Math.abs(moved.work) > SMALLEST_CHANGE)
      this.forceWork.add(moved.work, change);
    const still = moved.largest < 1e-6 || (hasForces && Math.abs(moved.work) < 0.05 * Math.abs(virialWork));
    if (strained > 1e-6 && still && Math.abs(virialWork) > SMALLEST_CHANGE)
      this.virialWork.add(virialWork, change - moved.work);
  }
}

/** ε with h_b = h_a (1 + ε), rows as lattice vectors. */
function strainBetween(a: Float64Array, b: Float64Array): Float64Array {
  const inv = inverse(a);
  const strain = new Float64Array(9);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      let sum = row === column ? -1 : 0;
      for (let k = 0; k < 3; k++) sum += inv[3 * row + k] * b[3 * k + column];
      strain[3 * row + column] = sum;
    }
  }
  return strain;
}

/** −Σ ½(F_a + F_b)·Δx with Δx the change of fractional coordinates (nearest image) in the mean cell, and the largest |Δx|. */
function displacementWork(a: Configuration, b: Configuration): { work: number; largest: number } {
  const [invA, invB] = [inverse(a.cell), inverse(b.cell)];
  const cell = a.cell.map((value, k) => 0.5 * (value + b.cell[k]));
  let work = 0;
  let largest = 0;
  const s = [0, 0, 0];
  for (let k = 0; k < a.positions.length; k += 3) {
    for (let axis = 0; axis < 3; axis++) {
      s[axis] = 0;
      for (let j = 0; j < 3; j++) {
        s[axis] += b.positions[k + j] * invB[3 * j + axis] - a.positions[k + j] * invA[3 * j + axis];
      }
      s[axis] -= Math.round(s[axis]);
    }
    let squared = 0;
    for (let axis = 0; axis < 3; axis++) {
      const x = s[0] * cell[axis] + s[1] * cell[3 + axis] + s[2] * cell[6 + axis];
      squared += x * x;
      if (a.forces !== undefined && b.forces !== undefined)
        work -= 0.5 * (a.forces[k + axis] + b.forces[k + axis]) * x;
    }
    largest = Math.max(largest, Math.sqrt(squared));
  }
  return { work, largest };
}

/** What a wrong ratio of energy change to labels means. */
function explain(ratio: number, what: string): string {
  const size = Math.abs(ratio);
  const near = (value: number) => Math.abs(size / value - 1) < 0.1;
  const sign =
    ratio < 0
      ? ` The sign is turned: ${what === 'forces' ? 'forces F = −∂E/∂x' : 'virials W = −∂E/∂ε, positive when the crystal wants to expand'} were expected.`
      : '';
  if (near(1)) return sign.trim();
  if (what === 'forces' && near(HARTREE_IN_EV / BOHR_IN_A))
    return `The forces look like hartree/bohr; eV/Å were expected.${sign}`;
  if (what === 'forces' && near(RYDBERG_IN_EV / BOHR_IN_A))
    return `The forces look like Ry/bohr; eV/Å were expected.${sign}`;
  if (near(1 / HARTREE_IN_EV)) return `The energies look like hartree; eV were expected.${sign}`;
  if (near(1 / RYDBERG_IN_EV)) return `The energies look like Ry; eV were expected.${sign}`;
  return `Expected 1. Check the units: eV, eV/Å, and virials in eV.${sign}`;
}

/** reduced formula of Si64 is Si, of Ga32As32 GaAs. */
export function reducedFormula(formula: string): string {
  const parts = [...formula.matchAll(/([A-Z][a-z]?|[a-z_]+\d+_?)(\d+)/g)].map(
    (match) => [match[1], Number(match[2])] as const,
  );
  if (parts.length === 0) return formula;
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const divisor = parts.reduce((common, [, count]) => gcd(common, count), 0) || 1;
  return parts
    .map(([symbol, count]) => symbol + (count / divisor === 1 ? '' : count / divisor))
    .sort()
    .join('');
}

/** Mean and spread of a stream of numbers (Welford). */
class Moments {
  count = 0;
  private mean = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.squares += delta * (value - this.mean);
  }

  /** Standard deviation over |mean|. */
  get relativeSpread(): number {
    return Math.sqrt(this.squares / Math.max(1, this.count)) / Math.abs(this.mean);
  }
}

/** Slope of y against x through the origin, and whether it can be believed. */
class Regression {
  count = 0;
  private xx = 0;
  private xy = 0;
  private yy = 0;

  add(x: number, y: number): void {
    this.count++;
    this.xx += x * x;
    this.xy += x * y;
    this.yy += y * y;
  }

  /** The slope when it is well determined and is not 1, else undefined. */
  judge(): number | undefined {
    if (this.count < FEWEST_PAIRS || this.xx === 0 || this.yy === 0) return undefined;
    const correlation = (this.xy * this.xy) / (this.xx * this.yy);
    const slope = this.xy / this.xx;
    return correlation > 0.9 && Math.abs(slope - 1) > 0.2 ? slope : undefined;
  }
}
