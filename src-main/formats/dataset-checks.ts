/**
 * What only many configurations together show: units and signs that look wrong. Each check compares labels with one
 * another through physics, so that it needs no typical values: energies of one composition lie close together,
 * ΔE = −F·Δx between neighbouring frames, and the pressure falls when the volume grows (positive bulk modulus).
 */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { BondStiffness } from './bond-stiffness.ts';
import { summaryOf, type LabelSummary } from './label-summary.ts';
import { RepeatedStructures } from './repeated-structures.ts';
import { checkPressureSize, checkTotalEnergies } from './magnitudes.ts';
import { BOHR_IN_A, EV_PER_A3_IN_GPA, HARTREE_IN_EV } from '../../src-compute/units.ts';

/** Forces stiffer or softer than the rule of bonds by these factors are in another unit; up to the former they are fine. */
const BONDS_AGREE = 8;
const BONDS_DISAGREE = 10;
/** Beyond this, GPa, and far above the pressure itself, no bulk modulus lies (diamond has 443 GPa). */
const LARGEST_MODULUS = 700;
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

/** What a check says: a sentence where something looks wrong, and whether it could tell at all. */
interface Verdict {
  readonly told: boolean;
  readonly sentence?: string;
}

/** The checks for configurations that come one after the other; holds a few numbers of each. */
export class CheckedWindow {
  private readonly summaries: LabelSummary[] = [];
  private readonly repeated = new RepeatedStructures();
  private readonly works: WorkPair[] = [];
  private readonly bonds = new BondStiffness();
  private previous: Configuration | undefined;

  /** How many configurations were added. */
  get length(): number {
    return this.summaries.length;
  }

  add(configuration: Configuration): void {
    this.summaries.push(summaryOf(configuration));
    this.repeated.add(configuration);
    const pair = this.previous && workBetween(this.previous, configuration);
    if (pair !== undefined) this.works.push(pair);
    this.bonds.add(configuration);
    this.previous = configuration;
  }

  /** Sentences about units or signs that look wrong. */
  findings(): string[] {
    return this.judge().findings;
  }

  /** Sentences about units or signs that look wrong, and which labels could be compared with something at all. */
  judge(): { findings: string[]; checked: { forces: boolean; virial: boolean } } {
    const { summaries } = this;
    const groups = [...Map.groupBy(summaries, (summary) => summary.composition).values()];
    const energies = checkEnergies(groups);
    const size = checkForceSize(summaries);
    const work = checkWork(this.works);
    const bonds = work.told ? NOTHING : checkBonds(this.bonds);
    const pressure = checkPressure(groups);
    // the size of labels says it where comparison says nothing
    const unusual = pressure.sentence === undefined ? checkPressureSize(summaries) : [];
    const sentences = [bonds, work, pressure].flatMap(({ sentence }) => sentence ?? []);
    return {
      findings: [
        ...energies,
        ...(bonds.sentence === undefined ? size : []),
        ...sentences,
        ...unusual,
        ...this.repeated.findings(),
        ...(energies.length > 0 ? [] : checkTotalEnergies(summaries)),
      ],
      checked: {
        forces: work.told || bonds.told || size.length > 0,
        virial: pressure.told || unusual.length > 0,
      },
    };
  }
}

const NOTHING: Verdict = { told: false };

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
function checkWork(pairs: readonly WorkPair[]): Verdict {
  let energyWork = 0;
  let workWork = 0;
  let energyEnergy = 0;
  for (const { work, difference } of pairs) {
    energyWork += difference * work;
    workWork += work * work;
    energyEnergy += difference * difference;
  }
  if (pairs.length < 4 || workWork === 0 || energyEnergy === 0) return NOTHING;
  const slope = energyWork / workWork;
  const correlation = energyWork / Math.sqrt(workWork * energyEnergy);
  if (Math.abs(correlation) < 0.95) return NOTHING;
  const hartree = HARTREE_IN_EV / BOHR_IN_A;
  const found = (what: string): Verdict => ({
    told: true,
    sentence: `Expected forces (eV/Å) whose work along the trajectory is the change of the energy (eV), found the ratio ${slope.toPrecision(3)}: ${what}.`,
  });
  if (slope < 0) return found('the forces have the wrong sign, or are gradients of the energy');
  if (isNear(slope, hartree))
    return found('the forces look like hartree/bohr (1 hartree/bohr is 51.422 eV/Å)');
  if (isNear(slope, hartree / 2)) return found('the forces look like Ry/bohr (1 Ry/bohr is 25.711 eV/Å)');
  if (isNear(slope, 1 / HARTREE_IN_EV))
    return found('the energies look like hartree (1 hartree is 27.2114 eV)');
  if (isNear(slope, 2 / HARTREE_IN_EV)) return found('the energies look like rydberg (1 Ry is 13.6057 eV)');
  if (isNear(slope, 1 / BOHR_IN_A))
    return found('the energies and forces look like hartree and hartree/bohr');
  return slope > 3 || slope < 1 / 3 ? found('their units do not belong together') : { told: true };
}

/** Stiffness of bonds against what their length lets expect (bond-stiffness.ts). */
function checkBonds(bonds: BondStiffness): Verdict {
  const verdict = bonds.verdict();
  if (verdict === undefined) return NOTHING;
  const { measured, expected, pair } = verdict;
  const ratio = Math.abs(measured / expected);
  const found = (what: string): Verdict => ({
    told: true,
    sentence: `Expected forces in eV/Å that pull ${pair} bonds back by some ${expected.toPrecision(2)} eV/Å², as their length has it, found ${measured.toPrecision(2)}: ${what}.`,
  });
  if (ratio > 1 / BONDS_AGREE && ratio < BONDS_AGREE)
    return measured > 0
      ? { told: true }
      : found('the forces have the wrong sign, or are gradients of the energy');
  if (ratio > 1 / BONDS_DISAGREE && ratio < BONDS_DISAGREE) return NOTHING;
  if (ratio < 1)
    return found(
      'the forces look like hartree/bohr (1 hartree/bohr is 51.422 eV/Å) or Ry/bohr (25.711 eV/Å)',
    );
  if (ratio < 55) return found('the forces look like kcal/mol/Å (23.06 of them are 1 eV/Å)');
  return found(
    ratio < 400 ? 'the forces look like kJ/mol/Å (96.49 of them are 1 eV/Å)' : 'the forces look like meV/Å',
  );
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
function checkPressure(groups: readonly LabelSummary[][]): Verdict {
  for (const composition of groups) {
    const bulk = composition.filter((c) => c.pressure !== undefined);
    for (const group of Map.groupBy(bulk, (c) => c.atoms).values()) {
      const calm = group.toSorted((a, b) => a.forceSize - b.forceSize).slice(0, Math.ceil(group.length / 3));
      const found = [
        judgeExpansion(group),
        ...(calm.length >= 5 ? [judgePressure(calm)] : []),
        judgePressure(group),
      ];
      const verdict = found.find(({ told }) => told);
      if (verdict !== undefined) return verdict;
    }
  }
  return NOTHING;
}

/**
 * Work of expansion: along a curve of energies over volumes ΔE = −½(P₁+P₂)ΔV to second order. The slope of ΔE against
 * that work is 1 in consistent units; heat and defects make it noise, which says nothing.
 */
function judgeExpansion(group: readonly LabelSummary[]): Verdict {
  const curve = group.filter((c) => c.energy !== undefined).toSorted((a, b) => a.volume - b.volume);
  let [energyWork, workWork, energyEnergy, steps] = [0, 0, 0, 0];
  for (let k = 1; k < curve.length; k++) {
    const [low, high] = [curve[k - 1], curve[k]];
    const growth = high.volume - low.volume;
    if (growth < 1e-4 * low.volume || growth > 0.1 * low.volume) continue;
    const work = -0.5 * ((low.pressure ?? 0) + (high.pressure ?? 0)) * growth;
    const difference = (high.energy ?? 0) - (low.energy ?? 0);
    energyWork += difference * work;
    workWork += work * work;
    energyEnergy += difference * difference;
    steps++;
  }
  if (steps < 4 || workWork === 0 || energyEnergy === 0) return NOTHING;
  if (Math.abs(energyWork) < 0.98 * Math.sqrt(workWork * energyEnergy)) return NOTHING;
  const slope = energyWork / workWork;
  const found = (what: string): Verdict => ({
    told: true,
    sentence: `Expected virials (eV) or stresses (eV/Å³) whose work of expansion is the change of the energy, found the ratio ${slope.toPrecision(3)}: ${what}.`,
  });
  const size = Math.abs(slope);
  const sign = slope < 0 ? ' of the other sign; turn it at import' : '';
  for (const [unit, factor] of PRESSURE_UNITS)
    if (isNear(size, factor)) return found(`the stresses look like ${unit}${sign}`);
  if (size > 3 || size < 1 / 3) return found('their units do not belong together');
  return slope > 0 ? { told: true } : found(`the virials (or stresses) have the wrong sign; ${TURN}`);
}

/** What 1 eV/Å³ is read as, where the numbers are in other units. */
const PRESSURE_UNITS: readonly (readonly [string, number])[] = [
  ['GPa', 1 / EV_PER_A3_IN_GPA],
  ['kbar', 0.1 / EV_PER_A3_IN_GPA],
  ['hartree/bohr³', HARTREE_IN_EV / BOHR_IN_A ** 3],
  ['Ry/bohr³', HARTREE_IN_EV / 2 / BOHR_IN_A ** 3],
];
const TURN =
  'here W = −∂E/∂ε is positive when the configuration wants to expand; turn the sign at import if the file has the other one';

/** Whether the pressure falls as the volume grows, and as steeply as that of matter does. */
function judgePressure(group: readonly LabelSummary[]): Verdict {
  if (group.length < 4) return NOTHING;
  const volumes = group.map((c) => c.volume / c.atoms);
  const pressures = group.map((c) => c.pressure ?? 0);
  const { slope, correlation, relativeSpread } = line(volumes, pressures);
  if (relativeSpread < 0.005 || Math.abs(correlation) < 0.85) return NOTHING;
  const bulkModulus = -slope * median(volumes) * EV_PER_A3_IN_GPA;
  if (bulkModulus < 0)
    return {
      told: true,
      sentence: `Expected the pressure tr W/(3V) to fall as the volume grows, but it rises: the virials (or stresses) have the wrong sign, for ${TURN}.`,
    };
  // matter under pressure is stiff as well: about four times the pressure
  const pressed = largest(pressures.map(Math.abs)) * EV_PER_A3_IN_GPA;
  if (bulkModulus > LARGEST_MODULUS + 5 * pressed || bulkModulus > 5000 || bulkModulus < 0.05)
    return {
      told: true,
      sentence: `Expected virials in eV (or stresses in eV/Å³), but the pressure changes with the volume as if the bulk modulus were ${bulkModulus.toPrecision(2)} GPa: their unit looks wrong.`,
    };
  return { told: true };
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
  // numbers in a typed array are sorted without a call for every comparison
  return Float64Array.from(values).sort()[values.length >> 1];
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
