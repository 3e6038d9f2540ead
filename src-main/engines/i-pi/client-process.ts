/** A client of the i-PI protocol that Forcewright starts itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { endProcess, finished } from '../child-process.ts';
import { EngineFailedError } from '../reference-engine.ts';

/** Lines of output that are kept. */
const KEPT_LINES = 2000;
/** Lines of it that an error shows. */
const SHOWN_LINES = 8;

/** What stands for what in a command line: {host} → 127.0.0.1. */
export type Placeholders = Readonly<Record<string, string>>;

/**
 * Splits a command line into words; ' and " hold words together; {placeholders} are filled in afterwards, so that no
 * value can become two words. No shell is involved.
 * @throws EngineFailedError for quotes that are not closed, unknown placeholders, an empty command
 */
export function commandWords(command: string, placeholders: Placeholders): string[] {
  const words = Array.from(command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g), ([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_all, single?: string, double?: string) => single ?? double ?? ''),
  );
  if ((command.match(/'/g)?.length ?? 0) % 2 || (command.match(/"/g)?.length ?? 0) % 2) {
    throw new EngineFailedError(`A quote is not closed in the client's command: ${command}`);
  }
  if (words.length === 0) throw new EngineFailedError("The client's command is empty.");
  return words.map((word) =>
    word.replace(/\{(\w+)\}/g, (all, key: string) => {
      if (Object.hasOwn(placeholders, key)) return placeholders[key];
      throw new EngineFailedError(`The client's command holds ${all}, which stands for nothing.`, {
        remedy: `Known are ${Object.keys(placeholders)
          .map((name) => `{${name}}`)
          .join(', ')}.`,
      });
    }),
  );
}

/** One running client. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #end: Promise<{ code: number | null; signal: string | null }>;
  #over: { code: number | null; signal: string | null } | undefined;
  #couldNotStart: Error | undefined;

  /** @param words the program and its arguments */
  constructor(words: readonly string[], folder: string, environment: NodeJS.ProcessEnv, name: string) {
    this.#name = name;
    const [program, ...args] = words;
    this.#child = spawn(program, args, {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    const keep = (line: string) => {
      this.#lines.push(line);
      if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
    };
    this.#end = finished(this.#child, keep, undefined).catch((error: unknown) => {
      this.#couldNotStart = error instanceof Error ? error : new Error(String(error));
      return { code: null, signal: null };
    });
    void this.#end.then((over) => (this.#over = over));
  }

  /** Rejects when the client ends. */
  async ended(): Promise<never> {
    await this.#end;
    throw this.failure();
  }

  /** What the client printed last. */
  get output(): readonly string[] {
    return this.#lines;
  }

  /** Gives a client that closed its connection the time to end and to say why. */
  async settle(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await Promise.race([this.#end, limit]);
    clearTimeout(timer);
  }

  /** Why it is gone, with its last words. */
  failure(): EngineFailedError {
    const cause = this.#couldNotStart;
    if (cause) {
      const missing = 'code' in cause && cause.code === 'ENOENT';
      return new EngineFailedError(
        `${this.#name} could not be started: ${missing ? `there is no program ${this.#child.spawnfile}` : cause.message}.`,
        { remedy: 'Check the command, and give the full path of the program.', cause },
      );
    }
    const { code, signal } = this.#over ?? { code: null, signal: null };
    const how = signal
      ? `was ended by ${signal}`
      : code === null
        ? 'closed the connection'
        : `ended with code ${code}`;
    const last = this.#lines.filter((line) => line.trim() !== '').slice(-SHOWN_LINES);
    return new EngineFailedError(`${this.#name} ${how}.`, {
      remedy: last.length > 0 ? `Its last lines were:\n${last.map((line) => `  ${line}`).join('\n')}` : '',
    });
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, this.#end);
  }
}
