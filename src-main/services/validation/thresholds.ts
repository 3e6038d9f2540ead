/**
 * When a value is good, fair or bad: one table, each row with its reason. A file of the user changes single rows.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { firstFindingOf } from '../../../src-compute/validation-words.ts';
import { fileError } from '../../platform/file-error.ts';

interface Threshold {
  /** Largest deviation, or value, that is good and fair; beyond is bad. */
  readonly good: number;
  readonly fair: number;
  /** `relative`: |value/reference − 1|; `difference`: |value − reference|; `value`: the value by itself. */
  readonly of: 'relative' | 'difference' | 'value';
  readonly unit: string;
  readonly reason: string;
}

const THRESHOLDS = {
  length: {
    good: 0.003,
    fair: 0.01,
    of: 'relative',
    unit: '',
    reason:
      'A lattice constant 1 % off is a pressure of about 3 % of the bulk modulus; density functionals themselves differ by about 1 %, converged codes of one functional by less than 0.1 %.',
  },
  stiffness: {
    good: 0.1,
    fair: 0.2,
    of: 'relative',
    unit: '',
    reason:
      'First-principles elastic constants differ by up to 10 % between functionals and meshes; 20 % changes which crystal planes slip and buckle.',
  },
  frequency: {
    good: 0.05,
    fair: 0.1,
    of: 'relative',
    unit: '',
    reason:
      'Linear-response and measured frequencies agree within about 3 to 5 %; 10 % shifts a vibrational free energy at 1000 K by about 10 meV per atom and mode pair.',
  },
  formation: {
    good: 0.15,
    fair: 0.4,
    of: 'difference',
    unit: 'eV',
    reason:
      'At 1000 K an error of 0.2 eV in a formation energy is a factor of ten in the number of defects; supercells and functionals account for 0.1 to 0.3 eV in first-principles values.',
  },
  barrier: {
    good: 0.1,
    fair: 0.25,
    of: 'difference',
    unit: 'eV',
    reason: 'At 1000 K 0.1 eV is a factor of three in a rate, 0.25 eV one of eighteen.',
  },
  surface: {
    good: 0.1,
    fair: 0.25,
    of: 'relative',
    unit: '',
    reason:
      'Functionals differ by about 10 to 20 % in surface energies; shapes of particles follow from their ratios.',
  },
  melting: {
    good: 0.05,
    fair: 0.15,
    of: 'relative',
    unit: '',
    reason: 'Coexistence in small boxes is right within a few per cent; functionals differ by 5 to 15 %.',
  },
  drift: {
    good: 0.05,
    fair: 0.5,
    of: 'value',
    unit: 'meV/atom/ps',
    reason:
      'Over a nanosecond 0.05 meV/atom/ps heat a crystal by less than the 0.4 meV/atom·K of its own heat capacity times 200 K; forces that are derivatives of a smooth energy do far better with a short step.',
  },
  imaginary: {
    good: 0.05,
    fair: 0.3,
    of: 'value',
    unit: 'THz',
    reason:
      'Down to 0.05 THz below zero is numerical noise of acoustic modes near Γ; a mode below −0.3 THz is a crystal that is no minimum.',
  },
} as const satisfies Record<string, Threshold>;

export type ThresholdName = keyof typeof THRESHOLDS;
export type Thresholds = Readonly<Record<ThresholdName, Threshold>>;

/** The table as it is unless the user changes it. */
export const DEFAULT_THRESHOLDS: Thresholds = THRESHOLDS;

export const THRESHOLD_NAMES = Object.keys(THRESHOLDS) as [ThresholdName, ...ThresholdName[]];

/** Changes to the table: `{"stiffness": {"good": 0.05, "fair": 0.1, "reason": "…"}}`. */
export const thresholdChanges = z.partialRecord(
  z.enum(THRESHOLD_NAMES),
  z.strictObject({
    good: z.number().positive().optional(),
    fair: z.number().positive().optional(),
    reason: z.string().min(1).max(2000).optional(),
  }),
);
export type ThresholdChanges = z.output<typeof thresholdChanges>;

/**
 * The table with changes.
 * @throws ForcewrightError when a row would call something good that it does not call fair
 */
export function changedThresholds(changes: ThresholdChanges): Thresholds {
  const changed = { ...DEFAULT_THRESHOLDS };
  for (const name of THRESHOLD_NAMES) {
    const change = changes[name];
    if (!change) continue;
    const row = { ...DEFAULT_THRESHOLDS[name], ...change };
    if (!(row.fair >= row.good)) {
      throw new ForcewrightError(
        `The threshold ${name} would be good up to ${row.good} and fair up to ${row.fair}.`,
        { remedy: 'Fair reaches at least as far as good: give both.' },
      );
    }
    changed[name] = { ...row, reason: change.reason ?? `Changed by the user. ${row.reason}` };
  }
  return changed;
}

/** @throws ForcewrightError when the file cannot be read or says something else */
export async function readThresholds(path: string): Promise<Thresholds> {
  return changedThresholds(await readJson(path, thresholdChanges, 'thresholds'));
}

/** Reads a small JSON file. @throws ForcewrightError in words */
export async function readJson<T extends z.ZodType>(
  path: string,
  schema: T,
  what: string,
): Promise<z.output<T>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const reason = fileError(cause, path)?.message ?? 'It is not JSON.';
    throw new ForcewrightError(`The ${what} in ${path} cannot be read. ${reason}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { place, text } = firstFindingOf(parsed.error);
  throw new ForcewrightError(`The ${what} in ${path} cannot be used: ${place || '(top)'}: ${text}.`, {
    remedy: 'Correct the file; --help shows what it looks like.',
  });
}
