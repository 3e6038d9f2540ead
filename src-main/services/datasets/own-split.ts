/**
 * The split that files bring along: a key of each frame (`split=`, `set=`, as in many published sets), else the word in
 * the name of its file (Si_train.xyz, test.xyz).
 */
import { basename } from 'node:path';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

/** Keys of a frame that name its part; the first that says something counts. */
const KEYS = ['split', 'set', 'subset', 'data_split', 'data_set', 'dataset_split'];

const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:train|training|tr)$/i, 'train'],
  [/^(?:valid|validation|val|dev)$/i, 'validation'],
  [/^(?:test|testing|holdout|hold-out)$/i, 'test'],
];

function partNamed(word: string): string | undefined {
  return PARTS.find(([pattern]) => pattern.test(word.trim()))?.[1];
}

/** The part that a file's name says; undefined where it says none, or several. */
export function partOfFile(path: string): string | undefined {
  const words = basename(path).split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/);
  const parts = new Set(words.map(partNamed).filter((part) => part !== undefined));
  return parts.size === 1 ? [...parts][0] : undefined;
}

/** The part of a frame: what it says itself, else what its file's name says; undefined where neither does. */
export function ownPart({ info }: Pick<Configuration, 'info'>, file: string | undefined): string | undefined {
  for (const key of KEYS) {
    const value = info?.[key];
    const part = typeof value === 'string' ? partNamed(value) : undefined;
    if (part !== undefined) return part;
  }
  return file === undefined ? undefined : partOfFile(file);
}
