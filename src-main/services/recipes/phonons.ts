/** Recipe `phonons`: dispersion, density of states and thermodynamics of a crystal by finite displacements. */
import { z } from 'zod';
import type { Caveat } from '../../../src-compute/caveats.ts';
import { SimulationError } from '../../../src-compute/errors.ts';
import {
  bandPath,
  chooseDisplacements,
  densityOfStates,
  displacedForces,
  DynamicalMatrix,
  forceConstants,
  frequencyMesh,
  instability,
  meshCounts,
  pathPoints,
  PhononCrystal,
  thermodynamics,
  type ForceConstants,
  type FrequencyMesh,
  type PathPoint,
} from '../../../src-compute/phonons/index.ts';
import { FULL_CELL, relax } from '../../../src-compute/relaxation/index.ts';
import { faceDistances, inverse } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { supercell } from '../../../src-compute/structure/lattices.ts';
import type { Figure, FigureSeries } from '../figures/figure.ts';
import { crystalSymmetry, type CrystalSymmetry } from '../symmetry/crystal-symmetry.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import {
  breathe,
  defineRecipe,
  quantity,
  setting,
  throwIfCancelled,
  type RecipeContext,
  type RecipeValue,
} from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  relaxCell: z.boolean().default(true).describe('relax the cell first; otherwise the atoms alone'),
  length: quantity(12, 'Å', 'least extent of the supercell'),
  supercell: z
    .array(z.coerce.number().int())
    .optional()
    .describe('repeats of the primitive cell, instead of the extent: 4,4,4')
    .meta(setting({ auto: 'by the extent' })),
  // less drowns in round-off, more is no small displacement
  displacement: z
    .number()
    .min(1e-4)
    .max(0.2)
    .default(0.01)
    .describe('displacement of an atom')
    .meta(setting({ unit: 'Å' })),
  largestTemperature: quantity(1000, 'K', 'end of the thermodynamic curves'),
  precision: z
    .number()
    .positive()
    .max(0.5)
    .default(0.01)
    .describe('how far atoms may lie from places of higher symmetry')
    .meta(setting({ unit: 'Å' })),
});
type Settings = z.output<typeof settings>;

/** Largest force that is left before displacements, eV/Å: frequencies are curvatures, which residual forces would shift. */
const AT_REST = 1e-6;
/** Between wave vectors of bands, of the mesh of the density and of that of sums, 1/Å without 2π. */
const SPACING = { bands: 0.004, density: 0.012, sums: 0.02 };
/** Frequencies above −0.05 THz are numerical noise of acoustic modes near Γ. */
const NOISE = 0.05;
/** Supercells beyond this are refused, atoms. */
const LARGEST = 20_000;
const K_B = 8.617333262e-5;

export const phonons = defineRecipe({
  name: 'phonons',
  title: 'Phonons',
  description:
    'Relaxes the primitive cell to 1e-6 eV/Å, displaces the atoms that symmetry leaves over in a supercell, and shows the\n' +
    'dispersion along the standard path, the density of states (tetrahedra), free energy, entropy and heat capacity. A\n' +
    'dynamically unstable crystal is said to be one, and its softest mode is kept as a motion.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    context.onProgress(0, 'finding the symmetry and relaxing');
    const { symmetry, primitive, caveats } = await relaxedPrimitive(crystal, options, context);
    const counts = options.supercell
      ? givenCounts(options.supercell, primitive)
      : supercellCounts(primitive, options.length);
    const operations = crystalSymmetry(primitive).operations;
    const lattice = new PhononCrystal(primitive, counts, operations);
    const displacements = chooseDisplacements(lattice, options.displacement);
    const constants = await measure(lattice, displacements, context);
    const matrix = new DynamicalMatrix(constants);
    const lines = bandPath(symmetry.pearson.slice(0, 2), symmetry.conventional.cell, primitive.cell);
    const path = pathPoints(lines, SPACING.bands);
    // acoustic modes at Γ are zero up to round-off, of either sign
    const bands = path.map(({ q }) => matrix.modes(q).frequencies.map((f) => (Math.abs(f) < 1e-3 ? 0 : f)));
    context.onProgress(0.85, 'density of states');
    await breathe();
    const mesh = frequencyMesh(matrix, primitive.cell, meshCounts(primitive.cell, SPACING.density), 0);
    throwIfCancelled(context);
    await breathe();
    const sums = frequencyMesh(matrix, primitive.cell, meshCounts(primitive.cell, SPACING.sums), 0.5);
    const unstable = instability(sums, NOISE);
    const lowestOnPath = Math.min(...bands.map((modes) => modes[0]));
    const lowest = Math.min(unstable.lowest, lowestOnPath);
    if (lowest < -NOISE) caveats.push(unstableCaveat(lowest, unstable.share));
    const heat = thermalCurve(sums, options.largestTemperature);
    const atoms = atomCount(primitive);
    const room = thermodynamics(sums, 300);
    return {
      values: {
        space_group: `${symmetry.symbol} (${symmetry.number})`,
        atoms_of_primitive_cell: atoms,
        supercell: [...counts],
        supercell_atoms: lattice.atoms,
        displacements: displacements.length,
        force_constant_drift_ev_per_a2: constants.drift,
        frequencies_thz: pointValues(path, bands),
        lowest_frequency_thz: lowest,
        highest_frequency_thz: sums.frequencies.reduce((most, x) => Math.max(most, x), 0),
        imaginary: lowest < -NOISE,
        imaginary_share: unstable.share,
        zero_point_energy_ev_per_atom: thermodynamics(sums, 0).energy / atoms,
        at_300_k: {
          free_energy_ev_per_atom: room.freeEnergy / atoms,
          entropy_kb_per_atom: room.entropy / atoms / K_B,
          heat_capacity_kb_per_atom: room.heatCapacity / atoms / K_B,
        },
        thermal: thermalRows(sums, options.largestTemperature, atoms),
        cell_a: Array.from(primitive.cell),
      },
      tables: [pointTable(path, bands), thermalTable(sums, options.largestTemperature, atoms)],
      figures: [bandFigure(path, bands, lines.source), densityFigure(mesh, sums), heatFigure(heat, atoms)],
      notes: [
        note,
        `${symmetry.symbol} (${symmetry.number}): ${displacements.length} displacement${displacements.length === 1 ? '' : 's'} of ${options.displacement} Å in a supercell of ${lattice.atoms} atoms (${counts.join(' × ')} primitive cells).`,
        ...reachNotes(lattice, context),
      ],
      caveats,
      structures: lowest < -NOISE ? motion(constants, matrix) : [primitive],
    };
  },
});

/** The primitive cell at rest, with its symmetry kept. */
async function relaxedPrimitive(
  crystal: Configuration,
  options: Settings,
  context: RecipeContext,
): Promise<{ symmetry: CrystalSymmetry; primitive: Configuration; caveats: Caveat[] }> {
  const { primitive: start } = crystalSymmetry(crystal, options.precision);
  const engine = await recipeEngine(context, start);
  try {
    const result = await relax(start, engine, {
      cell: options.relaxCell ? FULL_CELL : undefined,
      symmetry: crystalSymmetry(start).operations,
      tolerance: AT_REST,
      signal: context.signal,
    });
    const { primitive, ...found } = crystalSymmetry(result.configuration);
    if (atomCount(primitive) !== atomCount(start))
      throw new SimulationError(
        'The crystal took on another symmetry while it was relaxed, with a smaller cell.',
        {
          remedy: 'Give the relaxed structure, and relax no cell.',
        },
      );
    const caveats: Caveat[] = result.converged
      ? []
      : [
          {
            kind: 'unconverged',
            text: `The crystal did not come to rest: forces up to ${result.largestForce.toPrecision(2)} eV/Å are left.`,
          },
        ];
    return { symmetry: { primitive, ...found }, primitive, caveats };
  } finally {
    engine.dispose();
  }
}

/** @throws SimulationError unless they are three and positive */
function givenCounts(counts: readonly number[], primitive: Configuration): [number, number, number] {
  if (counts.length !== 3 || !counts.every((n) => n > 0)) {
    throw new SimulationError(`The supercell cannot be ${counts.join(',')}.`, {
      remedy: 'Give three whole numbers, the repeats of the primitive cell: 4,4,4.',
    });
  }
  requireFew(atomCount(primitive) * counts[0] * counts[1] * counts[2]);
  return [counts[0], counts[1], counts[2]];
}

function requireFew(atoms: number): void {
  if (atoms <= LARGEST) return;
  throw new SimulationError(`The supercell would have ${atoms} atoms, and at most ${LARGEST} are taken.`, {
    remedy: 'Choose a smaller extent.',
  });
}

function supercellCounts(primitive: Configuration, length: number): [number, number, number] {
  const [a, b, c] = faceDistances(primitive.cell).map((distance) =>
    Math.max(1, Math.ceil(length / distance - 1e-6)),
  );
  // one number for axes of equal length: a supercell that a rotation does not take to itself loses that rotation
  const lengths = [0, 3, 6].map((k) => Math.hypot(...primitive.cell.subarray(k, k + 3)));
  const counts = [a, b, c];
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++)
      if (Math.abs(lengths[i] - lengths[j]) < 1e-4 * lengths[i])
        counts[i] = counts[j] = Math.max(counts[i], counts[j]);
  requireFew(atomCount(primitive) * counts[0] * counts[1] * counts[2]);
  return [counts[0], counts[1], counts[2]];
}

async function measure(
  lattice: PhononCrystal,
  displacements: ReturnType<typeof chooseDisplacements>,
  context: RecipeContext,
): Promise<ForceConstants> {
  const engine = await recipeEngine(context, lattice.supercell);
  try {
    const forces = await displacedForces(lattice, displacements, engine, async (fraction) => {
      throwIfCancelled(context);
      context.onProgress(0.1 + 0.7 * fraction, 'displacing atoms');
      await breathe();
    });
    return forceConstants(lattice, displacements, forces);
  } finally {
    engine.dispose();
  }
}

function unstableCaveat(lowest: number, share: number): Caveat {
  return {
    kind: 'implausible',
    text: `The crystal is dynamically unstable: frequencies down to ${Math.abs(lowest).toFixed(2)}i THz, ${(100 * share).toPrecision(2)} % of the modes are imaginary. Its thermodynamics leave them out. A minimum of another symmetry lies along the motion that is kept.`,
  };
}

/** Said when force constants are cut by the supercell. */
function reachNotes(lattice: PhononCrystal, { model }: RecipeContext): string[] {
  const half = Math.min(...faceDistances(lattice.supercell.cell)) / 2;
  return half >= model.cutoff
    ? []
    : [
        `Half the extent of the supercell, ${half.toFixed(1)} Å, is less than the cutoff of the potential, ${model.cutoff} Å: frequencies between its own wave vectors are interpolated. A larger extent tells how well.`,
      ];
}

/** Frequencies at each point of high symmetry once, THz. */
function pointValues(path: readonly PathPoint[], bands: readonly Float64Array[]): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  path.forEach(({ label }, k) => {
    if (label !== undefined) found[label] ??= Array.from(bands[k]);
  });
  return found;
}

function pointTable(path: readonly PathPoint[], bands: readonly Float64Array[]) {
  const points = Object.entries(pointValues(path, bands));
  return {
    title: 'Frequencies (THz); a negative one stands for an imaginary frequency',
    columns: ['', ...Array.from({ length: bands[0].length }, (_, k) => String(k + 1))],
    rows: points.map(([label, frequencies]) => [label, ...frequencies.map((f) => f.toFixed(3))]),
  };
}

function bandFigure(path: readonly PathPoint[], bands: readonly Float64Array[], source: string): Figure {
  const count = bands[0].length;
  const x: number[] = [];
  const rows: (readonly number[])[] = [];
  path.forEach(({ distance, segment }, k) => {
    // a gap between lines that do not hang together
    if (k > 0 && path[k - 1].segment !== segment) {
      x.push(distance);
      rows.push(new Array<number>(count).fill(NaN));
    }
    x.push(distance);
    rows.push(Array.from(bands[k]));
  });
  const series = Array.from({ length: count }, (_, band): FigureSeries => ({
    name: `branch ${band + 1}`,
    ...(band > 0 ? { of: 'branch 1' } : {}),
    kind: 'line',
    x,
    y: rows.map((row) => row[band]),
  }));
  const labels = new Map<number, string>();
  for (const { distance, label } of path) {
    if (label === undefined) continue;
    const before = labels.get(distance);
    labels.set(distance, before === undefined || before === label ? label : `${before}|${label}`);
  }
  return {
    title: 'Phonon dispersion',
    caption: `Along the path of ${source}; imaginary frequencies are drawn below zero.`,
    x: { label: 'wave vector (1/Å)', name: 'path_per_a' },
    y: { label: 'frequency (THz)', name: 'frequency_thz' },
    series,
    references: [...labels].map(([value, label]) => ({ axis: 'x', value, label })),
  };
}

function densityFigure(mesh: FrequencyMesh, { frequencies }: FrequencyMesh): Figure {
  const softest = frequencies.reduce((least, x) => Math.min(least, x), 0);
  const lowest = softest < -NOISE ? softest - 0.2 : 0;
  const highest = 1.03 * frequencies.reduce((most, x) => Math.max(most, x), 0);
  const at = Float64Array.from({ length: 401 }, (_, k) => lowest + ((highest - lowest) * k) / 400);
  return {
    title: 'Density of states',
    caption: `Linear tetrahedra on ${mesh.counts.join(' × ')} wave vectors.`,
    x: { label: 'frequency (THz)', name: 'frequency_thz' },
    y: { label: 'states (1/THz per primitive cell)', name: 'states_per_thz' },
    series: [{ name: 'states', kind: 'line', x: Array.from(at), y: Array.from(densityOfStates(mesh, at)) }],
  };
}

const thermalCurve = (sums: FrequencyMesh, end: number) =>
  Array.from({ length: 101 }, (_, k) => thermodynamics(sums, (end * k) / 100));

function heatFigure(curve: ReturnType<typeof thermalCurve>, atoms: number): Figure {
  const x = curve.map(({ temperature }) => temperature);
  return {
    title: 'Heat capacity and entropy',
    caption: 'Harmonic, at constant volume; 3 k_B per atom is the limit of Dulong and Petit.',
    x: { label: 'T (K)', name: 'temperature_k' },
    y: { label: 'k_B per atom', name: 'kb_per_atom' },
    series: [
      { name: 'C_V', kind: 'line', x, y: curve.map(({ heatCapacity }) => heatCapacity / atoms / K_B) },
      { name: 'S', kind: 'line', x, y: curve.map(({ entropy }) => entropy / atoms / K_B) },
    ],
    references: [{ axis: 'y', value: 3, label: '3 k_B' }],
  };
}

/** The thermal table as numbers, per atom. */
function thermalRows(sums: FrequencyMesh, end: number, atoms: number): RecipeValue[] {
  return Array.from({ length: 21 }, (_, k) => {
    const { temperature, freeEnergy, entropy, heatCapacity, energy } = thermodynamics(sums, (end * k) / 20);
    return {
      temperature_k: temperature,
      free_energy_ev: freeEnergy / atoms,
      entropy_kb: entropy / atoms / K_B,
      heat_capacity_kb: heatCapacity / atoms / K_B,
      energy_ev: energy / atoms,
    };
  });
}

function thermalTable(sums: FrequencyMesh, end: number, atoms: number) {
  const rows = Array.from({ length: 6 }, (_, k) => thermodynamics(sums, (end * k) / 5));
  return {
    title: 'Harmonic thermodynamics, per atom',
    columns: ['T (K)', 'F (meV)', 'S (k_B)', 'C_V (k_B)', 'E (meV)'],
    rows: rows.map(({ temperature, freeEnergy, entropy, heatCapacity, energy }) => [
      temperature.toFixed(0),
      ((1000 * freeEnergy) / atoms).toFixed(2),
      (entropy / atoms / K_B).toFixed(4),
      (heatCapacity / atoms / K_B).toFixed(4),
      ((1000 * energy) / atoms).toFixed(2),
    ]),
  };
}

/** Frames of one period, and the largest displacement in it, Å. */
const PERIOD = { frames: 24, amplitude: 0.4 };

/** The motion of the softest mode among the wave vectors that fit the supercell, as frames. */
function motion({ crystal }: ForceConstants, matrix: DynamicalMatrix): Configuration[] {
  const { counts, primitive, basis } = crystal;
  const inv = inverse(primitive.cell);
  let softest = { frequency: Infinity, q: [0, 0, 0], m: [0, 0, 0] };
  for (let i = 0; i < counts[0]; i++)
    for (let j = 0; j < counts[1]; j++)
      for (let k = 0; k < counts[2]; k++) {
        const f = [i / counts[0], j / counts[1], k / counts[2]];
        const q = [0, 1, 2].map((a) => f[0] * inv[3 * a] + f[1] * inv[3 * a + 1] + f[2] * inv[3 * a + 2]);
        const frequency = matrix.modes(q).frequencies[0];
        if (frequency < softest.frequency) softest = { frequency, q, m: [i, j, k] };
      }
  // the smallest cell that the wave fits into
  const sizes = softest.m.map((m, a) => (m === 0 ? 1 : counts[a] / gcd(m, counts[a])));
  const cell = supercell(primitive, [sizes[0], sizes[1], sizes[2]]);
  const { vectors } = matrix.modes(softest.q, true);
  if (!vectors) return [primitive];
  const n = atomCount(cell);
  const wave = (angle: number) => {
    const u = new Float64Array(3 * n);
    for (let atom = 0; atom < n; atom++) {
      const b = atom % basis;
      const r = cell.positions.subarray(3 * atom, 3 * atom + 3);
      const phase = 2 * Math.PI * (softest.q[0] * r[0] + softest.q[1] * r[1] + softest.q[2] * r[2]) - angle;
      for (let a = 0; a < 3; a++) {
        const [x, y] = [vectors[3 * b + a], vectors[3 * basis + 3 * b + a]];
        u[3 * atom + a] = (x * Math.cos(phase) - y * Math.sin(phase)) / Math.sqrt(matrix.masses[b]);
      }
    }
    return u;
  };
  const waves = Array.from({ length: PERIOD.frames }, (_, k) => wave((2 * Math.PI * k) / PERIOD.frames));
  const most = Math.max(
    1e-12,
    ...waves.map((u) => u.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0)),
  );
  return waves.map((u) => ({
    ...cell,
    positions: cell.positions.map((x, k) => x + (PERIOD.amplitude * u[k]) / most),
  }));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
