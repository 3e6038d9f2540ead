/** A validation as plain JSON: what `validate --json` prints and what a project keeps. */
import type { JsonValue } from '../../store/json.ts';
import type { JudgedValue } from './judge.ts';
import type { PotentialValidation, Validation } from './validate.ts';

/** A number that JSON can hold. */
const finite = (value: number | null | undefined): number | null =>
  value === null || value === undefined || !Number.isFinite(value) ? null : value;

export function checkRows({ checks }: PotentialValidation): { [key: string]: JsonValue }[] {
  return checks.flatMap((check) => check.values.map((value) => row(check.name, value)));
}

function row(check: string, value: JudgedValue): { [key: string]: JsonValue } {
  return {
    name: value.name,
    check,
    title: value.title,
    value: finite(value.value),
    ...(value.error === undefined ? {} : { error: finite(value.error) }),
    unit: value.unit,
    ...(value.shown === undefined ? {} : { shown: value.shown }),
    reference: value.reference?.value ?? null,
    source: value.reference?.source ?? null,
    deviation: finite(value.deviation),
    deviation_unit: value.deviationUnit,
    grade: value.judgement,
    meaning: value.meaning,
  };
}

/** One potential, without figures and structures. */
export function potentialJson(potential: PotentialValidation): { [key: string]: JsonValue } {
  const { checks } = potential;
  return {
    potential: potential.name,
    form: potential.form,
    material: potential.material,
    origin: potential.origin,
    verdict: [...potential.verdict],
    checks: checkRows(potential),
    steps: checks.map(({ name, title, failed, seconds, evaluations, atomEvaluations, notes }) => ({
      name,
      title,
      failed: failed ?? null,
      seconds,
      evaluations,
      atom_evaluations: atomEvaluations,
      notes: [...notes],
    })),
    left_out: [...potential.leftOut],
    us_per_atom: finite(potential.cost),
    seconds: potential.seconds,
  };
}

/** The whole: of one potential its verdict and checks at the top, of several every verdict under its name. */
export function validationJson(validation: Validation): { [key: string]: JsonValue } {
  const { potentials, plan, budget, seconds, thresholds } = validation;
  const [first] = potentials;
  const several = potentials.length > 1;
  return {
    verdict: several
      ? potentials.flatMap(({ name, verdict }) => verdict.map((sentence) => `${name}: ${sentence}`))
      : [...first.verdict],
    checks: several
      ? potentials.flatMap((potential) =>
          checkRows(potential).map((check) => ({ potential: potential.name, ...check })),
        )
      : checkRows(first),
    plan,
    budget_seconds: budget,
    seconds,
    potentials: potentials.map(potentialJson),
    thresholds: JSON.parse(JSON.stringify(thresholds)) as JsonValue,
  };
}
