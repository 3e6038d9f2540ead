/** Recipe `ev`: energy against volume of several lattices, with Birch–Murnaghan fits. */
import { z } from 'zod';
import {
  birchMurnaghanEnergy,
  fitBirchMurnaghan,
  type EquationOfState,
} from '../../../src-compute/analysis/equation-of-state.ts';
import { CAVEATS, type Caveat } from '../../../src-compute/caveats.ts';
import { relax } from '../../../src-compute/relaxation/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  deform,
  lattice,
  latticeComposition,
  LATTICE_NAMES,
  latticeSpecies,
} from '../../../src-compute/structure/lattices.ts';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { latticeElements, latticeMinimum, latticeName } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import {
  breathe,
  defineRecipe,
  setting,
  throwIfCancelled,
  type RecipeContext,
  type RecipeValue,
} from './recipe.ts';
import { implausible, isAbsurd, Trust } from './trust.ts';

const settings = z.object({
  lattices: z
    .array(z.string())
    .optional()
    .describe('lattices to compare; all that fit the number of elements')
    .meta(setting({ choices: LATTICE_NAMES, auto: 'all that fit the elements' })),
  elements: z
    .array(z.string())
    .optional()
    .describe('their elements; those of the potential when left out')
    .meta(setting({ choices: 'species', auto: 'those of the potential' })),
  range: z.number().min(0.005).max(0.4).default(0.08).describe('largest change of the volume, as a fraction'),
  points: z.number().int().min(5).max(101).default(15).describe('volumes per lattice'),
});

/** Points that an equation of state is fitted to, at least. */
const FEWEST_POINTS = 5;

/** What was found of one lattice. */
interface Finding {
  readonly name: string;
  readonly composition: string;
  readonly constant: number;
  readonly eos: EquationOfState;
  readonly series: FigureSeries[];
  /** Predicted error at the minimum, eV/atom. */
  readonly sigma: number | undefined;
  /** Whether its minimum is within the data and can be believed. */
  readonly isRanked: boolean;
  readonly caveats: readonly Caveat[];
}

export const energyVolume = defineRecipe({
  name: 'ev',
  title: 'Energy–volume curves',
  description:
    'Energy per atom against volume for several lattices (or the structure given, atoms relaxed at each volume), with a\n' +
    'Birch–Murnaghan fit of third order: lattice constant, bulk modulus B and its pressure derivative. What lies outside\n' +
    'of the data is drawn as such and not ranked.',
  settings,
  async run({ lattices, elements, range, points }, context) {
    const starts = startsOf(lattices, elements, context);
    const trust = new Trust(context);
    const findings: Finding[] = [];
    const notes: string[] = [];
    for (const [k, start] of starts.entries()) {
      try {
        const progress = (f: number) => context.onProgress((k + f) / starts.length, start.name);
        findings.push(await findingOf(start, range, points, trust, context, progress));
      } catch (error) {
        if (!(error instanceof ForcewrightError) || starts.length === 1) throw error;
        if (error instanceof CancelledError) throw error;
        notes.push(`${start.name} is left out: ${error.message}`);
      }
    }
    return {
      values: Object.fromEntries(findings.map((finding) => [finding.name, valuesOf(finding)])),
      tables: [
        {
          title: 'Birch–Murnaghan fits',
          columns: [
            'lattice',
            'trust',
            'a (Å)',
            'V (Å³/atom)',
            'E (eV/atom)',
            'σ (meV/atom)',
            'B (GPa)',
            'B′',
            'residual (meV)',
          ],
          rows: findings.map(rowOf),
        },
      ],
      figures: [
        {
          title: 'Energy against volume',
          x: { label: 'V (Å³/atom)', name: 'volume_a3_per_atom' },
          y: { label: 'E (eV/atom)', name: 'energy_ev_per_atom' },
          series: findings.filter(nearKnown(findings)).flatMap(({ series }) => series),
        },
      ],
      notes: [...notes, ...ranking(findings)],
      caveats: findings.flatMap(({ caveats }) => caveats),
    };
  },
});

async function findingOf(
  { name, composition, make }: Start,
  range: number,
  points: number,
  trust: Trust,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<Finding> {
  const { start, a } = make();
  const curve = await energies(start, range, points, trust, context, onProgress);
  const known = curve.filter(({ outside }) => !outside);
  const fitted = known.length >= FEWEST_POINTS ? known : curve;
  const eos = fitBirchMurnaghan(
    fitted.map(({ volume: v }) => v),
    fitted.map(({ energy }) => energy),
  );
  const scale = Math.cbrt(eos.volume / (volume(start.cell) / start.kinds.length));
  const atMinimum = deform(start, [scale - 1, 0, 0, 0, scale - 1, 0, 0, 0, scale - 1]);
  const { outside, sigma } = trust.of(atMinimum);
  const caveats: Caveat[] = outside
    ? [
        {
          kind: 'outside',
          text: `${name} at its minimum: ${outside} It is not ranked, and drawn hollow unless it is far from the others.`,
        },
      ]
    : [];
  const beyond = curve.length - known.length;
  if (!outside && beyond > 0) {
    const what = `${beyond} of the ${curve.length} volumes of ${name} have atoms closer than the data`;
    caveats.push({ kind: 'outside', text: `${what}: drawn hollow and left out of the fit.` });
  }
  const unfinished = curve.filter(({ converged }) => !converged).length;
  if (unfinished > 0)
    caveats.push({
      kind: 'unconverged',
      text: `The atoms of ${name} did not come to rest at ${unfinished} of ${curve.length} volumes.`,
    });
  // numbers of what is outside need not be believed one by one
  if (!outside) caveats.push(...implausible(name, eos));
  const drawn = (part: typeof curve, isOutside: boolean): FigureSeries[] =>
    part.length === 0
      ? []
      : [
          {
            name: isOutside && !outside ? `${name}, outside` : name,
            ...(isOutside && !outside ? { of: name } : {}),
            kind: 'points',
            ...(isOutside ? { outside: true } : {}),
            x: part.map(({ volume: v }) => v),
            y: part.map(({ energy }) => energy),
          },
        ];
  const fine = Array.from({ length: 80 }, (_, m) => eos.volume * (1 - range + (2 * range * m) / 79));
  const fit: FigureSeries = {
    name: `${name}, fit`,
    of: name,
    kind: 'line',
    ...(outside ? { outside: true } : {}),
    x: fine,
    y: fine.map((v) => birchMurnaghanEnergy(eos, v)),
  };
  const series = outside
    ? [...drawn(curve, true), fit]
    : [
        ...drawn(known, false),
        ...drawn(
          curve.filter((point) => point.outside),
          true,
        ),
        fit,
      ];
  // the minimum of the fit in terms of the lattice constant of the start
  const isRanked = outside === undefined && !isAbsurd(eos);
  return { name, composition, constant: a * scale, eos, series, sigma, isRanked, caveats };
}

const titlesOf = ({ caveats }: Finding) => [...new Set(caveats.map(({ kind }) => CAVEATS[kind].title))];

function valuesOf(finding: Finding): RecipeValue {
  const { constant, eos, sigma, isRanked } = finding;
  return {
    lattice_constant_a: constant,
    volume_a3_per_atom: eos.volume,
    energy_ev_per_atom: eos.energy,
    energy_sigma_ev_per_atom: sigma ?? null,
    bulk_modulus_gpa: eos.bulkModulus,
    bulk_modulus_derivative: eos.bulkModulusDerivative,
    fit_residual_mev_per_atom: eos.residual * 1000,
    ranked: isRanked,
  };
}

function rowOf(finding: Finding): (string | number)[] {
  const { name, constant, eos, sigma } = finding;
  return [
    name,
    titlesOf(finding).join(', ') || 'within the data',
    constant.toFixed(4),
    eos.volume.toFixed(4),
    eos.energy.toFixed(5),
    sigma === undefined ? '–' : String(Number((1000 * sigma).toPrecision(2))),
    eos.bulkModulus.toFixed(2),
    eos.bulkModulusDerivative.toFixed(2),
    (eos.residual * 1000).toPrecision(2),
  ];
}

/** Energies that are drawn reach so far beyond those of lattices within the data, eV/atom. */
const DRAWN = 1;

/** Lattices outside of the data whose energies would hide the others are not drawn. */
function nearKnown(findings: readonly Finding[]): (finding: Finding) => boolean {
  const known = findings.filter(({ isRanked }) => isRanked).map(({ eos }) => eos.energy);
  if (known.length === 0) return () => true;
  const [low, high] = [Math.min(...known) - DRAWN, Math.max(...known) + DRAWN];
  return ({ isRanked, eos }) => isRanked || (eos.energy > low && eos.energy < high);
}

/** Which lattice has the least energy, among those of one composition that the potential knows. */
function ranking(findings: readonly Finding[]): string[] {
  const compositions = [...new Set(findings.map(({ composition }) => composition))];
  return compositions.flatMap((composition) => {
    const alike = findings.filter((finding) => finding.composition === composition);
    if (alike.length < 2) return [];
    const [first, second] = alike
      .filter(({ isRanked }) => isRanked)
      .sort((a, b) => a.eos.energy - b.eos.energy);
    const of = compositions.length > 1 ? ` of composition ${composition}` : '';
    if (first === undefined)
      return [`No lattice${of} is ranked by energy: the potential knows none of them.`];
    if (second === undefined)
      return [`Only ${first.name}${of} is within the data, so that no order by energy is given.`];
    const gap = 1000 * (second.eos.energy - first.eos.energy);
    const error = 1000 * Math.hypot(first.sigma ?? 0, second.sigma ?? 0);
    if (gap < error)
      return [
        `${first.name} and ${second.name}${of} differ by ${gap.toPrecision(2)} meV/atom, less than the predicted error of ${error.toPrecision(2)}: which has the least energy is not decided.`,
      ];
    return [`The lattice of least energy${of} is ${first.name}.`];
  });
}

interface Start {
  readonly name: string;
  readonly composition: string;
  readonly make: () => { start: Configuration; a: number };
}

function startsOf(
  lattices: readonly string[] | undefined,
  elements: readonly string[] | undefined,
  context: RecipeContext,
): Start[] {
  const { structure, model } = context;
  if (structure && !lattices) {
    return [
      {
        name: 'structure',
        composition: '',
        make: () => ({ start: structure, a: Math.hypot(...structure.cell.subarray(0, 3)) }),
      },
    ];
  }
  const available = elements?.length ?? Math.min(model.species.length, 3);
  const wanted = lattices ?? LATTICE_NAMES.filter((name) => latticeSpecies(name) === available);
  return wanted.map((text) => {
    const name = latticeName(text);
    return {
      name,
      composition: latticeComposition(name),
      make: () => {
        const chosen = latticeElements(name, context, elements);
        const { a } = latticeMinimum(context, name, chosen);
        return { start: lattice(name, chosen, a), a };
      },
    };
  });
}

/** One point of a curve: Å³/atom, eV/atom. */
interface Point {
  readonly volume: number;
  readonly energy: number;
  readonly outside: boolean;
  readonly converged: boolean;
}

/** Energies per atom over volumes around the start, atoms relaxed at each. */
async function energies(
  start: Configuration,
  range: number,
  points: number,
  trust: Trust,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<Point[]> {
  const engine = await recipeEngine(context, start);
  const n = start.kinds.length;
  const found: Point[] = [];
  try {
    for (let k = 0; k < points; k++) {
      throwIfCancelled(context);
      const stretch = Math.cbrt(1 + range * ((2 * k) / (points - 1) - 1)) - 1;
      const squeezed = deform(start, [stretch, 0, 0, 0, stretch, 0, 0, 0, stretch]);
      const { energy, converged, configuration } = await relax(squeezed, engine, { tolerance: 1e-4 });
      found.push({
        volume: volume(squeezed.cell) / n,
        energy: energy / n,
        outside: trust.tooClose(configuration) !== undefined,
        converged,
      });
      onProgress((k + 1) / points);
      await breathe();
    }
  } finally {
    engine.dispose();
  }
  return found;
}
