/**
 * What zod found wrong with a value, in words for the one who gave it: zod's own sentences speak of types and inputs.
 */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

export interface Finding {
  readonly place: string;
  readonly text: string;
}

/** The first thing that a check found, as part of a sentence: 'steps: a number of at least 1 was expected'. */
export function validationSentence(error: { readonly issues: readonly Issue[] }): string {
  const { path, text } = firstFinding(error.issues);
  return path.length === 0 ? text : `${path.map(String).join('.')}: ${text}`;
}

/** Where the first finding is ('weights.force', '' for the whole), and what was expected there. */
export function firstFindingOf(error: { readonly issues: readonly Issue[] }): Finding {
  const { path, text } = firstFinding(error.issues);
  return { place: path.map(String).join('.'), text };
}

function firstFinding(issues: readonly Issue[]): { path: readonly PropertyKey[]; text: string } {
  const issue = issues.at(0);
  if (issue === undefined) return { path: [], text: 'something else was expected' };
  if (issue.code === 'invalid_union') {
    // the form that was meant is the one that fits farthest
    const inner = issue.errors
      .filter((branch) => branch.length > 0)
      .map(firstFinding)
      .sort((a, b) => b.path.length - a.path.length)
      .at(0);
    if (inner !== undefined && inner.path.length > 0)
      return { path: [...issue.path, ...inner.path], text: inner.text };
  }
  return { path: issue.path, text: expectation(issue) };
}

/** Beginnings of zod's own sentences; any other text was written for a user. */
const ZODS_OWN = /^(Invalid|Too (small|big)|Unrecognized|Expected|Required|Number must|String must)/;

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no (true, false)',
  array: 'a list',
  tuple: 'a list',
  object: 'a group of named values',
  record: 'a group of named values',
  null: 'nothing (null)',
};

function expectation(issue: Issue): string {
  if (!ZODS_OWN.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `${KINDS[issue.expected] ?? 'something else'} was expected`;
    case 'too_small':
      return `${amount(issue.origin)} ${issue.inclusive === false ? 'above' : 'of at least'} ${issue.minimum} was expected`;
    case 'too_big':
      return `${amount(issue.origin)} ${issue.inclusive === false ? 'below' : 'of at most'} ${issue.maximum} was expected`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor} was expected`;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')} was expected`;
    case 'unrecognized_keys':
      return `${issue.keys.join(', ')} is not known here`;
    case 'invalid_union':
      // a union that a name decides says which names there are
      if ('options' in issue && Array.isArray(issue.options))
        return `one of ${issue.options.map(String).join(', ')} was expected`;
      return 'none of the forms it may have fits';
    case 'invalid_format':
      return 'it does not have the form that was expected';
    default:
      return 'something else was expected';
  }
}

/** What a bound counts. */
function amount(origin: string): string {
  if (origin === 'string') return 'a length';
  return ['array', 'set', 'map', 'file'].includes(origin) ? 'a number of entries' : 'a number';
}
