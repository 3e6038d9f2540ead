/**
 * A look into structure files before anything is imported: what they are, what was assumed, what is wrong. Reads until
 * a budget of bytes or of time is used up, so that a large file is judged by its beginning; nothing is written.
 */
import { remediesOf, type Remedy } from '../../formats/remedies.ts';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTask } from 'node:timers/promises';
import { ForcewrightError, StructureError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  conventionNotes,
  detectFormat,
  readFrames,
  type LabelOptions,
  type LabelSources,
  type ReadFrame,
  type ReadOptions,
} from '../../formats/index.ts';
import { labelNameOf } from '../../formats/labels.ts';
import { propertyCounts } from '../../store/column-packer.ts';
import { derivedColumns } from '../../store/configuration-row.ts';
import { DatasetChecks } from './dataset-checks.ts';
import { labelOptions } from './import-runner.ts';
import { ownPart } from './own-split.ts';
import { TakenLabels, type TakenLabel } from './taken-labels.ts';

export interface PreviewOptions extends Pick<ReadOptions, 'format' | 'species'>, LabelOptions {
  /** Time to spend on one file, ms. */
  readonly budgetMs?: number;
  /** How much of a file to read: the beginning of a larger one stands for the rest. */
  readonly budgetBytes?: number;
  readonly signal?: AbortSignal;
}

/** What a file holds, as far as it was read. */
export interface FilePreview {
  readonly name: string;
  readonly bytes: number;
  /** Set when the file cannot be read at all; the rest is empty then. */
  readonly failure: { readonly message: string; readonly remedy: string } | null;
  readonly format: string;
  readonly conventions: readonly string[];
  /** Frames that were read, good and bad. */
  readonly frames: number;
  readonly badFrames: number;
  /** Whether the whole file was read. */
  readonly complete: boolean;
  /** Estimate for the whole file when it was not. */
  readonly estimatedFrames: number;
  readonly atoms: number;
  /** Smallest and largest number of atoms of a frame. */
  readonly atomRange: readonly [number, number];
  readonly species: readonly string[];
  readonly withEnergy: number;
  readonly withForces: number;
  readonly withVirial: number;
  /** Frames with each other property of the table, by key; without those that none has. */
  readonly properties: Readonly<Record<string, number>>;
  /** Smallest and largest energy, eV/atom; NaN-free, null without energies. */
  readonly energyRange: readonly [number, number] | null;
  /** Largest force, eV/Å. */
  readonly maxForce: number | null;
  readonly configTypes: Readonly<Record<string, number>>;
  /** How many frames say that they are of a part, by themselves or by the name of the file: own-split.ts. */
  readonly ownParts: Readonly<Record<string, number>>;
  /** Isolated atoms: their energies are references, eV. */
  readonly isolatedAtoms: Readonly<Record<string, number>>;
  /** Keys and columns that the labels are taken from; empty where the format fixes the names. */
  readonly taken: readonly TakenLabel[];
  /** Per-frame numbers that could be energies, and three-column atom data that could be forces. */
  readonly energyKeys: readonly string[];
  readonly forceKeys: readonly string[];
  /** Per-frame tensors (six or nine numbers) that could be virials or stresses. */
  readonly tensorKeys: readonly string[];
  readonly problems: readonly {
    readonly severity: 'error' | 'warning';
    readonly message: string;
    /** Frame from 0 and line from 1, or null for a finding about the whole file. */
    readonly frame: number | null;
    readonly line: number | null;
    /** How the file could be read instead, for a finding about the whole file. */
    readonly remedies?: readonly Remedy[];
  }[];
  readonly problemCount: number;
  /** Sentences on labels whose unit nothing in the file could tell. */
  readonly unchecked: readonly string[];
}

const PROBLEMS_SHOWN = 50;
const KEYS_SHOWN = 30;
const DEFAULT_BUDGET = 1500;
const DEFAULT_BYTES = 16e6;

/** Looks into one file. Never throws for what is wrong with the file: that is in the result. */
export async function previewFile(path: string, options: PreviewOptions = {}): Promise<FilePreview> {
  const look = new Look(basename(path));
  try {
    look.bytes = (await stat(path)).size;
    const format = options.format ?? (await detectFormat(path, options)).name;
    look.format = format;
    look.conventions = conventionNotes(format, options);
    await read(path, look, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    if (!(error instanceof ForcewrightError)) throw error;
    // an upload lies where its user cannot know it: the name is enough
    const named = (text: string) => text.replaceAll(path, basename(path));
    return { ...look.result(), failure: { message: named(error.message), remedy: named(error.remedy) } };
  }
  return look.result();
}

async function read(path: string, look: Look, options: PreviewOptions): Promise<void> {
  const until = performance.now() + (options.budgetMs ?? DEFAULT_BUDGET);
  const enough = options.budgetBytes ?? DEFAULT_BYTES;
  const { format, species, signal } = options;
  let lastPause = performance.now();
  const readOptions: ReadOptions = {
    skipBad: true,
    format,
    species,
    ...labelOptions(options),
    signal,
    onProgress: (bytes) => (look.bytesRead = bytes),
  };
  for await (const read of readFrames(path, readOptions)) {
    look.add(read);
    const now = performance.now();
    if (now > until || (look.bytesRead > enough && look.bytesRead < look.bytes)) {
      look.complete = false;
      return;
    }
    if (now - lastPause > 25) {
      await nextTask();
      lastPause = performance.now();
    }
  }
}

/** What was seen so far. */
class Look {
  readonly name: string;
  bytes = 0;
  bytesRead = 0;
  format = '';
  conventions: readonly string[] = [];
  complete = true;
  private frames = 0;
  private badFrames = 0;
  private atoms = 0;
  private readonly atomRange: [number, number] = [Infinity, 0];
  private readonly species = new Set<string>();
  private readonly labels = { energy: 0, forces: 0, virial: 0 };
  /** Frames by their bits of labels. */
  private readonly labelBits = new Map<number, number>();
  private readonly energyRange: [number, number] = [Infinity, -Infinity];
  private maxForce: number | null = null;
  private readonly configTypes: Record<string, number> = {};
  private readonly ownParts: Record<string, number> = {};
  private readonly isolatedAtoms: Record<string, number> = {};
  private readonly taken = new TakenLabels();
  private readonly seen = new Set<LabelSources>();
  private readonly candidates = {
    energy: new Set<string>(),
    forces: new Set<string>(),
    tensor: new Set<string>(),
  };
  private readonly problems: FilePreview['problems'][number][] = [];
  private problemCount = 0;
  private readonly checks = new DatasetChecks();

  constructor(name: string) {
    this.name = name;
  }

  add({ configuration, problems, frame, line, labels }: ReadFrame): void {
    this.frames++;
    for (const problem of problems) this.problem(problem.severity, problem.message, frame, problem.line);
    if (configuration === undefined) {
      this.badFrames++;
      return;
    }
    try {
      const derived = derivedColumns(configuration);
      this.checks.add(configuration);
      this.labelBits.set(derived.labels, (this.labelBits.get(derived.labels) ?? 0) + 1);
      if (derived.maxForce !== null) this.maxForce = Math.max(this.maxForce ?? 0, derived.maxForce);
      const part = ownPart(configuration, this.name);
      if (part !== undefined) this.ownParts[part] = (this.ownParts[part] ?? 0) + 1;
      if (derived.configType !== null)
        this.configTypes[derived.configType] = (this.configTypes[derived.configType] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof StructureError)) throw error;
      this.badFrames++;
      this.problem('error', error.message, frame, line);
      return;
    }
    this.labelsOf(configuration);
    this.taken.add(labels);
    if (labels === undefined || this.seen.has(labels)) return;
    this.seen.add(labels);
    for (const what of ['energy', 'forces', 'tensor'] as const)
      for (const key of labels.candidates[what]) this.candidates[what].add(key);
  }

  private labelsOf(configuration: Configuration): void {
    const { energy, forces, virial, symbols, kinds, info } = configuration;
    const n = kinds.length;
    this.atoms += n;
    this.atomRange[0] = Math.min(this.atomRange[0], n);
    this.atomRange[1] = Math.max(this.atomRange[1], n);
    for (const symbol of symbols) this.species.add(symbol);
    if (forces) this.labels.forces++;
    if (virial) this.labels.virial++;
    if (energy !== undefined) {
      this.labels.energy++;
      this.energyRange[0] = Math.min(this.energyRange[0], energy / n);
      this.energyRange[1] = Math.max(this.energyRange[1], energy / n);
      if (n === 1 && info?.config_type === 'isolated_atom') this.isolatedAtoms[symbols[kinds[0]]] = energy;
    }
  }

  private problem(
    severity: 'error' | 'warning',
    message: string,
    frame: number | null,
    line: number | null,
  ): void {
    this.problemCount++;
    if (this.problems.length < PROBLEMS_SHOWN) this.problems.push({ severity, message, frame, line });
  }

  result(): FilePreview {
    const share = this.bytesRead > 0 ? this.bytes / this.bytesRead : 1;
    const findings = this.checks.findings();
    return {
      name: this.name,
      bytes: this.bytes,
      failure: null,
      format: this.format,
      conventions: this.conventions,
      frames: this.frames,
      badFrames: this.badFrames,
      complete: this.complete,
      estimatedFrames: this.complete ? this.frames : Math.round(this.frames * Math.max(1, share)),
      atoms: this.atoms,
      atomRange: this.atoms > 0 ? this.atomRange : [0, 0],
      species: [...this.species],
      withEnergy: this.labels.energy,
      withForces: this.labels.forces,
      withVirial: this.labels.virial,
      properties: propertyCounts(this.labelBits),
      energyRange: this.labels.energy > 0 ? this.energyRange : null,
      maxForce: this.maxForce,
      configTypes: this.configTypes,
      ownParts: this.ownParts,
      isolatedAtoms: this.isolatedAtoms,
      taken: this.taken.list(),
      energyKeys: labelsFirst(this.candidates.energy),
      forceKeys: labelsFirst(this.candidates.forces),
      tensorKeys: labelsFirst(this.candidates.tensor),
      problems: [
        ...findings.map((message) => ({
          severity: 'warning' as const,
          message,
          frame: null,
          line: null,
          remedies: remediesOf(message),
        })),
        ...this.problems,
      ],
      problemCount: this.problemCount + findings.length,
      unchecked: this.checks.unchecked(),
    };
  }
}

/** Keys that are labels by their names come first. */
function labelsFirst(keys: ReadonlySet<string>): string[] {
  const isOther = (key: string) => Number(labelNameOf(key) === undefined);
  return [...keys].toSorted((a, b) => isOther(a) - isOther(b)).slice(0, KEYS_SHOWN);
}
