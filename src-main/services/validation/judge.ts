/** From what was measured to grades and the sentences of the verdict. */
import type { CheckFindings, Grade, Measured } from './check.ts';
import type { Reference, References } from './references.ts';
import type { Thresholds } from './thresholds.ts';

/** A value with its judgement. */
export interface JudgedValue extends Measured {
  readonly reference: Reference | null;
  /** value/reference − 1, or value − reference, as its threshold says; null without a reference. */
  readonly deviation: number | null;
  readonly deviationUnit: string;
  readonly judgement: Grade | null;
}

/** Attaches reference, deviation and grade. */
export function judge(measured: Measured, references: References, thresholds: Thresholds): JudgedValue {
  const { value, threshold: name, grade } = measured;
  const reference = Object.hasOwn(references, measured.name) ? references[measured.name] : undefined;
  const threshold = name && thresholds[name];
  const isRelative =
    threshold?.of === 'relative' || (threshold?.of === undefined && (reference?.value ?? 0) !== 0);
  const deviation =
    value === null || !reference || (isRelative && reference.value === 0)
      ? null
      : isRelative
        ? value / reference.value - 1
        : value - reference.value;
  const size = threshold?.of === 'value' ? value : deviation;
  const byThreshold: Grade | null =
    !threshold || size === null
      ? null
      : Math.abs(size) <= threshold.good
        ? 'good'
        : Math.abs(size) <= threshold.fair
          ? 'fair'
          : 'bad';
  return {
    ...measured,
    reference: reference ?? null,
    deviation,
    deviationUnit: isRelative ? '' : measured.unit,
    judgement: worse(grade ?? null, byThreshold),
  };
}

const ORDER: readonly (Grade | null)[] = [null, 'good', 'fair', 'outside', 'bad'];
const worse = (a: Grade | null, b: Grade | null): Grade | null =>
  ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;

/** A check that was run, in words and numbers. */
export interface JudgedCheck {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly values: readonly JudgedValue[];
  readonly figures: CheckFindings['figures'];
  readonly notes: readonly string[];
  readonly structures: NonNullable<CheckFindings['structures']>;
  /** Why it was not done; undefined when it was. */
  readonly failed: string | undefined;
  readonly seconds: number;
  readonly evaluations: number;
  readonly atomEvaluations: number;
}

/** A deviation as people say it: 9 % low, 0.3 eV high. */
export function spokenDeviation({ deviation, deviationUnit }: JudgedValue): string {
  if (deviation === null) return '';
  const size = Math.abs(deviation);
  const amount =
    deviationUnit === ''
      ? `${Number((100 * size).toPrecision(2))} %`
      : `${Number(size.toPrecision(2))} ${deviationUnit}`;
  return `${amount} ${deviation < 0 ? 'low' : 'high'}`;
}

/**
 * The sentences of the verdict, the worst first: one on the whole, one each on what is bad, outside, fair and good, one
 * on what is missing.
 */
export function verdictOf(checks: readonly JudgedCheck[], material: string): string[] {
  const values = checks.flatMap((check) => check.values);
  const of = (grade: Grade) => values.filter(({ judgement }) => judgement === grade);
  const [bad, outside, fair, good] = (['bad', 'outside', 'fair', 'good'] as const).map(of);
  const done = checks.filter(({ failed }) => failed === undefined);
  const failed = checks.filter((check) => check.failed !== undefined);
  const sentences = [overall(bad.length, outside.length, fair.length, done.length, failed.length, material)];
  const say = (list: readonly JudgedValue[]) => [...new Set(list.map(phrase).filter((text) => text !== ''))];
  const add = (head: string, phrases: readonly string[]) => {
    if (phrases.length > 0) sentences.push(`${head}${phrases.join('; ')}.`);
  };
  add('Bad: ', say(bad));
  add(
    'Outside its data: ',
    say(outside).map((text) => text.replace(/^outside its data /, '')),
  );
  add('Fair: ', say(fair));
  add('Good: ', say(good));
  add(
    'Missing: ',
    failed.map(({ title, failed: why }) => `${title} (${(why ?? '').replace(/\.$/, '')})`),
  );
  return sentences;
}

function overall(
  bad: number,
  outside: number,
  fair: number,
  done: number,
  failed: number,
  material: string,
): string {
  const missing = failed > 0 ? `, and ${failed} could not be made` : '';
  const made = `${done} check${done === 1 ? ' was' : 's were'} made${missing}`;
  if (done === 0) return `Nothing can be said of this potential for ${material}: no check could be made.`;
  if (bad > 0)
    return `Not safe as it is for ${material}: ${bad} value${bad === 1 ? ' is' : 's are'} bad (${made}).`;
  if (outside > 0) return `Safe within limits for ${material}: beyond them it leaves its data (${made}).`;
  if (fair > 0)
    return `Usable for ${material} with care: ${fair} value${fair === 1 ? ' is' : 's are'} fair (${made}).`;
  return `No check found a reason not to use it for ${material} (${made}).`;
}

function phrase(value: JudgedValue): string {
  if (value.verdict !== undefined) return value.verdict;
  if (value.deviation === null)
    return value.judgement === 'good' ? '' : `${value.title} is ${spokenValue(value)}`;
  return value.judgement === 'good'
    ? `${value.title} within ${Number(Math.max(0.1, 100 * relative(value)).toPrecision(2))} %`
    : `${value.title} ${spokenDeviation(value)}`;
}

const relative = ({ value, reference }: JudgedValue): number =>
  value === null || !reference || reference.value === 0 ? 0 : Math.abs(value / reference.value - 1);

/** A value with its unit, as many digits as matter. */
export function spokenValue({
  value,
  error,
  unit,
  shown,
}: Pick<JudgedValue, 'value' | 'error' | 'unit' | 'shown'>): string {
  if (shown !== undefined) return shown;
  if (value === null) return '–';
  const digits = Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
  return `${digits}${error === undefined ? '' : ` ± ${Number(error.toPrecision(2))}`}${unit === '' ? '' : ` ${unit}`}`;
}
