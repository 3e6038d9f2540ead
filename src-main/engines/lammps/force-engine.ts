/**
 * LAMMPS as a force engine: one process that stays, evaluates whatever positions and cell it is given, and can be used
 * wherever an engine of our own can (relaxation, elastic constants, equations of state, samplers). It takes a few
 * milliseconds per call, so dynamics with many steps are better run by LAMMPS itself (dynamics.ts).
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledError } from '../../../src-compute/errors.ts';
import {
  emptyEvaluation,
  type Evaluation,
  type ForceEngine,
} from '../../../src-compute/potentials/potential.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { endProcess, finished } from '../child-process.ts';
import { writeDataFile } from './data-file.ts';
import { lammpsFrame, requireAtoms } from './frame.ts';
import { requireTypes, type LammpsInteraction } from './interaction.ts';
import { LammpsError, stoppedError } from './lammps-error.ts';
import type { LammpsProgram } from './program.ts';
import { kimLog, launch, temporaryFolder } from './runner.ts';
import { assemble, readTotals, structureCommands } from './single-points.ts';

/** Lines of output that are kept for error messages. */
const KEPT_LINES = 200;

/** How often the result is looked for, ms. */
const POLL = 1;

export class LammpsForceEngine implements ForceEngine, AsyncDisposable {
  readonly backend = 'lammps';
  readonly threads: number;
  readonly result: Evaluation;
  neighbourListBuilds = 0;
  readonly #interaction: LammpsInteraction;
  readonly #folder: AsyncDisposable & { readonly path: string };
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #end: Promise<{ code: number | null; signal: string | null }>;
  #atoms: Configuration;
  #ended: { code: number | null; signal: string | null } | undefined;
  #calls = 0;

  private constructor(
    interaction: LammpsInteraction,
    atoms: Configuration,
    folder: AsyncDisposable & { readonly path: string },
    child: ChildProcess,
    ranks: number,
    signal: AbortSignal | undefined,
  ) {
    this.#interaction = interaction;
    this.#atoms = atoms;
    this.#folder = folder;
    this.#child = child;
    this.threads = ranks;
    this.result = emptyEvaluation(atomCount(atoms));
    // what is written after LAMMPS has ended is answered by compute
    child.stdin?.on('error', () => undefined);
    const keep = (line: string) => {
      this.#lines.push(line);
      if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
    };
    this.#end = finished(child, keep, signal).catch(() => ({ code: -1, signal: null }));
    void this.#end.then((end) => (this.#ended = end));
  }

  /**
   * Starts LAMMPS for a structure. Dispose the engine when it is no longer needed.
   * @throws LammpsError when it cannot be started; PotentialError for elements that the potential does not have
   */
  static async start(
    program: LammpsProgram,
    interaction: LammpsInteraction,
    configuration: Configuration,
    options: { readonly ranks?: number; readonly signal?: AbortSignal } = {},
  ): Promise<LammpsForceEngine> {
    requireAtoms(configuration);
    requireTypes(interaction.types, configuration);
    const folder = temporaryFolder();
    try {
      const ranks = options.ranks ?? 1;
      const child = await launch(program, interaction, folder.path, [], ranks);
      const { symbols, kinds, positions, cell, periodic, masses } = configuration;
      const atoms = { symbols, kinds: kinds.slice(), positions, cell, periodic, masses };
      return new LammpsForceEngine(interaction, atoms, folder, child, ranks, options.signal);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @param signal gives up waiting; the process is of no use afterwards */
  async compute(positions: Float64Array, cell: Float64Array, signal?: AbortSignal): Promise<void> {
    const k = this.#calls++;
    const frame = lammpsFrame({ ...this.#atoms, positions, cell });
    const path = (extension: string) => join(this.#folder.path, `${k}.${extension}`);
    await writeDataFile(path('data'), frame.configuration, this.#interaction.types);
    const commands = structureCommands(frame, k, this.#interaction, { resultFile: true });
    this.#child.stdin?.write(`${commands.join('\n')}\n`);
    const totals = await this.#totals(path('done'), signal);
    const point = assemble(
      readFileSync(path('dump')),
      totals,
      frame,
      atomCount(this.#atoms),
      `structure ${k + 1}`,
    );
    for (const extension of ['data', 'dump', 'done']) rmSync(path(extension), { force: true });
    this.neighbourListBuilds++;
    this.result.energy = point.energy;
    this.result.atomEnergies.set(point.atomEnergies);
    this.result.forces.set(point.forces);
    this.result.virial.set(point.virial);
  }

  /** Waits for the numbers of a call. */
  async #totals(path: string, signal: AbortSignal | undefined): Promise<number[]> {
    for (;;) {
      if (signal?.aborted) throw new CancelledError();
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      if (text.endsWith('\n')) {
        const found = readTotals(text.trimEnd());
        if (found === undefined)
          throw new LammpsError(`LAMMPS gave a result that cannot be read: ${text.trim()}`);
        return found.totals;
      }
      if (this.#ended !== undefined) {
        const { code, signal } = this.#ended;
        throw stoppedError(
          'Evaluating a structure',
          code,
          signal,
          this.#lines,
          await kimLog(this.#folder.path),
        );
      }
      await delay(POLL);
    }
  }

  forgetNeighbours(): void {
    // every compute sets the system up afresh
  }

  setKinds(kinds: Uint16Array): void {
    const atoms = { ...this.#atoms, kinds: kinds.slice() };
    requireTypes(this.#interaction.types, atoms);
    this.#atoms = atoms;
  }

  dispose(): void {
    void this[Symbol.asyncDispose]();
  }

  /** Ends LAMMPS and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, this.#end);
    await this.#folder[Symbol.asyncDispose]();
  }
}
