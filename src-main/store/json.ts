/** JSON texts of the project file, checked as they are read. */
import { z } from 'zod';
import { StoreError } from './store-error.ts';

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export const jsonValue: z.ZodType<JsonValue> = z.json();
export const jsonObject = z.record(z.string(), jsonValue);
export const stringList = z.array(z.string());

/**
 * Parses a JSON column.
 * @param what what it is, for the error sentence: 'the settings of a job'
 */
export function parseJson<T>(text: string, schema: z.ZodType<T>, what: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new StoreError('damaged', `The project is damaged: ${what} cannot be read.`, {
      remedy: 'Restore the project from a backup copy.',
      cause: error,
    });
  }
}
