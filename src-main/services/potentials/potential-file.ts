/** Potentials in files: `*.potential.json` and MLIP's `.mtp`, told apart by content; LAMMPS' SNAP, EAM and ACE files by name. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PotentialError } from '../../../src-compute/errors.ts';
import {
  LARGEST_DOCUMENT,
  parsePotentialDocument,
  potentialDocumentPieces,
  type PotentialDocument,
} from '../../../src-compute/potentials/document.ts';
import { parseYace } from '../../../src-compute/potentials/ace/index.ts';
import { parseEmbeddedAtom } from '../../../src-compute/potentials/embedded-atom/index.ts';
import { parseMtp } from '../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import { parseSnap } from '../../../src-compute/potentials/snap/index.ts';
import { fileError } from '../../platform/file-error.ts';
import { writeWholeFile } from '../../platform/whole-file.ts';

export interface LoadedPotential {
  readonly model: PotentialModel;
  /** Name of the file without its extension. */
  readonly name: string;
  /** Provenance and errors, where the file has them. */
  readonly document?: PotentialDocument;
}

/**
 * Reads a potential file; of a `.snapcoeff` the `.snapparam` of the same name beside it, too.
 * @param species names of the types in order, for `.mtp` files, which number them; for documents a check
 * @throws PotentialError saying what is wrong with the file
 */
export async function loadPotential(path: string, species?: readonly string[]): Promise<LoadedPotential> {
  const name = basename(path).replace(
    /\.(?:potential\.json|json|mtp|almtp|snapcoeff|yace|eam\.alloy|eam\.fs)$/i,
    '',
  );
  let text: string;
  try {
    text = await boundedText(path);
  } catch (cause) {
    if (cause instanceof PotentialError) throw cause;
    const reason = fileError(cause, path);
    throw new PotentialError(`The potential ${path} cannot be read.${reason ? ` ${reason.message}` : ''}`, {
      remedy: reason?.remedy ?? 'Check the path.',
      cause,
    });
  }
  try {
    if (/^\uFEFF?\s*\{/.test(text)) {
      const document = parsePotentialDocument(text);
      checkSpecies(document.model, species);
      return { model: document.model, name, document };
    }
    if (SNAP.test(path)) {
      const model = parseSnap(text, await snapParameters(path));
      checkSpecies(model, species);
      return { model, name };
    }
    if (YACE.test(path)) {
      const model = parseYace(text);
      checkSpecies(model, species);
      return { model, name };
    }
    const embedded = EMBEDDED_ATOM.exec(path);
    if (embedded) {
      const model = parseEmbeddedAtom(text, embedded[1].toLowerCase() === 'fs');
      checkSpecies(model, species);
      return { model, name };
    }
    return { model: parseMtp(text, species), name };
  } catch (error) {
    if (!(error instanceof PotentialError)) throw error;
    throw new PotentialError(`${path}: ${error.message}`, { remedy: error.remedy, cause: error });
  }
}

/** The text of a file that may be a potential: one that is larger than any is refused before it is read. */
async function boundedText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > LARGEST_DOCUMENT)
    throw new PotentialError(
      `${path} has ${size} bytes, more than any potential (${LARGEST_DOCUMENT}): it is not read.`,
      { remedy: 'Check that it is the right file.' },
    );
  return readFile(path, 'utf8');
}

const EMBEDDED_ATOM = /\.eam\.(alloy|fs)$/i;
const YACE = /\.yace$/i;
const SNAP = /\.snapcoeff$/i;

/** Text of the settings that belong to a SNAP coefficient file. */
async function snapParameters(path: string): Promise<string> {
  const beside = path.replace(SNAP, '.snapparam');
  try {
    return await boundedText(beside);
  } catch (cause) {
    if (cause instanceof PotentialError) throw cause;
    throw new PotentialError(`The settings of the potential, ${basename(beside)}, cannot be read.`, {
      remedy: 'A SNAP potential is two files of the same name in one folder: .snapcoeff and .snapparam.',
      cause,
    });
  }
}

/** A document names its species itself; names that disagree are a mistake worth a sentence. */
function checkSpecies(model: PotentialModel, species?: readonly string[]): void {
  if (!species) return;
  const unknown = species.filter((name) => !model.species.includes(name));
  if (unknown.length > 0) {
    throw new PotentialError(
      `The potential is for ${model.species.join(', ')}, and --species names ${unknown.join(', ')} as well.`,
      { remedy: 'Leave --species out: a potential document knows its species.' },
    );
  }
}

/** Writes a potential document to a temporary name first, so that a crash never leaves half a file. */
export async function savePotential(path: string, document: PotentialDocument): Promise<void> {
  await writeFileAtomically(path, potentialDocumentPieces(document));
}

/** Writes a text file, or pieces of text, by way of a temporary name beside it. */
export async function writeFileAtomically(path: string, text: string | Iterable<string>): Promise<void> {
  await writeWholeFile(path, text);
}
