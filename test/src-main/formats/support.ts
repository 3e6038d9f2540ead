/** Temporary files and short ways to read them, for the tests of the formats. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  FormatError,
  readConfigurations,
  readFrames,
  type ReadFrame,
  type ReadOptions,
} from '../../../src-main/formats/index.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'formats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Path of a new file, without making it. */
export function temporaryPath(name = 'file'): string {
  return join(folder, `${count++}-${name}`);
}

/** A new file with the given content. */
export function temporaryFile(content: string | Uint8Array, name = 'file'): string {
  const path = temporaryPath(name);
  writeFileSync(path, content);
  return path;
}

/** Path of a sample in test/references/formats. */
export function sample(...parts: string[]): string {
  return join(repositoryRoot, 'test', 'references', 'formats', ...parts);
}

/** Configurations of a text. */
export function readText(content: string | Uint8Array, options: ReadOptions = {}): Promise<Configuration[]> {
  return readConfigurations(temporaryFile(content), options);
}

/** Frames of a file, bad ones included. */
export async function allFrames(path: string, options: ReadOptions = {}): Promise<ReadFrame[]> {
  const frames: ReadFrame[] = [];
  for await (const frame of readFrames(path, { ...options, skipBad: true })) frames.push(frame);
  return frames;
}

/** The FormatError that a promise ends with; anything else fails the test. */
export async function formatErrorOf(promise: Promise<unknown>): Promise<FormatError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('Expected a FormatError, but the file was read.');
}

/** A configuration without one of its optional parts. */
export function without(configuration: Configuration, part: 'forces' | 'atomColumns'): Configuration {
  const copy: Partial<Record<string, unknown>> & Configuration = { ...configuration };
  Reflect.deleteProperty(copy, part);
  return copy;
}
