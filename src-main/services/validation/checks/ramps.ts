/** Heating and pressing until the potential gives way, or the end of the ramp. */
import { cpuEngine } from '../../simulations/engines.ts';
import { meltingGuess } from '../../recipes/melting-guess.ts';
import type { RecipeContext } from '../../recipes/recipe.ts';
import { volume } from '../../../../src-compute/structure/cell.ts';
import { deform } from '../../../../src-compute/structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../../../../src-compute/units.ts';
import type { Figure } from '../../figures/figure.ts';
import type { Check, CheckFindings, Measured, Variant } from '../check.ts';
import { requireCrystal, type SubjectCrystal, type ValidationSubject } from '../subject.ts';
import { ramp, type Ramp, type RampLook } from './ramp.ts';
import { supercellAtoms, supercellOf } from './supercells.ts';

/** K at which both begin. */
const COLD = 300;
/** Where no melting point can be guessed, K. */
const HOT = 3000;
/** The end of the heating in guessed melting points, which are right within a factor of two. */
const BEYOND_MELTING = 1.6;
/** The end of the pressing in bulk moduli: about a fifth less volume. */
const PRESSED = 0.4;
const HYDROGEN = 'H';

export const heatingCheck: Check = {
  name: 'heating',
  title: 'Heating ramp',
  question: 'Up to which temperature does it know what it does?',
  variants: (subject) => rampVariants(subject),
  async run(subject, { length, steps }, context) {
    const crystal = requireCrystal(subject);
    const guess = meltingGuess(context.model, crystal.relaxed);
    const hottest = Math.round((guess === undefined ? HOT : guess * BEYOND_MELTING) / 50) * 50;
    const found = await ramp(
      supercellOf(crystal.relaxed, length),
      crystal,
      {
        ensemble: 'npt',
        // half of a harmonic crystal's energy goes into its springs: begin with twice the heat of the first temperature
        temperature: { start: COLD, end: hottest },
        pressure: 0,
        timestep: timestepOf(context),
        steps,
        seed: 1,
      },
      context,
    );
    const at = (look: RampLook) => `${(Math.round(look.temperature / 10) * 10).toFixed(0)} K`;
    return findings(found, {
      name: 'heating',
      what: 'temperature',
      unit: 'K',
      end: hottest,
      value: (look) => look.temperature,
      at,
      words: `up to ${hottest} K`,
      guess:
        guess === undefined
          ? []
          : [
              `Heated from ${COLD} K to ${hottest} K, ${BEYOND_MELTING} times Lindemann’s guess of the melting point (${guess} K, right within a factor of two), in ${(steps * timestepOf(context)) / 1000} ps at zero pressure.`,
            ],
    });
  },
};

export const pressingCheck: Check = {
  name: 'pressing',
  title: 'Pressure ramp',
  question: 'Up to which pressure does it know what it does?',
  variants: (subject) => rampVariants(subject),
  async run(subject, { length, steps }, context) {
    const crystal = requireCrystal(subject);
    const most = largestPressure(crystal, context);
    const found = await ramp(
      supercellOf(crystal.relaxed, length),
      crystal,
      {
        ensemble: 'npt',
        temperature: COLD,
        pressure: { start: 0, end: most },
        timestep: timestepOf(context),
        steps,
        seed: 1,
      },
      context,
    );
    return findings(found, {
      name: 'pressing',
      what: 'pressure',
      unit: 'GPa',
      end: most,
      value: (look) => look.pressure,
      at: (look) => `${look.pressure.toPrecision(2)} GPa`,
      words: `up to ${most} GPa`,
      guess: [
        `Pressed from 0 to ${most} GPa at ${COLD} K, ${PRESSED} of the bulk modulus at the end, in ${(steps * timestepOf(context)) / 1000} ps.`,
      ],
    });
  },
};

function rampVariants({ crystal }: ValidationSubject): Variant[] {
  const of = (length: number, steps: number, from: Variant['from']): Variant => ({
    settings: { length, steps },
    work: crystal ? supercellAtoms(crystal.relaxed, length) * steps : 1,
    from,
  });
  return [
    of(18, 200_000, 'long'),
    of(15, 60_000, 'standard'),
    of(15, 30_000, 'standard'),
    of(12, 20_000, 'quick'),
    of(10, 10_000, 'quick'),
    of(8, 5000, 'quick'),
    of(8, 2000, 'quick'),
  ];
}

/** fs; hydrogen swings four times as fast as most. */
export const timestepOf = ({ model }: Pick<RecipeContext, 'model'>): number =>
  model.species.includes(HYDROGEN) ? 0.5 : 1;

/** A part of the bulk modulus, GPa, in round numbers. */
function largestPressure({ relaxed }: SubjectCrystal, context: RecipeContext): number {
  const strain = 0.005;
  const engine = cpuEngine(context.model, relaxed, { backend: 'auto', skin: 0 });
  try {
    const [less, more] = [-strain, strain].map((s) => {
      const changed = deform(relaxed, [s, 0, 0, 0, s, 0, 0, 0, s]);
      void engine.compute(changed.positions, changed.cell);
      const { virial } = engine.result;
      const v = volume(changed.cell);
      return { pressure: (virial[0] + virial[4] + virial[8]) / (3 * v), v };
    });
    const modulus = (-((less.v + more.v) / 2) * (more.pressure - less.pressure)) / (more.v - less.v);
    return Math.max(1, Number((PRESSED * modulus * EV_PER_A3_IN_GPA).toPrecision(1)));
  } finally {
    engine.dispose();
  }
}

interface Telling {
  readonly name: 'heating' | 'pressing';
  readonly what: string;
  readonly unit: string;
  readonly end: number;
  readonly value: (look: RampLook) => number;
  readonly at: (look: RampLook) => string;
  readonly words: string;
  readonly guess: readonly string[];
}

function findings(found: Ramp, { name, what, unit, end, value, at, words, guess }: Telling): CheckFindings {
  const { left, broke, knowsData, looks } = found;
  const event = left && broke && left.look.time > broke.look.time ? broke : (left ?? broke);
  const values: Measured[] = [
    {
      name: name === 'heating' ? 'safe_up_to_k' : 'safe_up_to_gpa',
      title: `Safe ${what}`,
      value: event ? value(event.look) : end,
      unit,
      grade: broke ? 'bad' : left ? 'outside' : 'good',
      meaning: `The ${what} up to which a run of this length stays whole${knowsData ? ' and within the data of the potential' : ''}; beyond, results are extrapolations.`,
      verdict: broke
        ? `unsafe above ${at(broke.look)}: ${broke.why.replace(/\.$/, '')}`
        : left
          ? `outside its data above ${at(left.look)}: ${left.why.replace(/\.$/, '')}`
          : `holds together ${words}`,
    },
  ];
  const notes = [
    ...guess,
    ...(left
      ? [`It left the data at ${at(left.look)}, after ${(left.look.time / 1000).toFixed(1)} ps: ${left.why}`]
      : []),
    ...(broke
      ? [`It broke at ${at(broke.look)}, after ${(broke.look.time / 1000).toFixed(1)} ps: ${broke.why}`]
      : []),
    ...(knowsData
      ? []
      : [
          'The potential says nothing of its data: whether it was within them cannot be told, only whether it breaks.',
        ]),
  ];
  return {
    values,
    figures: looks.length < 2 ? [] : figuresOf(looks, what, unit, value),
    notes,
    structures: [left?.structure, broke?.structure, found.last].filter((s) => s !== undefined),
  };
}

function figuresOf(
  looks: readonly RampLook[],
  what: string,
  unit: string,
  value: (look: RampLook) => number,
): Figure[] {
  const x = looks.map(value);
  const knows = looks.some(({ sigma }) => sigma !== undefined);
  const axis = { label: `${what} (${unit})`, name: `${what}_${unit.toLowerCase()}` };
  return [
    {
      title: `Energy along the ${what} ramp`,
      x: axis,
      y: { label: 'E − E(crystal) (eV/atom)', name: 'energy_ev_per_atom' },
      series: [{ name: 'energy', kind: 'points', x, y: looks.map(({ energy }) => energy) }],
    },
    {
      title: `Distances along the ${what} ramp`,
      x: axis,
      y: { label: 'Å, Å³/atom', name: 'length_a' },
      series: [
        { name: 'shortest distance (Å)', kind: 'points', x, y: looks.map(({ nearest }) => nearest) },
        { name: 'volume (Å³/atom)', kind: 'points', x, y: looks.map((look) => look.volume) },
      ],
    },
    ...(knows
      ? [
          {
            title: `Predicted error along the ${what} ramp`,
            x: axis,
            y: { label: 'σ of the energy (meV/atom)', name: 'sigma_mev_per_atom' },
            series: [
              { name: 'σ', kind: 'points' as const, x, y: looks.map(({ sigma }) => 1000 * (sigma ?? NaN)) },
            ],
          },
        ]
      : []),
  ];
}
