/** Errors of zod, SQLite and Node in words; real ones, made by the real parts. */
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FitError } from '../../src-compute/errors.ts';
import { wordsFor } from '../../src-main/error-words.ts';
import { fitRequestSchema } from '../../src-main/services/fit/fit-request.ts';
import { temporaryFolder } from '../support/project.ts';

const folder = temporaryFolder();
const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};
/** Traces of zod, SQLite, V8 and Node in a text. */
const RAW =
  /[[{]\s*"|\bcode\b|ZodError|SQLITE|ERR_|E[A-Z]{4,}:|\bat .*:\d+:\d+|undefined|Invalid (input|option)|Too (small|big)/;

describe('an error in words', () => {
  it.each([
    [{ level: 'high' }, 'level: a number was expected'],
    [{ level: 13 }, 'level: a multiple of 2 was expected'],
    [{ cutoff: 55 }, 'cutoff: a number of at most 20 was expected'],
    [{ weights: { force: -1 } }, 'weights.force: a number of at least 0 was expected'],
    [{ form: 'gap' }, 'form: one of moment-tensor, tensor-regression, snap, ace was expected'],
    [
      { form: 'tensor-regression', bondDimension: 'many' },
      'bondDimension: none of the forms it may have fits',
    ],
    [[], 'a group of named values was expected'],
  ])('says of %j what was expected, by name', (value, sentence) => {
    const words = wordsFor(
      thrown(() => fitRequestSchema.parse(value)),
      { values: 'the settings of this job' },
    );
    expect(words.message).toBe(
      `There is a value in the settings of this job that cannot be used: ${sentence}.`,
    );
    expect(words.message).not.toMatch(RAW);
    expect(words.remedy).not.toBe('');
  });

  it('keeps what a schema says in its own words, and finds the form that was meant', () => {
    const schema = z.object({
      structure: z.union([
        z.object({ kind: z.literal('file'), path: z.string() }),
        z.object({ kind: z.literal('lattice'), a: z.number().positive('a length above 0 Å is needed') }),
      ]),
    });
    const words = wordsFor(thrown(() => schema.parse({ structure: { kind: 'lattice', a: -1 } })));
    expect(words.message).toContain('a length above 0 Å is needed');
  });

  it('says what the system refused', () => {
    const file = join(folder, 'file.txt');
    writeFileSync(file, '');
    const cases: [() => unknown, RegExp][] = [
      [() => readFileSync(join(folder, 'none.txt')), /none\.txt/],
      [() => mkdirSync(file), /file\.txt/],
      [() => readFileSync(folder), /is a folder/],
      [() => openSync(join(file, 'below'), 'r'), /file\.txt/],
      [() => writeFileSync(join(folder, 'x'.repeat(300)), ''), /too long/],
    ];
    for (const [work, sentence] of cases) {
      const words = wordsFor(thrown(work));
      expect(words.message).toMatch(sentence);
      expect(words.message + words.remedy).not.toMatch(RAW);
      expect(words.expected).toBe(true);
    }
  });

  it('says what SQLite refused', () => {
    const database = new SqliteDatabase(join(folder, 'a.db'));
    const other = new SqliteDatabase(join(folder, 'a.db'), { timeout: 0 });
    database.exec('CREATE TABLE t (x NOT NULL); BEGIN EXCLUSIVE');
    expect(wordsFor(thrown(() => other.exec('BEGIN IMMEDIATE'))).message).toBe(
      'The project file is in use by another program that is writing to it.',
    );
    const refused = wordsFor(
      thrown(() => database.exec('INSERT INTO t VALUES (NULL)')),
      { project: '/home/me/si.fwproj' },
    );
    expect(refused.message).toMatch(/^The project si\.fwproj did not accept a change/);
    other.close();
    database.close();
  });

  it('knows a want of memory, in this thread and in another', async () => {
    const error = await new Promise((failed) => {
      const worker = new Worker('for (const list = []; ; ) list.push(new Array(1e5).fill(1.5));', {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 16 },
      });
      worker.on('error', failed);
    });
    expect(wordsFor(error).message).toMatch(/more memory/);
    expect(wordsFor(thrown(() => new Float64Array(2 ** 52))).message).toMatch(/more memory/);
    expect(wordsFor(thrown(() => 'x'.repeat(2 ** 30))).message).toMatch(/more memory/);
  });

  it('leaves our own sentences, and says nothing raw of a fault', () => {
    const own = new FitError('The data has no energies.', { remedy: 'Import labelled data.' });
    expect(wordsFor(own)).toEqual({ message: own.message, remedy: own.remedy, expected: true });
    for (const fault of [thrown(() => JSON.parse('{')), new TypeError('x is undefined'), 'text', undefined]) {
      const words = wordsFor(fault);
      expect(words.expected).toBe(false);
      expect(words.message).toBe('Something went wrong inside Forcewright.');
      expect(words.remedy).toMatch(/report/);
    }
  });
});
