/** Energy conservation: runs of constant energy with longer and longer steps, until one does not conserve. */
import { ForcewrightError, SimulationError, StructureError } from '../../../../src-compute/errors.ts';
import { MolecularDynamics } from '../../../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../../../src-compute/sampling/settings.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { recipeEngine } from '../../recipes/engine.ts';
import { breathe, throwIfCancelled, type RecipeContext } from '../../recipes/recipe.ts';
import { DEFAULT_THRESHOLDS } from '../thresholds.ts';
import type { ValidationSubject } from '../subject.ts';
import type { Check, Variant } from '../check.ts';
import { supercellAtoms, supercellOf } from './supercells.ts';

/** fs */
const STEPS = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10];
const TEMPERATURE = 300;

interface Trial {
  readonly timestep: number;
  /** meV/atom/ps, of the least-squares line */
  readonly drift: number;
  /** Root mean square about that line, meV/atom. */
  readonly fluctuation: number;
}

/** A fluctuation beyond this share of the kinetic energy's own, 3/2 k_B T · √(2/3N), is no conservation. */
const LARGEST_FLUCTUATION = 0.2;

export const timeStepCheck: Check = {
  name: 'time-step',
  title: 'Energy conservation',
  question: 'Which steps conserve the energy?',
  variants(subject) {
    const of = (length: number, time: number, from: Variant['from']): Variant => {
      const atoms = subject.crystal
        ? supercellAtoms(subject.crystal.relaxed, length)
        : (subject.structure?.kinds.length ?? 1);
      return {
        settings: { length, time },
        work: atoms * STEPS.reduce((sum, dt) => sum + time / dt, 0),
        from,
      };
    };
    return [of(12, 20_000, 'long'), of(10, 5000, 'standard'), of(8, 1000, 'quick')];
  },
  async run(subject, { length, time }, context) {
    const start = startOf(subject, length);
    const trials: Trial[] = [];
    const limit = DEFAULT_THRESHOLDS.drift.fair;
    for (const timestep of STEPS) {
      throwIfCancelled(context);
      context.onProgress(trials.length / STEPS.length, `steps of ${timestep} fs`);
      const trial = await conserve(start, timestep, time, context);
      trials.push(trial);
      if (!isSafe(trial, atomCount(start), limit)) break;
      await breathe();
    }
    const safe = trials.filter((trial) => isSafe(trial, atomCount(start), limit));
    const best = safe.at(-1);
    const drawn = trials.filter(({ drift }) => Number.isFinite(drift));
    return {
      values: [
        {
          name: 'largest_safe_step_fs',
          title: 'Largest safe step',
          value: best?.timestep ?? null,
          unit: 'fs',
          grade: best === undefined ? 'bad' : best.timestep >= 1 ? 'good' : 'fair',
          meaning: `The longest of the tried steps at ${TEMPERATURE} K whose energy neither drifts nor swings.`,
          verdict:
            best === undefined
              ? `does not conserve energy, even with steps of ${STEPS[0]} fs`
              : `conserves energy with steps up to ${best.timestep} fs`,
        },
        {
          name: 'drift_mev_per_atom_per_ps',
          title: 'Drift',
          value: trials[0].drift,
          unit: 'meV/atom/ps',
          threshold: 'drift',
          meaning: `Slope of the total energy with the shortest step, ${trials[0].timestep} fs: more than round-off is a force that is not the slope of the energy.`,
        },
      ],
      figures: [
        {
          title: 'Total energy against the step',
          caption: `Runs of ${time / 1000} ps at ${TEMPERATURE} K, ${atomCount(start)} atoms; a smooth potential swings as the square of the step.`,
          x: { label: 'step (fs)', name: 'step_fs', logarithmic: true },
          y: { label: 'swing (meV/atom)', name: 'fluctuation_mev_per_atom', logarithmic: true },
          series: [
            {
              name: 'root mean square about the line',
              kind: 'points',
              x: drawn.map(({ timestep }) => timestep),
              y: drawn.map(({ fluctuation }) => Math.max(1e-9, fluctuation)),
            },
          ],
        },
      ],
      notes:
        trials.length < STEPS.length
          ? [`With steps of ${trials[trials.length - 1].timestep} fs energy is not conserved any more.`]
          : [],
      structures: [start],
    };
  },
};

/** A crystal, or the molecule that the user gave. */
function startOf(
  { crystal, structure, missing, knowledge }: ValidationSubject,
  length: number,
): Configuration {
  if (crystal) return supercellOf(crystal.relaxed, length);
  const known = structure?.symbols.every((symbol) => knowledge.model.species.includes(symbol));
  if (structure && known) return structure;
  throw new ForcewrightError(missing);
}

function isSafe({ drift, fluctuation }: Trial, atoms: number, limit: number): boolean {
  const kinetic = 1000 * 8.617333262e-5 * TEMPERATURE * 1.5 * Math.sqrt(2 / (3 * atoms));
  return Math.abs(drift) <= limit && fluctuation <= LARGEST_FLUCTUATION * kinetic;
}

async function conserve(
  start: Configuration,
  timestep: number,
  time: number,
  context: RecipeContext,
): Promise<Trial> {
  const engine = await recipeEngine(context, start);
  const samples: { t: number; e: number }[] = [];
  try {
    const steps = Math.max(40, Math.round(time / timestep));
    const settings = completeMolecularDynamicsSettings({
      ensemble: 'nve',
      // a harmonic crystal gives half of it to its springs
      temperature: 2 * TEMPERATURE,
      timestep,
      steps,
      seed: 7,
      checkpointEvery: 1_000_000_000,
    });
    const run = new MolecularDynamics(start, engine, settings);
    await run.run(({ step, thermodynamics: now }) => {
      // the first tenth of a picosecond spreads the heat
      if (now.time >= 100) samples.push({ t: now.time / 1000, e: (1000 * now.conserved) / run.system.count });
      if (step % 200 !== 0) return;
      throwIfCancelled(context);
      return breathe();
    });
    return { timestep, ...line(samples) };
  } catch (error) {
    if (error instanceof SimulationError || error instanceof StructureError)
      return { timestep, drift: Infinity, fluctuation: Infinity };
    throw error;
  } finally {
    engine.dispose();
  }
}

/** Least squares: slope, and root mean square about it. */
function line(samples: readonly { t: number; e: number }[]): { drift: number; fluctuation: number } {
  const n = samples.length;
  const [mt, me] = [0, 0].map((_, k) => samples.reduce((sum, s) => sum + (k === 0 ? s.t : s.e), 0) / n);
  let [tt, te, ee] = [0, 0, 0];
  for (const { t, e } of samples) {
    tt += (t - mt) ** 2;
    te += (t - mt) * (e - me);
    ee += (e - me) ** 2;
  }
  const drift = tt > 0 ? te / tt : 0;
  return { drift, fluctuation: Math.sqrt(Math.max(0, ee - drift * te) / n) };
}
