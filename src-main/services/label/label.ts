/**
 * Labels structures with energies, forces and virials of a reference engine. What is finished is handed over at once;
 * a structure that the engine fails on is set aside with the reason and the others go on.
 */
import { FileError } from '../../platform/file-error.ts';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { withoutLabels } from '../../../src-compute/structure/properties.ts';
import { lammpsFrame, requireAtoms } from '../../engines/lammps/frame.ts';
import { requireTypes } from '../../engines/lammps/interaction.ts';
import { findLammps, lammpsSinglePoints } from '../../engines/lammps/index.ts';
import {
  lammpsInteraction,
  presentSpecies,
  type LammpsEngineSettings,
} from '../../engines/lammps/reference-engine.ts';
import { openReferenceEngine, type ReferenceEngineSettings } from '../../engines/registry.ts';
import {
  checkedResult,
  EngineFailedError,
  EngineTimeoutError,
  type ReferenceEngine,
} from '../../engines/reference-engine.ts';
import type { Labels } from './progress-file.ts';

/** Structures that one LAMMPS process labels. */
const BATCH = 100;
/** When so many structures fail one after the other and none was labelled, the settings are wrong, not the structures. */
const FAILURES_AT_FIRST = 3;

export interface LabelRequest {
  readonly configurations: readonly Configuration[];
  readonly engine: ReferenceEngineSettings;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onNote?: (sentence: string) => void;
  /** Labels that are known from an earlier run. */
  readonly known?: ReadonlyMap<number, { readonly labels: Labels; readonly reference: string }>;
  /** Called with the labels of a structure as soon as they are there. */
  readonly onLabelled?: (frame: number, labels: Labels, reference: string) => void;
}

/** A structure that could not be labelled. */
export interface LabelFailure {
  /** Number among the structures that were given, from 0. */
  readonly frame: number;
  /** A sentence. */
  readonly error: string;
  readonly configuration: Configuration;
}

export interface LabelResult {
  /** Those that were labelled, in their order. */
  readonly configurations: readonly Configuration[];
  readonly failures: readonly LabelFailure[];
  /** What computed them. */
  readonly reference: string;
  /** Version of LAMMPS, where that computed them. */
  readonly lammps?: string;
  readonly species: readonly string[];
}

/**
 * @throws ReferenceEngineError, LammpsError or PotentialError when nothing can be labelled at all, CancelledError
 */
export async function labelConfigurations(request: LabelRequest): Promise<LabelResult> {
  const { engine } = request;
  const run = new LabelRun(request);
  if (engine.engine === 'lammps') return await labelWithLammps(run, engine);
  await labelOneByOne(run);
  return run.result({ species: presentSpecies(request.configurations) });
}

/** Who is labelled, who failed, who is left. */
class LabelRun {
  readonly request: LabelRequest;
  readonly #labels: Map<number, { labels: Labels; reference: string }>;
  readonly #failures = new Map<number, ForcewrightError>();

  constructor(request: LabelRequest) {
    this.request = request;
    this.#labels = new Map(request.known);
  }

  /** Numbers of the structures that are neither labelled nor set aside, at most so many. */
  next(most: number): number[] {
    const left: number[] = [];
    for (let k = 0; k < this.request.configurations.length && left.length < most; k++) {
      if (!this.#labels.has(k) && !this.#failures.has(k)) left.push(k);
    }
    return left;
  }

  labelled(frame: number, labels: Labels, reference: string): void {
    this.#labels.set(frame, { labels, reference });
    this.request.onLabelled?.(frame, labels, reference);
    this.#progress();
  }

  /**
   * Sets a structure aside.
   * @throws the error itself when it is not the structure's fault
   */
  failed(frame: number, error: unknown): void {
    // a disk that is full is no fault of the structure
    if (error instanceof CancelledError || error instanceof FileError) throw error;
    if (!(error instanceof ForcewrightError)) throw error;
    this.#failures.set(frame, error);
    if (this.#labels.size === 0 && this.#failures.size >= FAILURES_AT_FIRST) throw error;
    this.#progress();
  }

  #progress(): void {
    const { onProgress, configurations } = this.request;
    onProgress?.(this.#labels.size + this.#failures.size, configurations.length);
  }

  /** @throws the first failure when there is nothing else */
  result(facts: Pick<LabelResult, 'species' | 'lammps'>): LabelResult {
    const { configurations } = this.request;
    const [first] = this.#failures.values();
    if (this.#labels.size === 0 && first) throw first;
    const frames = [...this.#labels.keys()].sort((a, b) => a - b);
    const failures = [...this.#failures].sort(([a], [b]) => a - b);
    return {
      ...facts,
      configurations: frames.map((k) => labelledConfiguration(configurations[k], this.#labels.get(k))),
      failures: failures.map(([frame, { message, remedy }]) => ({
        frame,
        error: remedy === undefined ? message : `${message} ${remedy}`,
        configuration: configurations[frame],
      })),
      reference: this.#labels.get(frames[frames.length - 1])?.reference ?? '',
    };
  }
}

function labelledConfiguration(
  configuration: Configuration,
  found: { labels: Labels; reference: string } | undefined,
): Configuration {
  if (!found) return configuration;
  const { energy, forces, virial, atomEnergies } = found.labels;
  const bulk = configuration.periodic.every(Boolean);
  const info = { ...configuration.info, reference: found.reference };
  // what another method computed for the structure does not go with these labels
  const bare = withoutLabels(configuration);
  return { ...bare, energy, forces, atomEnergies, virial: bulk ? virial : undefined, info };
}

/** Many structures in one script: the fastest way, and atoms may differ from structure to structure. */
async function labelWithLammps(run: LabelRun, settings: LammpsEngineSettings): Promise<LabelResult> {
  const { configurations, signal } = run.request;
  const program = await findLammps(settings.program);
  const interaction = await lammpsInteraction(settings, presentSpecies(configurations));
  const style = interaction.commands.find((command) => command.startsWith('pair_style'));
  const reference = `LAMMPS ${program.version}, ${settings.pairStyle ? `pair_style ${settings.pairStyle}` : style}`;
  for (let batch = run.next(BATCH); batch.length > 0; batch = run.next(BATCH)) {
    batch = batch.filter((k) => suits(run, k, interaction.types));
    try {
      await lammpsSinglePoints(
        program,
        interaction,
        batch.map((k) => configurations[k]),
        {
          ranks: settings.ranks,
          signal,
          nameOf: (k) => `structure ${batch[k] + 1} of ${configurations.length}`,
          onResult: (k, { energy, forces, virial, atomEnergies }) => {
            run.labelled(batch[k], { energy, forces, virial, atomEnergies }, reference);
          },
        },
      );
    } catch (error) {
      if (signal?.aborted) throw new CancelledError();
      // the first one without labels is the one that it stopped at; the batch is begun anew behind it
      const [stopped] = run.next(1);
      if (batch.includes(stopped)) run.failed(stopped, error);
      else throw error;
    }
  }
  return run.result({ lammps: program.version, species: interaction.types });
}

/** Whether LAMMPS can be given a structure; it is set aside where not. */
function suits(run: LabelRun, frame: number, types: readonly string[]): boolean {
  const configuration = run.request.configurations[frame];
  try {
    requireAtoms(configuration);
    requireTypes(types, configuration);
    lammpsFrame(configuration);
    return true;
  } catch (error) {
    run.failed(frame, error);
    return false;
  }
}

/** A program that is started for one set of atoms is started anew when the next structure has others. */
async function labelOneByOne(run: LabelRun): Promise<void> {
  const { configurations, onNote } = run.request;
  const triedAgain = new Set<number>();
  let engine: ReferenceEngine | undefined;
  let opened: Configuration | undefined;
  try {
    for (let [k] = run.next(1); k !== undefined; [k] = run.next(1)) {
      if (!engine || !opened || !compatible(opened, configurations[k])) {
        await engine?.close();
        engine = await openReferenceEngine(run.request.engine, configurations[k]);
        opened = configurations[k];
        if (engine.waitsFor !== undefined) onNote?.(engine.waitsFor);
      }
      try {
        await labelOne(run, k, engine);
      } catch (error) {
        // a program that failed is of no use any more
        const failed: ReferenceEngine = engine;
        engine = undefined;
        await failed.close();
        // one that had computed before may have had reasons of its own: the structure gets a fresh one
        const mayBeProgram = error instanceof EngineFailedError || error instanceof EngineTimeoutError;
        if (mayBeProgram && failed.calls > 0 && !triedAgain.has(k)) {
          triedAgain.add(k);
          onNote?.(
            `Structure ${k + 1}: ${error.message} It is tried once more with the program started anew.`,
          );
        } else {
          run.failed(k, error);
        }
      }
    }
  } finally {
    await engine?.close();
  }
}

/** @throws what the engine throws */
async function labelOne(run: LabelRun, frame: number, engine: ReferenceEngine): Promise<void> {
  const configuration = run.request.configurations[frame];
  const result = await engine.compute(configuration, run.request.signal);
  const { energy, forces, virial, atomEnergies } = checkedResult(
    engine.name,
    result,
    atomCount(configuration),
  );
  // the engine may use its arrays again
  const own = (values: Float64Array | undefined) => values?.slice();
  run.labelled(
    frame,
    { energy, forces: forces.slice(), virial: own(virial), atomEnergies: own(atomEnergies) },
    engine.name,
  );
}

/**
 * Whether a program that was started for `opened` may compute `next`. The cell must be the same: plane waves, k-points
 * and grids are chosen for the first one, and energies of cells that were reached from others are not comparable.
 */
function compatible(opened: Configuration, next: Configuration): boolean {
  return (
    opened.kinds.length === next.kinds.length &&
    opened.kinds.every((kind, atom) => opened.symbols[kind] === next.symbols[next.kinds[atom]]) &&
    opened.periodic.every((periodic, axis) => periodic === next.periodic[axis]) &&
    opened.cell.every((x, k) => x === next.cell[k])
  );
}
