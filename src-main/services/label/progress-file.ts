/**
 * What a labelling run has finished, structure by structure, beside its output: a run that is stopped, killed or refused
 * by the engine loses nothing. One JSON object a line, numbers as base64 of their bytes; the first line says for which
 * structures and which engine, so that nothing is ever taken from another run. A line that was cut off is left out.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { asSentence } from '../../platform/file-error.ts';
import type { ReferenceResult } from '../../engines/reference-engine.ts';

/** Labels of one structure. */
export type Labels = Omit<ReferenceResult, 'seconds'>;

const HEAD = { format: 'forcewright-label', version: 1 };
/** How every file of this kind begins. */
const HEAD_BEGINS = JSON.stringify(HEAD).slice(0, -1);
const head = z.object({ format: z.literal('forcewright-label'), version: z.literal(1), key: z.string() });
const line = z.object({
  frame: z.number().int().min(0),
  reference: z.string(),
  energy: z.string(),
  forces: z.string(),
  virial: z.string().optional(),
  atomEnergies: z.string().optional(),
});

/** Settings that change how long labels take, and not what they are. */
const NO_MATTER = new Set(['timeout', 'connectTimeout', 'ranks', 'address', 'threads']);

/** Digest of structures and engine: labels of one run are those of another when it is the same. */
export function labelKey(configurations: readonly Configuration[], engine: object): string {
  const settings = Object.entries(engine).filter(([name]) => !NO_MATTER.has(name));
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const { symbols, kinds, positions, cell, periodic } of configurations) {
    hash.update(JSON.stringify([symbols, periodic]));
    for (const array of [kinds, positions, cell]) {
      hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    }
  }
  return hash.digest('hex');
}

/** The labels that a run has so far. */
export class LabelProgress {
  readonly path: string;
  readonly labels: Map<number, { labels: Labels; reference: string }>;
  readonly #key: string;
  #begun: boolean;

  private constructor(path: string, key: string, labels: LabelProgress['labels'], begun: boolean) {
    this.path = path;
    this.#key = key;
    this.labels = labels;
    this.#begun = begun;
  }

  /** Where the progress of an output is kept. */
  static pathFor(out: string): string {
    return `${out}.labelling`;
  }

  /**
   * Goes on with what is there, or begins.
   * @param resume whether something to go on with is expected
   * @throws ForcewrightError when labels of other structures or of another engine are there
   */
  static open(out: string, key: string, resume: boolean): LabelProgress {
    const path = LabelProgress.pathFor(out);
    if (!existsSync(path)) return new LabelProgress(path, key, new Map(), false);
    const [first = '', ...rest] = linesOf(readFileSync(path));
    const found = head.safeParse(parsed(first));
    // stopped (a full disk) while its first line was written: nothing was finished
    if (!found.success && HEAD_BEGINS.startsWith(first.slice(0, HEAD_BEGINS.length)) && rest.length === 0)
      return new LabelProgress(path, key, new Map(), false);
    if (!found.success || found.data.key !== key) {
      throw new ForcewrightError(
        `${path} holds what another labelling run has finished: other structures, or another engine.`,
        {
          remedy: resume
            ? 'Go on with the settings of that run, or write to another --out.'
            : 'Go on with the settings of that run and --resume, write to another --out, or remove the file.',
        },
      );
    }
    const labels: LabelProgress['labels'] = new Map();
    for (const text of rest) {
      const entry = line.safeParse(parsed(text));
      if (!entry.success) continue;
      const { frame, reference, energy, forces, virial, atomEnergies } = entry.data;
      labels.set(frame, {
        reference,
        labels: {
          energy: decoded(energy)[0],
          forces: decoded(forces),
          ...(virial === undefined ? {} : { virial: decoded(virial) }),
          ...(atomEnergies === undefined ? {} : { atomEnergies: decoded(atomEnergies) }),
        },
      });
    }
    return new LabelProgress(path, key, labels, true);
  }

  /**
   * Keeps the labels of a structure; they are on the disk when this returns.
   * @throws FileError when the disk refuses; what was kept before stays
   */
  add(frame: number, labels: Labels, reference: string): void {
    try {
      this.#write(frame, labels, reference);
    } catch (error) {
      throw asSentence(error, this.path);
    }
    this.labels.set(frame, { labels, reference });
  }

  #write(frame: number, labels: Labels, reference: string): void {
    if (!this.#begun) {
      writeFileSync(this.path, `${JSON.stringify({ ...HEAD, key: this.#key })}\n`);
      this.#begun = true;
    }
    const { energy, forces, virial, atomEnergies } = labels;
    const entry: z.input<typeof line> = {
      frame,
      reference,
      energy: encoded(Float64Array.of(energy)),
      forces: encoded(forces),
      virial: virial && encoded(virial),
      atomEnergies: atomEnergies && encoded(atomEnergies),
    };
    // begins with a line break: the line before may have been cut off
    appendFileSync(this.path, `\n${JSON.stringify(entry)}\n`);
  }

  /** All is written elsewhere. */
  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** Lines one by one: all of them together may be longer than a string can be. */
function linesOf(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let begin = 0; begin < bytes.length;) {
    const end = bytes.indexOf(10, begin);
    const stop = end < 0 ? bytes.length : end;
    if (stop > begin) lines.push(bytes.toString('utf8', begin, stop));
    begin = stop + 1;
  }
  return lines;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encoded(numbers: Float64Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

function decoded(text: string): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float64Array(bytes.buffer);
}
