/** What happens when atoms meet: dimers and the compressed crystal, down to 0.3 Å. */
import { judgeScan, type ScanJudgement } from '../../../../src-compute/analysis/scan.ts';
import { deform } from '../../../../src-compute/structure/lattices.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { cpuEngine } from '../../simulations/engines.ts';
import { breathe, throwIfCancelled, type RecipeContext } from '../../recipes/recipe.ts';
import { crystalSymmetry } from '../../symmetry/crystal-symmetry.ts';
import { requireCrystal } from '../subject.ts';
import type { Check, Grade, Measured } from '../check.ts';
import type { Figure } from '../../figures/figure.ts';

/**
 * Attraction counts as falling into each other when it reaches below this part of the nearest distance of the crystal:
 * two atoms alone may well have several minima further out, where their bonds break.
 */
const NEAR = 0.85;
/** Shortest distance of the scans, Å. */
const SHORTEST = 0.3;

export const dimerCheck: Check = {
  name: 'dimers',
  title: 'Two atoms',
  question: 'Do two atoms repel each other down to 0.3 Å, by a smooth force?',
  variants: ({ knowledge }) => {
    const n = knowledge.model.species.length;
    return [{ settings: { step: 0.02 }, work: n * (n + 1) * 2 * 300, from: 'quick' }];
  },
  async run(subject, { step }, context) {
    const { knowledge } = subject;
    const { species, cutoff } = knowledge.model;
    const scans: Named[] = [];
    for (let a = 0; a < species.length; a++)
      for (let b = a; b < species.length; b++) {
        throwIfCancelled(context);
        context.onProgress(
          scans.length / ((species.length * (species.length + 1)) / 2),
          `${species[a]}–${species[b]}`,
        );
        scans.push({
          name: `${species[a]}–${species[b]}`,
          scan: dimer(species[a], species[b], cutoff, step, context),
        });
        await breathe();
      }
    return {
      values: judged('dimer', 'dimers', scans, subject.crystal && NEAR * subject.crystal.nearest),
      figures: [figureOf('Energy of two atoms', 'distance (Å)', scans)],
      notes: remarks(scans, 'Å'),
    };
  },
};

export const compressionCheck: Check = {
  name: 'compression',
  title: 'Crystal under compression',
  question: 'Does the crystal resist being pressed together, down to 0.3 Å between atoms?',
  variants(subject) {
    const { crystal } = subject;
    if (!crystal) return [{ settings: { points: 80 }, work: 1, from: 'quick' }];
    // neighbours, and with them the work, grow as the density
    const growth = (crystal.nearest / SHORTEST) ** 3 / 6;
    return [160, 80, 40].map((points) => ({
      settings: { points },
      work: Math.round(2 * points * crystal.relaxed.kinds.length * growth),
      from: 'quick' as const,
    }));
  },
  async run(subject, { points }, context) {
    const { relaxed, nearest } = requireCrystal(subject);
    const cell = crystalSymmetry(relaxed).primitive;
    await breathe();
    // x = ln of the distance, so that the slope is −tr W
    const [least, most] = [Math.log(SHORTEST), Math.log(1.15 * nearest)];
    const xs = Array.from({ length: points }, (_, k) => least + ((most - least) * k) / (points - 1));
    const engine = cpuEngine(context.model, cell, { ...context.engine, backend: 'auto', skin: 0 });
    const n = cell.kinds.length;
    let scan: ScanJudgement;
    try {
      scan = judgeScan(xs, (x) => {
        const factor = Math.exp(x) / nearest - 1;
        const pressed = deform(cell, [factor, 0, 0, 0, factor, 0, 0, 0, factor]);
        void engine.compute(pressed.positions, pressed.cell);
        if (context.meter) {
          context.meter.evaluations++;
          context.meter.atoms += n;
        }
        const { energy, virial } = engine.result;
        return { energy: energy / n, slope: -(virial[0] + virial[4] + virial[8]) / n };
      });
    } finally {
      engine.dispose();
    }
    const scans = [{ name: 'crystal', scan: inDistances(scan) }];
    return {
      values: judged('compression', 'the crystal', scans),
      figures: [figureOf('Energy of the compressed crystal', 'nearest distance (Å)', scans)],
      notes: remarks(scans, 'Å'),
    };
  },
};

interface Named {
  readonly name: string;
  readonly scan: ScanJudgement;
}

function dimer(a: string, b: string, cutoff: number, step: number, context: RecipeContext): ScanJudgement {
  const edge = 4 * cutoff + 10;
  const pair: Configuration = {
    symbols: a === b ? [a] : [a, b],
    kinds: Uint16Array.of(0, a === b ? 0 : 1),
    positions: new Float64Array(6),
    cell: Float64Array.of(edge, 0, 0, 0, edge, 0, 0, 0, edge),
    periodic: [false, false, false],
  };
  const engine = cpuEngine(context.model, pair, { backend: 'auto', skin: 0 });
  const count = Math.ceil((cutoff + 0.2 - SHORTEST) / step) + 1;
  const xs = Array.from({ length: count }, (_, k) => SHORTEST + k * step);
  try {
    return judgeScan(xs, (r) => {
      // along no axis, so that nothing cancels by symmetry
      for (let k = 0; k < 3; k++) pair.positions[3 + k] = r * DIRECTION[k];
      void engine.compute(pair.positions, pair.cell);
      if (context.meter) {
        context.meter.evaluations++;
        context.meter.atoms += 2;
      }
      const { energy, forces } = engine.result;
      return {
        energy,
        slope: -(forces[3] * DIRECTION[0] + forces[4] * DIRECTION[1] + forces[5] * DIRECTION[2]),
      };
    });
  } finally {
    engine.dispose();
  }
}
const DIRECTION = [1, 2, 3].map((x) => x / Math.sqrt(14));

/** The coordinate of the compressed crystal told as a distance. */
function inDistances(scan: ScanJudgement): ScanJudgement {
  return {
    ...scan,
    x: scan.x.map(Math.exp),
    jumps: scan.jumps.map((jump) => ({ ...jump, at: Math.exp(jump.at) })),
    broken: scan.broken.map(Math.exp),
    attracted: scan.attracted.map(([from, to]) => [Math.exp(from), Math.exp(to)] as const),
  };
}

function judged(name: string, who: string, scans: readonly Named[], near = Infinity): Measured[] {
  const attracted = (scan: ScanJudgement) => scan.attracted.filter(([from]) => from < near);
  const holes = scans.filter(({ scan }) => attracted(scan).length > 0 || scan.broken.length > 0);
  const depth = (scan: ScanJudgement) => Math.max(0, ...attracted(scan).map(([, to]) => to), ...scan.broken);
  const deepest = Math.max(0, ...holes.map(({ scan }) => depth(scan)));
  const jumps = scans.flatMap(({ scan }) => scan.jumps);
  const worst = Math.max(0, ...scans.map(({ scan }) => scan.inconsistency));
  const where = holes.map((hole) => hole.name).join(', ');
  const smooth: Grade = jumps.length > 0 || worst > 1e-2 ? 'bad' : worst > 1e-3 ? 'fair' : 'good';
  return [
    {
      name: `${name}_attracted_below_a`,
      title: 'Attracted below',
      value: deepest === 0 ? null : deepest,
      unit: 'Å',
      ...(deepest === 0 ? { shown: 'nowhere' } : {}),
      grade: deepest === 0 ? 'good' : 'bad',
      meaning:
        'The distance below which atoms that are pressed together are pulled further instead; none when repulsion holds down to 0.3 Å.',
      verdict:
        deepest === 0
          ? `${who} repel${who === 'dimers' ? '' : 's'} down to ${SHORTEST} Å`
          : `atoms fall into each other: ${name === 'dimer' ? where : 'the crystal'} below ${deepest.toFixed(2)} Å`,
    },
    {
      name: `${name}_jumps`,
      title: 'Jumps of energy or force',
      value: jumps.length,
      unit: '',
      grade: smooth,
      meaning:
        'Places where energy or force jump, or the force is not the slope of the energy: there no dynamics conserves energy.',
      ...(jumps.length > 0
        ? {
            verdict: `${jumps[0].what === 'force' ? 'the force' : 'the energy'} of ${who} jumps at ${jumps[0].at.toFixed(2)} Å`,
          }
        : {}),
    },
  ];
}

function remarks(scans: readonly Named[], unit: string): string[] {
  return scans.flatMap(({ name, scan }) => [
    ...scan.jumps
      .slice(0, 5)
      .map(
        ({ at, what, size }) =>
          `${name}: the ${what} jumps by ${Math.abs(size).toPrecision(2)} ${what === 'energy' ? 'eV' : `eV/${unit}`} at ${at.toFixed(3)} ${unit}.`,
      ),
    ...scan.attracted.map(
      ([from, to]) => `${name}: pulled together between ${from.toFixed(2)} and ${to.toFixed(2)} ${unit}.`,
    ),
    ...(scan.broken.length > 0
      ? [`${name}: no finite energy below ${Math.max(...scan.broken).toFixed(2)} ${unit}.`]
      : []),
  ]);
}

/** Energies spread over many orders: drawn as the distance above the lowest, on a logarithmic axis. */
function figureOf(title: string, label: string, scans: readonly Named[]): Figure {
  const floor = 1e-3;
  return {
    title,
    caption:
      'Above the lowest energy of each curve; where it is outside of the repulsion, a smooth rise to the left is right.',
    x: { label, name: 'distance_a' },
    y: { label: 'E − E_min (eV)', name: 'energy_above_minimum_ev', logarithmic: true },
    series: scans.map(({ name, scan }) => {
      const lowest = Math.min(...scan.energy.filter(Number.isFinite));
      return {
        name,
        kind: 'line',
        x: scan.x,
        y: scan.energy.map((energy) => (Number.isFinite(energy) ? Math.max(floor, energy - lowest) : NaN)),
      };
    }),
  };
}
