/**
 * What a structure file format is. A format is one object of type StructureFormat in a file (or folder) of its own
 * and one line in the registry of index.ts: it recognises a file by its beginning, reads it frame by frame, and may
 * write it.
 *
 * Readers throw a FrameFailure for a frame that is wrong and go on after it where the file allows; what that means
 * for the user (stop, or leave the frame out) is decided once, in index.ts.
 */
import { ForcewrightError } from '../../src-compute/errors.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import type { PropertyKey } from '../../src-compute/structure/properties.ts';
import type { TextInput } from './text-input.ts';

export { FormatError } from './format-error.ts';

/** Something wrong or doubtful in one frame of a file, in words for the user. */
export interface FrameProblem {
  readonly severity: 'error' | 'warning';
  /** One sentence that says what was expected and what was found. */
  readonly message: string;
  readonly file: string;
  /** Number of the frame in the file, from 0. */
  readonly frame: number;
  /** Line of the file, from 1; of a binary file 1. */
  readonly line: number;
  /** Place in a binary file, where it is known. */
  readonly byte?: number;
}

/** What is taken under a name: a property of the table, or the stress that a virial is made of. */
export type TakenName = PropertyKey | 'stress';

/** Under which names a frame keeps its labels, in formats where they differ from file to file. */
export interface LabelSources {
  /** Key or column that each label was taken from. */
  readonly taken: Readonly<Partial<Record<TakenName, string>>>;
  /** Numbers that could be energies, atom data that could be forces, tensors that could be virials or stresses. */
  readonly candidates: Readonly<Record<'energy' | 'forces' | 'tensor', readonly string[]>>;
}

/** One frame of a file as it was read. */
export interface ReadFrame {
  /** Absent when the frame is bad. */
  readonly configuration?: Configuration;
  /** Number of the frame in the file, from 0. */
  readonly frame: number;
  /** Line on which the frame begins, from 1. */
  readonly line: number;
  readonly problems: readonly FrameProblem[];
  /** Absent where the format fixes the names. */
  readonly labels?: LabelSources;
  /** With options.distances: the shortest distance of two atoms, Å; null when no two are close. */
  readonly minimumDistance?: number | null;
}

/** How a file is to be read. */
export interface ReadOptions {
  /** The caller needs the shortest distance of each frame: the checks find it on their way. */
  readonly distances?: boolean;
  /** Leave bad frames out and report them, instead of stopping at the first. */
  readonly skipBad?: boolean;
  /** Name of the format, where it should not be detected. */
  readonly format?: string;
  /** Names of the types 1, 2, … (MLIP: 0, 1, …) where the file gives types only by number. */
  readonly species?: readonly string[];
  /** Name of the key or column that holds the energy, where it is not a usual one. */
  readonly energyKey?: string;
  /** Name of the column that holds the forces, where it is not a usual one. */
  readonly forcesKey?: string;
  /** Name of the key that holds the virial W = −∂E/∂ε, where it is not a usual one. */
  readonly virialKey?: string;
  /** Name of the key that holds the stress σ (tension positive), where it is not a usual one. */
  readonly stressKey?: string;
  /** Units of the file where it says none or wrong ones: 'hartree', 'Ha/bohr', 'GPa', 'bohr' (units.ts). */
  readonly energyUnit?: string;
  readonly forceUnit?: string;
  /** Unit of the virial (an energy) or of the stress (a pressure). */
  readonly virialUnit?: string;
  readonly lengthUnit?: string;
  /** Units of other properties of the table, by key, where the file says none or wrong ones: 'Debye', 'e*bohr'. */
  readonly propertyUnits?: Readonly<Record<string, string>>;
  /** −1 turns the sign of every virial and stress of the file. */
  readonly virialSign?: 1 | -1;
  readonly signal?: AbortSignal;
  /** Called now and then with bytes of the file (compressed bytes for .gz). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
}

/** How the labels of a file are to be read. */
export type LabelOptions = Pick<
  ReadOptions,
  | 'energyKey'
  | 'forcesKey'
  | 'virialKey'
  | 'stressKey'
  | 'energyUnit'
  | 'forceUnit'
  | 'virialUnit'
  | 'lengthUnit'
  | 'propertyUnits'
  | 'virialSign'
>;

/** How configurations are to be written. */
export interface WriteOptions {
  /** Significant digits of numbers; without it the shortest text that reads back to the same number. */
  readonly significantDigits?: number;
  /** Order of the types in formats that number them; species that are not named follow as they appear. */
  readonly species?: readonly string[];
  /** Extended XYZ: the names that ASE reads, `stress` for the virial and `momenta` for velocities. */
  readonly aseNames?: boolean;
  /** Called with a sentence for each kind of data that the format cannot hold. */
  readonly onNote?: (sentence: string) => void;
  readonly signal?: AbortSignal;
}

/** Thrown inside a reader: this frame is wrong. Carries the line, or none for the line being read. */
export class FrameFailure extends ForcewrightError {
  readonly line: number | undefined;

  constructor(message: string, line?: number, remedy = '') {
    super(message, { remedy });
    this.line = line;
  }
}

/** Thrown by readers of binary files: this frame is wrong, at this byte of the file. */
export class ByteFailure extends FrameFailure {
  readonly byte: number | undefined;

  constructor(message: string, byte?: number, remedy = '') {
    super(message, 1, remedy);
    this.byte = byte;
  }
}

/** A warning of a reader about the frame it returns. */
export interface FrameWarning {
  readonly message: string;
  readonly line?: number;
}

/** What a reader returns for one good frame. */
export interface ParsedFrame {
  readonly configuration: Configuration;
  /** Line on which the frame begins, from 1. */
  readonly line: number;
  readonly warnings?: readonly FrameWarning[];
  readonly labels?: LabelSources;
}

/** Reader of one file: asked for one frame after another. */
export interface FrameParser {
  /**
   * The next frame, or undefined at the end of the file.
   * @throws FrameFailure when the frame is wrong
   */
  next(): Promise<ParsedFrame | undefined>;
  /** After a FrameFailure: move to where the next frame begins; false when that cannot be told. */
  recover(): Promise<boolean>;
  /** Line on which the frame being read begins, from 1. */
  readonly frameLine: number;
  /** Closes files that the reader opened for itself; called once, whatever happened. */
  close?(): Promise<void>;
}

/** What a format is told when it reads. */
export interface ReadContext {
  readonly file: string;
  readonly options: ReadOptions;
}

/** One structure file format. */
export interface StructureFormat {
  /** Short name for options and reports, such as 'extxyz'. */
  readonly name: string;
  /** Name in words. */
  readonly title: string;
  /** File name extensions, with the dot, in lower case. */
  readonly extensions: readonly string[];
  /** File names by custom, such as POSCAR. */
  readonly fileNames?: RegExp;
  /**
   * Files of bytes: `recognise` gets them one character a byte, and the reader opens the file for itself. Frames have
   * no lines.
   */
  readonly binary?: boolean;
  /** Whether the beginning of a file (up to 64 KiB of text) is this format's. */
  readonly recognise: (head: string) => boolean;
  /** Conventions and units assumed, as sentences. */
  readonly conventions: readonly string[];
  /** Whether the labels stand under names that differ from file to file, so that keys and units may be chosen. */
  readonly namedLabels?: boolean;
  readonly open: (input: TextInput, context: ReadContext) => FrameParser;
  /** Text of the configurations, in pieces. */
  readonly write?: (
    configurations: AsyncIterable<Configuration>,
    options: WriteOptions,
    file: string,
  ) => AsyncIterable<string>;
  /** Writes the configurations into an empty folder, in formats that are no single file. */
  readonly writeFolder?: (
    configurations: AsyncIterable<Configuration>,
    options: WriteOptions,
    folder: string,
  ) => Promise<void>;
}
