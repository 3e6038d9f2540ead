/**
 * What only many configurations together show: units and signs that look wrong. Each check compares labels with one
 * another through physics, so that it needs no typical values: energies of one composition lie close together,
 * ΔE = −F·Δx between neighbouring frames, and the pressure falls when the volume grows (positive bulk modulus).
 */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { summaryOf, type LabelSummary } from './label-summary.ts';
import { checkPressureSize, checkTotalEnergies } from './magnitudes.ts';
import { BOHR_IN_A, EV_PER_A3_IN_GPA, HARTREE_IN_EV } from '../../src-compute/units.ts';

/** Largest spread of energies per atom of one composition that is believed, eV. */
const LARGEST_SPREAD = 1000;
/** Largest root mean square of force components that is believed, eV/Å. */
const LARGEST_FORCE = 100;

/**
 * Sentences about units or signs that look wrong; empty when nothing does.
 * @param configurations a dataset or a sample of it, in the order of the file
 */
export function checkDataset(configurations: Iterable<Configuration>): string[] {
  const window = new CheckedWindow();
  for (const configuration of configurations) window.add(configuration);
  return window.findings();
}

/** The checks for configurations that come one after the other; holds a few numbers of each. */
export class CheckedWindow {
  private readonly summaries: LabelSummary[] = [];
  private readonly works: WorkPair[] = [];
  private previous: Configuration | undefined;

  /** How many configurations were added. */
  get length(): number {
    return this.summaries.length;
  }

  add(configuration: Configuration): void {
    this.summaries.push(summaryOf(configuration));
    const pair = this.previous && workBetween(this.previous, configuration);
    if (pair !== undefined) this.works.push(pair);
    this.previous = configuration;
  }

  /** Sentences about units or signs that look wrong. */
  findings(): string[] {
    const groups = [...Map.groupBy(this.summaries, (summary) => summary.composition).values()];
    const energies = checkEnergies(groups);
    const pressure = checkPressure(groups);
    return [
      ...energies,
      ...checkForceSize(this.summaries),
      ...checkWork(this.works),
      // the size of labels says it where comparison says nothing
      ...(pressure.length > 0 ? pressure : checkPressureSize(this.summaries)),
      ...(energies.length > 0 ? [] : checkTotalEnergies(this.summaries)),
    ];
  }
}

function checkEnergies(groups: readonly LabelSummary[][]): string[] {
  for (const group of groups) {
    const labelled = group.filter((c) => c.energy !== undefined);
    if (labelled.length < 2) continue;
    const perAtom = labelled.map((c) => (c.energy ?? 0) / c.atoms);
    const low = smallest(perAtom);
    const high = largest(perAtom);
    if (high - low > LARGEST_SPREAD) {
      return [
        `Expected energies (eV) of one composition within ${LARGEST_SPREAD} eV per atom of each other, found ${low.toPrecision(6)} to ${high.toPrecision(6)} eV per atom: some may be in another unit (1 hartree is 27.2114 eV) or come from another reference.`,
      ];
    }
    const middle = median(perAtom);
    // single atoms are left out: their energies may lie anywhere
    const mixed = labelled.some((c, k) => {
      const ratio = Math.abs(middle / perAtom[k]);
      return c.atoms > 1 && (isHartree(ratio) || isHartree(1 / ratio));
    });
    if (mixed && Math.abs(middle) > 0.5) {
      return [
        'Expected all energies in eV, but some differ from the others of the same composition by the factor 27.2 of a hartree.',
      ];
    }
    const sizes = labelled.map((c) => c.atoms);
    const totals = labelled.map((c) => c.energy ?? 0);
    const total = median(totals);
    if (
      largest(sizes) >= 2 * smallest(sizes) &&
      Math.abs(total) > 0.5 &&
      totals.every((energy) => Math.abs(energy / total - 1) < 0.2)
    ) {
      return [
        'Expected total energies (eV), but they do not grow with the number of atoms: these look like energies per atom.',
      ];
    }
  }
  return [];
}

function checkForceSize(summaries: readonly LabelSummary[]): string[] {
  let sum = 0;
  let count = 0;
  for (const { forceSquares, forceCount } of summaries) {
    sum += forceSquares;
    count += forceCount;
  }
  const size = count === 0 ? 0 : Math.sqrt(sum / count);
  if (size > LARGEST_FORCE) {
    return [
      `Expected forces in eV/Å, of a few eV/Å as a rule; their root mean square here is ${size.toPrecision(3)}: they may be in another unit, or atoms lie on top of each other.`,
    ];
  }
  return [];
}

/**
 * Work along the path of a trajectory: for neighbouring frames with the same atoms and cell, ΔE = −½(F₁+F₂)·Δx to
 * second order. The slope of ΔE against the work is 1 in consistent units.
 */
function checkWork(pairs: readonly WorkPair[]): string[] {
  let energyWork = 0;
  let workWork = 0;
  let energyEnergy = 0;
  for (const { work, difference } of pairs) {
    energyWork += difference * work;
    workWork += work * work;
    energyEnergy += difference * difference;
  }
  if (pairs.length < 4 || workWork === 0 || energyEnergy === 0) return [];
  const slope = energyWork / workWork;
  const correlation = energyWork / Math.sqrt(workWork * energyEnergy);
  if (Math.abs(correlation) < 0.95) return [];
  const hartree = HARTREE_IN_EV / BOHR_IN_A;
  const found = (what: string) =>
    `Expected forces (eV/Å) whose work along the trajectory is the change of the energy (eV), found the ratio ${slope.toPrecision(3)}: ${what}.`;
  if (slope < 0) return [found('the forces have the wrong sign, or are gradients of the energy')];
  if (isNear(slope, hartree))
    return [found('the forces look like hartree/bohr (1 hartree/bohr is 51.422 eV/Å)')];
  if (isNear(slope, hartree / 2)) return [found('the forces look like Ry/bohr (1 Ry/bohr is 25.711 eV/Å)')];
  if (isNear(slope, 1 / HARTREE_IN_EV))
    return [found('the energies look like hartree (1 hartree is 27.2114 eV)')];
  if (isNear(slope, 2 / HARTREE_IN_EV)) return [found('the energies look like rydberg (1 Ry is 13.6057 eV)')];
  if (isNear(slope, 1 / BOHR_IN_A))
    return [found('the energies and forces look like hartree and hartree/bohr')];
  return slope > 3 || slope < 1 / 3 ? [found('their units do not belong together')] : [];
}

/** Work between neighbouring frames and how much the energy changes, eV. */
interface WorkPair {
  readonly work: number;
  readonly difference: number;
}

function workBetween(first: Configuration, second: Configuration): WorkPair | undefined {
  const [f, g] = [first.forces, second.forces];
  if (f === undefined || g === undefined || first.energy === undefined || second.energy === undefined)
    return undefined;
  if (f.length !== g.length) return undefined;
  for (let k = 0; k < 9; k++) if (Math.abs(first.cell[k] - second.cell[k]) > 1e-9) return undefined;
  const [from, to] = [first.positions, second.positions];
  let work = 0;
  let largest = 0;
  for (let k = 0; k < f.length; k++) {
    const step = to[k] - from[k];
    largest = Math.max(largest, Math.abs(step));
    work -= 0.5 * (f[k] + g[k]) * step;
  }
  if (!(largest > 1e-5 && largest < 0.25)) return undefined;
  return { work, difference: second.energy - first.energy };
}

/**
 * The pressure P = tr W/(3V) must fall with the volume per atom. Compared are periodic configurations of one composition
 * and size, the calmest third of them by forces where that is enough: heat and defects add pressures of their own.
 */
function checkPressure(groups: readonly LabelSummary[][]): string[] {
  for (const composition of groups) {
    const bulk = composition.filter((c) => c.pressure !== undefined);
    for (const group of Map.groupBy(bulk, (c) => c.atoms).values()) {
      const calm = group.toSorted((a, b) => a.forceSize - b.forceSize).slice(0, Math.ceil(group.length / 3));
      const finding = (calm.length >= 5 ? judgePressure(calm) : undefined) ?? judgePressure(group);
      if (finding === undefined) continue;
      return finding === '' ? [] : [finding];
    }
  }
  return [];
}

/** A sentence; empty when all is well; undefined when these configurations cannot tell. */
function judgePressure(group: readonly LabelSummary[]): string | undefined {
  if (group.length < 4) return undefined;
  const volumes = group.map((c) => c.volume / c.atoms);
  const pressures = group.map((c) => c.pressure ?? 0);
  const { slope, correlation, relativeSpread } = line(volumes, pressures);
  if (relativeSpread < 0.005 || Math.abs(correlation) < 0.85) return undefined;
  const bulkModulus = -slope * median(volumes) * EV_PER_A3_IN_GPA;
  if (bulkModulus < 0) {
    return 'Expected the pressure tr W/(3V) to fall as the volume grows, but it rises: the virials (or stresses) have the wrong sign. Here W = −∂E/∂ε is positive when the configuration wants to expand; turn the sign at import if the file has the other one.';
  }
  if (bulkModulus > 5000 || bulkModulus < 0.05) {
    return `Expected virials in eV (or stresses in eV/Å³), but the pressure changes with the volume as if the bulk modulus were ${bulkModulus.toPrecision(2)} GPa: their unit looks wrong.`;
  }
  return '';
}

function line(
  x: readonly number[],
  y: readonly number[],
): { slope: number; correlation: number; relativeSpread: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, xy, yy] = [0, 0, 0];
  for (let k = 0; k < x.length; k++) {
    xx += (x[k] - mx) ** 2;
    xy += (x[k] - mx) * (y[k] - my);
    yy += (y[k] - my) ** 2;
  }
  return {
    slope: xx === 0 ? 0 : xy / xx,
    correlation: xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy),
    relativeSpread: Math.sqrt(xx / x.length) / mx,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Without spreading into arguments: datasets have more configurations than a call takes. */
function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

/** Energies of one composition vary by a few per cent at most. */
function isHartree(ratio: number): boolean {
  return Math.abs(ratio / HARTREE_IN_EV - 1) < 0.05;
}

/** Within a tenth. */
function isNear(value: number, target: number): boolean {
  return Math.abs(value / target - 1) < 0.1;
}
