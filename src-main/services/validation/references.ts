/** Values to compare with: of the user's file, else published ones of a few crystals. */
import { z } from 'zod';
import { PUBLISHED } from './published.ts';
import type { References } from './reference.ts';
import type { ValidationSubject } from './subject.ts';

/** `{"c11_gpa": 151.4, "vacancy_ev": {"value": 2.8, "source": "…"}}` */
export const referenceFile = z.record(
  z.string().regex(/^[a-z0-9_]+$/, 'names of values, such as c11_gpa, were expected'),
  z.union([
    z.number(),
    z.strictObject({ value: z.number(), source: z.string().max(2000).default('the reference file') }),
  ]),
);
export type ReferenceFile = z.output<typeof referenceFile>;

export type { Reference, References } from './reference.ts';

/** Of a file, in one form. */
export function referencesOf(file: ReferenceFile): References {
  return Object.fromEntries(
    Object.entries(file).map(([name, given]) => [
      name,
      typeof given === 'number' ? { value: given, source: 'the reference file' } : given,
    ]),
  );
}

/** Published values of the crystal; none where the table does not have it. */
export function publishedFor(subject: ValidationSubject): References {
  const { crystal } = subject;
  if (!crystal) return {};
  const found = PUBLISHED.find(
    ({ element, spaceGroup }) => crystal.formula === element && crystal.spaceGroup === spaceGroup,
  );
  return found?.values ?? {};
}
