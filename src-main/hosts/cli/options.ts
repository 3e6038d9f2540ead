/** Parsers for option values; commander turns what they throw into usage errors (exit 2). */
import { InvalidArgumentError } from 'commander';

/** A finite number, optionally with bounds. */
export function real(low = -Infinity, high = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value))
      throw new InvalidArgumentError('A number was expected.');
    if (value < low || value > high)
      throw new InvalidArgumentError(`A number between ${low} and ${high} was expected.`);
    return value;
  };
}

/** A whole number, optionally with bounds. */
export function whole(low = 0, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value))
      throw new InvalidArgumentError('A whole number was expected.');
    if (value < low || value > high) {
      throw new InvalidArgumentError(`A whole number between ${low} and ${high} was expected.`);
    }
    return value;
  };
}

/** One of several words. */
export function oneOf<T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`${allowed.join(' or ')} was expected.`);
    return found;
  };
}

/** A comma-separated list of names, such as Si,O. */
export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.some((name) => name === ''))
    throw new InvalidArgumentError('Names separated by commas were expected: Si,O.');
  return list;
}

/** key=number pairs separated by commas, such as energy=1,force=0.01; only the given keys. */
export function keyedNumbers<Key extends string>(
  keys: readonly Key[],
): (text: string) => Partial<Record<Key, number>> {
  return (text) => {
    const result: Partial<Record<Key, number>> = {};
    for (const part of text.split(',')) {
      const [name, value] = part.split('=').map((s) => s.trim());
      const key = keys.find((k) => k === name);
      if (key === undefined || value === undefined || value === '' || !Number.isFinite(Number(value))) {
        throw new InvalidArgumentError(`Pairs like ${keys.map((k) => `${k}=1`).join(',')} were expected.`);
      }
      if (Number(value) < 0) throw new InvalidArgumentError(`${key} cannot be negative, and is ${value}.`);
      result[key] = Number(value);
    }
    return result;
  };
}
