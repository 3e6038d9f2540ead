/** What a window shows of a simulation that learns while it runs: the `detail` of the job's progress. */
import { z } from 'zod';
import type { OnTheFlyEngine } from '../../../src-compute/sampling/on-the-fly/engine.ts';
import { PHASES, REASONS } from '../../../src-compute/sampling/on-the-fly/policy.ts';
import type { OnTheFlySettings } from '../../../src-compute/sampling/on-the-fly/settings.ts';
import type { Thermodynamics } from '../../../src-compute/sampling/thermodynamics.ts';

const real = z.number().nullable();

export const onTheFlyViewSchema = z.object({
  kind: z.literal('on-the-fly'),
  step: z.number(),
  steps: z.number(),
  /** ps */
  time: z.number(),
  /** What computes the reference, for people. */
  reference: z.string(),
  phase: z.enum(PHASES),
  /** Why the last step was computed as it was. */
  reason: z.enum(REASONS).nullable(),
  parameters: z.number(),
  referenceCalls: z.number(),
  modelSteps: z.number(),
  /** Steps per call of the reference. */
  saving: real,
  /** Step at which the model first took over. */
  tookOverAt: z.number().nullable(),
  updates: z.number(),
  handedBack: z.number(),
  uncertainCalls: z.number(),
  /** eV/Å, root mean square of force components, over the last comparisons */
  error: real,
  tolerance: z.number(),
  /** Largest predicted error of the force on an atom, eV/Å */
  uncertainty: real,
  atomTolerance: z.number(),
  /** Factor by which the posterior deviations are scaled. */
  calibration: z.number(),
  /** eV/Å, eV/Å, eV/atom */
  lastComparison: z
    .object({ step: z.number(), forceMae: z.number(), forceRmse: z.number(), energyError: z.number() })
    .nullable(),
  /** Means over all checks while the model computed: meV/Å, meV/Å, meV/atom */
  checks: z.object({ count: z.number(), forceMae: real, forceRmse: real, energyMae: real }),
  /** Means of what one step or call took, ms. */
  milliseconds: z.object({ reference: real, model: real, update: real, longestUpdate: real }),
  /** K */
  temperature: real,
  /** eV/atom */
  potential: real,
  conserved: real,
  /** g(r) of a bulk, or the density of pair distances (1/Å) of a molecule. */
  distances: z.object({
    kind: z.enum(['g', 'density']),
    /** Å */
    r: z.array(z.number()),
    reference: z.array(z.number()),
    model: z.array(z.number()),
    referenceFrames: z.number(),
    modelFrames: z.number(),
  }),
});
export type OnTheFlyView = z.output<typeof onTheFlyViewSchema>;

/** Curves of the job, as job points: x is ps. */
export const ON_THE_FLY_SERIES = [
  'temperature',
  'potential',
  'conserved',
  'force error',
  'energy error',
  'uncertainty',
  'reference calls',
] as const;

const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);
const mean = (sum: number, count: number, factor = 1) => (count > 0 ? (factor * sum) / count : null);

/** The present state of a run. */
export function onTheFlyView(
  engine: OnTheFlyEngine,
  thermo: Thermodynamics,
  settings: OnTheFlySettings,
  facts: {
    readonly steps: number;
    readonly atoms: number;
    readonly reference: string;
    readonly parameters: number;
  },
): OnTheFlyView {
  const { policy, totals, comparison } = engine;
  const [reference, model] = [engine.distributions.reference.result, engine.distributions.model.result];
  const evaluations = totals.referenceCalls + totals.modelSteps;
  return {
    kind: 'on-the-fly',
    step: thermo.step,
    steps: facts.steps,
    time: thermo.time / 1000,
    reference: facts.reference,
    phase: policy.phase,
    reason: engine.record?.reason ?? null,
    parameters: facts.parameters,
    referenceCalls: totals.referenceCalls,
    modelSteps: totals.modelSteps,
    saving: mean(evaluations, totals.referenceCalls),
    tookOverAt: totals.tookOverAt < 0 ? null : totals.tookOverAt,
    updates: totals.updates,
    handedBack: totals.handedBack,
    uncertainCalls: totals.uncertain,
    error: finite(policy.error),
    tolerance: settings.tolerance,
    uncertainty: finite(engine.record?.uncertainty),
    atomTolerance: policy.atomTolerance,
    calibration: policy.calibration,
    lastComparison: comparison
      ? {
          step: comparison.step,
          forceMae: comparison.forceMae,
          forceRmse: comparison.forceRmse,
          energyError: comparison.energyError,
        }
      : null,
    checks: {
      count: totals.checks,
      forceMae: mean(totals.absoluteForce, totals.checks, 1000),
      forceRmse: totals.checks > 0 ? 1000 * Math.sqrt(totals.squaredForce / totals.checks) : null,
      energyMae: mean(totals.absoluteEnergy, totals.checks, 1000),
    },
    milliseconds: {
      reference: mean(totals.referenceSeconds, totals.referenceCalls, 1000),
      model: mean(totals.modelSeconds, totals.modelSteps, 1000),
      update: mean(totals.updateSeconds, totals.updates, 1000),
      longestUpdate: totals.updates > 0 ? 1000 * totals.longestUpdate : null,
    },
    temperature: finite(thermo.temperature),
    potential: finite(thermo.potential / facts.atoms),
    conserved: finite(thermo.conserved / facts.atoms),
    distances: {
      kind: model.kind,
      r: Array.from(model.distances),
      reference: Array.from(reference.values),
      model: Array.from(model.values),
      referenceFrames: reference.frames,
      modelFrames: model.frames,
    },
  };
}
