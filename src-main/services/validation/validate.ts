/**
 * A validation: potentials with a material, checks that fit into the time, each a step of its own. A check that fails says
 * so in a sentence, and the others go on; after every check the state can be kept, and a killed run goes on from there.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { modelToJson } from '../../../src-compute/potentials/registry.ts';
import { atomCount, formula, type Configuration } from '../../../src-compute/structure/configuration.ts';
import type { Knowledge, RecipeContext, WorkMeter } from '../recipes/recipe.ts';
import type { EngineChoice } from '../simulations/engines.ts';
import { PLANS, type CheckFindings, type PlanName } from './check.ts';
import { judge, verdictOf, type JudgedCheck } from './judge.ts';
import { BUDGETS, evaluationCost, planFor, type PlannedCheck } from './plan.ts';
import { publishedFor, type References } from './references.ts';
import { prepareSubject, type ValidationSubject } from './subject.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds.ts';

export interface ValidatedPotential {
  readonly name: string;
  readonly knowledge: Knowledge;
}

export interface ValidationRequest {
  readonly potentials: readonly ValidatedPotential[];
  /** The material; the lattice of least energy of each potential when absent. */
  readonly structure?: Configuration;
  /** Where the structure comes from, a sentence. */
  readonly origin?: string;
  readonly plan: PlanName;
  /** s, where it is not that of the plan. */
  readonly seconds?: number;
  /** µs per atom and evaluation, where it is known; measured when absent. */
  readonly microseconds?: number;
  /** Names of the checks; all when absent. */
  readonly only?: readonly string[];
  readonly references?: References;
  /** Whether published values are taken where the references have none. */
  readonly published?: boolean;
  readonly thresholds?: Thresholds;
  readonly engine: EngineChoice;
}

export interface ValidationHooks {
  readonly signal?: AbortSignal;
  onProgress?(fraction: number, message: string): void;
  /** Called after every check with all that is needed to go on. */
  onState?(state: ValidationState): void | Promise<void>;
  readonly resume?: ValidationState;
}

/** What one check of one potential gave, as it is kept. */
interface Outcome {
  readonly findings?: CheckFindings;
  readonly failed?: string;
  readonly seconds: number;
  readonly evaluations: number;
  readonly atomEvaluations: number;
}

export interface ValidationState {
  /** Of everything that the outcomes depend on. */
  readonly key: string;
  /** By number of the potential, name of the check and its settings. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** µs per atom, measured by the first attempt: the plan that is gone on with must be the same. */
  readonly cost: readonly number[];
}

/** One potential, judged. */
export interface PotentialValidation {
  readonly name: string;
  readonly form: string;
  readonly material: string;
  readonly origin: string;
  readonly verdict: readonly string[];
  readonly checks: readonly JudgedCheck[];
  readonly leftOut: readonly string[];
  /** µs per atom and evaluation */
  readonly cost: number;
  readonly seconds: number;
}

export interface Validation {
  readonly plan: PlanName;
  readonly budget: number;
  readonly potentials: readonly PotentialValidation[];
  readonly thresholds: Thresholds;
  readonly seconds: number;
}

/**
 * Validates.
 * @throws CancelledError; ForcewrightError for a state of another validation
 */
export async function validate(request: ValidationRequest, hooks: ValidationHooks = {}): Promise<Validation> {
  const key = keyOf(request);
  if (hooks.resume && hooks.resume.key !== key) {
    throw new ForcewrightError(
      'What was kept belongs to another validation: other potentials, material or plan.',
      {
        remedy: 'Start it anew, or give what the first one was given.',
      },
    );
  }
  const outcomes = new Map(hooks.resume?.outcomes);
  const costs = [...(hooks.resume?.cost ?? [])];
  const potentials: PotentialValidation[] = [];
  const share = 1 / request.potentials.length;
  for (const [index, potential] of request.potentials.entries()) {
    const base = contextOf(potential, request, hooks, () => undefined);
    const subject = await prepareSubject(
      potential.name,
      potential.knowledge,
      { structure: request.structure, origin: request.origin ?? '' },
      base,
    );
    costs[index] ??= request.microseconds ?? (await evaluationCost(subject, request.engine));
    const seconds = (request.seconds ?? BUDGETS[request.plan]) * share;
    const plan = planFor(subject, request.plan, seconds, costs[index], request.only);
    const total = plan.checks.reduce((sum, planned) => sum + planned.seconds + 0.5, 0);
    const judged: JudgedCheck[] = [];
    let before = 0;
    for (const planned of plan.checks) {
      const id = `${index}/${planned.check.name}/${JSON.stringify(planned.variant.settings)}`;
      const part = (planned.seconds + 0.5) / total;
      const known = outcomes.get(id);
      const outcome =
        known ??
        (await runCheck(planned, subject, (meter) =>
          contextOf(
            potential,
            request,
            hooks,
            (fraction, message) =>
              hooks.onProgress?.(
                share * (index + before + part * fraction),
                `${potential.name}: ${planned.check.title}${message === '' ? '' : `, ${message}`}`,
              ),
            meter,
          ),
        ));
      if (!known) {
        outcomes.set(id, outcome);
        await hooks.onState?.({ key, outcomes, cost: costs });
      }
      before += part;
      judged.push(judgedCheck(planned, outcome, subject, request));
    }
    potentials.push(
      summary(
        subject,
        judged,
        plan.leftOut.map(({ why }) => why),
        costs[index],
      ),
    );
  }
  return {
    plan: request.plan,
    budget: request.seconds ?? BUDGETS[request.plan],
    potentials,
    thresholds: request.thresholds ?? DEFAULT_THRESHOLDS,
    seconds: potentials.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function contextOf(
  { knowledge }: ValidatedPotential,
  { engine, structure }: ValidationRequest,
  { signal }: ValidationHooks,
  onProgress: RecipeContext['onProgress'],
  meter?: WorkMeter,
): RecipeContext {
  return { ...knowledge, structure, engine, signal, meter, onProgress };
}

async function runCheck(
  { check, variant }: PlannedCheck,
  subject: ValidationSubject,
  contextFor: (meter: WorkMeter) => RecipeContext,
): Promise<Outcome> {
  const meter: WorkMeter = { evaluations: 0, atoms: 0 };
  const began = performance.now();
  const spent = () => ({
    seconds: (performance.now() - began) / 1000,
    evaluations: meter.evaluations,
    atomEvaluations: meter.atoms,
  });
  const context = contextFor(meter);
  context.onProgress(0, '');
  try {
    const findings = await check.run(subject, variant.settings, context);
    return { findings, ...spent() };
  } catch (error) {
    if (error instanceof CancelledError || context.signal?.aborted) throw error;
    if (error instanceof ForcewrightError)
      return { failed: [error.message, error.remedy].join(' ').trim(), ...spent() };
    // a fault of the program takes one check with it, and is said as what it is
    return {
      failed: `It stopped on a fault of the program: ${error instanceof Error ? error.message : String(error)}`,
      ...spent(),
    };
  }
}

function judgedCheck(
  { check }: PlannedCheck,
  outcome: Outcome,
  subject: ValidationSubject,
  { references = {}, published = true, thresholds = DEFAULT_THRESHOLDS }: ValidationRequest,
): JudgedCheck {
  const known: References = { ...(published ? publishedFor(subject) : {}), ...references };
  const { findings, failed, seconds, evaluations, atomEvaluations } = outcome;
  return {
    name: check.name,
    title: check.title,
    question: check.question,
    values: (findings?.values ?? []).map((value) => judge(value, known, thresholds)),
    figures: findings?.figures ?? [],
    notes: findings?.notes ?? [],
    structures: findings?.structures ?? [],
    failed,
    seconds,
    evaluations,
    atomEvaluations,
  };
}

function summary(
  subject: ValidationSubject,
  checks: readonly JudgedCheck[],
  leftOut: readonly string[],
  cost: number,
): PotentialValidation {
  const { crystal, structure } = subject;
  const material = crystal
    ? `${crystal.formula} (${crystal.symbol}, ${crystal.spaceGroup})`
    : structure
      ? `the structure given (${formula(structure)}, ${atomCount(structure)} atoms)`
      : 'any crystal';
  return {
    name: subject.name,
    form: subject.knowledge.model.form,
    material,
    origin: subject.origin,
    verdict: verdictOf(checks, material),
    checks,
    leftOut,
    cost,
    seconds: checks.reduce((sum, check) => sum + check.seconds, 0),
  };
}

/** Digest of what the outcomes depend on; thresholds and references are applied to outcomes afterwards. */
function keyOf({ potentials, structure, plan, seconds, only, engine }: ValidationRequest): string {
  const material = structure && {
    symbols: structure.symbols,
    kinds: [...structure.kinds],
    positions: [...structure.positions],
    cell: [...structure.cell],
    periodic: structure.periodic,
  };
  return createHash('sha256')
    .update(
      JSON.stringify({
        models: potentials.map(({ knowledge }) => modelToJson(knowledge.model)),
        material,
        plan,
        seconds,
        only,
        backend: engine.backend,
      }),
    )
    .digest('hex');
}

/** Which plan a word names. */
export const planNames = z.enum(PLANS);
