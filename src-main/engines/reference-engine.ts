/**
 * Reference engines: programs of others that give energy, forces and virial of a structure, one structure after
 * another, while the program stays. Whatever goes wrong ends in one of four errors, so that a long run can pause and go
 * on later.
 */
import { CancelledError, ForcewrightError } from '../../src-compute/errors.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';

/** What a reference says about one structure; conventions of docs/physics.md. */
export interface ReferenceResult {
  /** eV */
  readonly energy: number;
  /** eV/Å; 3N */
  readonly forces: Float64Array;
  /** W = −∂E/∂ε, eV; 9. Absent where the engine gives none. */
  readonly virial?: Float64Array;
  /** eV; N. Absent where the engine has none. */
  readonly atomEnergies?: Float64Array;
  /** Wall-clock time of the call. */
  readonly seconds: number;
}

/** A program that computes for one set of atoms: every structure has the species of the first, in the same order. */
export interface ReferenceEngine extends AsyncDisposable {
  /** For people: program, version and method. */
  readonly name: string;
  /** What somebody has to do before it can compute, such as starting a client; undefined where nothing. */
  readonly waitsFor?: string;
  /** How many structures were computed. */
  readonly calls: number;
  /**
   * Energy, forces and virial.
   * @throws ReferenceEngineError; CancelledError on the signal. The program may be gone afterwards.
   */
  compute(configuration: Configuration, signal?: AbortSignal): Promise<ReferenceResult>;
  /** Ends the program and removes its files. */
  close(): Promise<void>;
}

/** Why a reference could not be computed. */
export type ReferenceFailure = 'failed' | 'timeout' | 'not-a-number' | 'unconverged';

/** A reference engine did not give what was asked for. */
export class ReferenceEngineError extends ForcewrightError {
  readonly failure: ReferenceFailure;

  constructor(
    failure: ReferenceFailure,
    message: string,
    options: { remedy?: string; cause?: unknown } = {},
  ) {
    super(message, options);
    this.failure = failure;
  }
}

/** The program stopped, or could not be started, or answered nonsense. */
export class EngineFailedError extends ReferenceEngineError {
  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super('failed', message, options);
  }
}

/** The program did not answer in time. */
export class EngineTimeoutError extends ReferenceEngineError {
  constructor(name: string, seconds: number, what = 'gave no energy and forces') {
    super('timeout', `${name} ${what} within ${seconds} s.`, {
      remedy: 'Allow more time with the engine’s timeout, or find out why it hangs.',
    });
  }
}

/** Energy, forces or virial are not finite numbers. */
export class EngineInvalidResultError extends ReferenceEngineError {
  constructor(name: string, what: string) {
    super('not-a-number', `${name} gave ${what} that is not a finite number.`, {
      remedy: 'Check the structure for atoms that overlap, and the method for this structure.',
    });
  }
}

/** The program says itself that its result is not converged. */
export class EngineUnconvergedError extends ReferenceEngineError {
  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super('unconverged', message, options);
  }
}

/**
 * Checks what an engine returned.
 * @throws EngineInvalidResultError, EngineFailedError for a wrong number of atoms
 */
export function checkedResult(name: string, result: ReferenceResult, atoms: number): ReferenceResult {
  if (result.forces.length !== 3 * atoms) {
    throw new EngineFailedError(
      `${name} gave forces for ${result.forces.length / 3} atoms, and ${atoms} were expected.`,
      { remedy: 'Make sure that the program was started with the same atoms in the same order.' },
    );
  }
  if (!Number.isFinite(result.energy)) throw new EngineInvalidResultError(name, 'an energy');
  const bad = result.forces.findIndex((force) => !Number.isFinite(force));
  if (bad >= 0) throw new EngineInvalidResultError(name, `a force on atom ${Math.floor(bad / 3) + 1}`);
  if (result.virial?.every(Number.isFinite) === false) throw new EngineInvalidResultError(name, 'a virial');
  return result;
}

/**
 * Waits for work with a limit in time.
 * @param work is given a signal that aborts at the limit and when the caller's signal does
 * @throws EngineTimeoutError at the limit; CancelledError when the caller's signal aborts
 */
export async function withTimeout<T>(
  name: string,
  seconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw new CancelledError();
  const controller = new AbortController();
  let onAbort: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    const end = (error: Error) => {
      reject(error);
      controller.abort(error);
    };
    // timers hold at most 2³¹ ms
    timer = setTimeout(
      () => end(new EngineTimeoutError(name, seconds)),
      Math.min(1000 * seconds, 2 ** 31 - 1),
    );
    onAbort = () => end(new CancelledError());
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    const running = work(controller.signal);
    // when the limit comes first, what the work says later is of no interest
    running.catch(() => undefined);
    return await Promise.race([running, ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * Checks that a structure has the atoms that an engine was opened with.
 * @throws EngineFailedError
 */
export function requireSameAtoms(name: string, opened: Configuration, now: Configuration): void {
  const same =
    opened.kinds.length === now.kinds.length &&
    opened.kinds.every((kind, atom) => opened.symbols[kind] === now.symbols[now.kinds[atom]]);
  if (same) return;
  throw new EngineFailedError(
    `${name} was started for ${opened.kinds.length} atoms and was asked for a structure with other atoms or another order.`,
    { remedy: 'Start an engine for each set of atoms.' },
  );
}
