/**
 * What only many configurations together show: units and signs that look wrong. Each check compares labels with one
 * another through physics, so that it needs no typical values: energies of one composition lie close together,
 * ΔE = −F·Δx between neighbouring frames, and the pressure falls when the volume grows (positive bulk modulus).
 */
import { volume } from '../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../src-compute/structure/configuration.ts';
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
export function checkDataset(configurations: readonly Configuration[]): string[] {
  const energies = checkEnergies(configurations);
  const pressure = checkPressure(configurations);
  return [
    ...energies,
    ...checkForceSize(configurations),
    ...checkWork(configurations),
    // the size of labels says it where comparison says nothing
    ...(pressure.length > 0 ? pressure : checkPressureSize(configurations)),
    ...(energies.length > 0 ? [] : checkTotalEnergies(configurations)),
  ];
}

/** Configurations by composition (symbols and their fractions). */
function byComposition(configurations: readonly Configuration[]): Map<string, Configuration[]> {
  const groups = new Map<string, Configuration[]>();
  for (const configuration of configurations) {
    const counts = new Map<string, number>();
    for (const kind of configuration.kinds) {
      const symbol = configuration.symbols[kind];
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    }
    const atoms = atomCount(configuration);
    const key = [...counts]
      .map(([symbol, count]) => `${symbol}${(count / atoms).toFixed(6)}`)
      .sort()
      .join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [configuration]);
    else group.push(configuration);
  }
  return groups;
}

function checkEnergies(configurations: readonly Configuration[]): string[] {
  for (const group of byComposition(configurations).values()) {
    const labelled = group.filter((c) => c.energy !== undefined);
    if (labelled.length < 2) continue;
    const perAtom = labelled.map((c) => (c.energy ?? 0) / atomCount(c));
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
      return atomCount(c) > 1 && (isHartree(ratio) || isHartree(1 / ratio));
    });
    if (mixed && Math.abs(middle) > 0.5) {
      return [
        'Expected all energies in eV, but some differ from the others of the same composition by the factor 27.2 of a hartree.',
      ];
    }
    const sizes = labelled.map(atomCount);
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

function checkForceSize(configurations: readonly Configuration[]): string[] {
  let sum = 0;
  let count = 0;
  for (const { forces } of configurations) {
    for (let k = 0; forces !== undefined && k < forces.length; k++) sum += forces[k] * forces[k];
    count += forces?.length ?? 0;
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
function checkWork(configurations: readonly Configuration[]): string[] {
  let energyWork = 0;
  let workWork = 0;
  let energyEnergy = 0;
  let pairs = 0;
  for (let k = 1; k < configurations.length; k++) {
    const work = workBetween(configurations[k - 1], configurations[k]);
    if (work === undefined) continue;
    const difference = (configurations[k].energy ?? 0) - (configurations[k - 1].energy ?? 0);
    energyWork += difference * work;
    workWork += work * work;
    energyEnergy += difference * difference;
    pairs++;
  }
  if (pairs < 4 || workWork === 0 || energyEnergy === 0) return [];
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

function workBetween(first: Configuration, second: Configuration): number | undefined {
  const [f, g] = [first.forces, second.forces];
  if (f === undefined || g === undefined || first.energy === undefined || second.energy === undefined)
    return undefined;
  if (f.length !== g.length || first.cell.some((component, k) => Math.abs(component - second.cell[k]) > 1e-9))
    return undefined;
  let work = 0;
  let largest = 0;
  for (let k = 0; k < f.length; k++) {
    const step = second.positions[k] - first.positions[k];
    largest = Math.max(largest, Math.abs(step));
    work -= 0.5 * (f[k] + g[k]) * step;
  }
  return largest > 1e-5 && largest < 0.25 ? work : undefined;
}

/**
 * The pressure P = tr W/(3V) must fall with the volume per atom. Compared are periodic configurations of one composition
 * and size, the calmest third of them by forces where that is enough: heat and defects add pressures of their own.
 */
function checkPressure(configurations: readonly Configuration[]): string[] {
  for (const composition of byComposition(configurations).values()) {
    const bulk = composition.filter(
      (c) => c.virial !== undefined && c.periodic.every((flag) => flag) && volume(c.cell) > 0,
    );
    for (const group of Map.groupBy(bulk, atomCount).values()) {
      const calm = group
        .toSorted((a, b) => forceSize(a) - forceSize(b))
        .slice(0, Math.ceil(group.length / 3));
      const finding = (calm.length >= 5 ? judgePressure(calm) : undefined) ?? judgePressure(group);
      if (finding === undefined) continue;
      return finding === '' ? [] : [finding];
    }
  }
  return [];
}

/** A sentence; empty when all is well; undefined when these configurations cannot tell. */
function judgePressure(group: readonly Configuration[]): string | undefined {
  if (group.length < 4) return undefined;
  const volumes = group.map((c) => volume(c.cell) / atomCount(c));
  const pressures = group.map((c) => {
    const w = c.virial ?? new Float64Array(9);
    return (w[0] + w[4] + w[8]) / (3 * volume(c.cell));
  });
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

/** Root mean square of the force components; 0 without forces. */
function forceSize({ forces }: Configuration): number {
  if (forces === undefined || forces.length === 0) return 0;
  return Math.sqrt(forces.reduce((sum, f) => sum + f * f, 0) / forces.length);
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
