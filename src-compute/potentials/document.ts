/**
 * The potential document `*.potential.json`: schema version, species, units, provenance, errors, model.
 * Everything that is needed to use, cite and repeat a potential is in this one file.
 */
import { z } from 'zod';
import { PotentialError } from '../errors.ts';
import { jsonPieces } from '../quoting/json-pieces.ts';
import { metricsSchema, provenanceSchema, type Metrics, type Provenance } from './provenance.ts';
import { uncertaintySchema, uncertaintyToJson, type PotentialUncertainty } from './uncertainty.ts';
import { modelFromJson, modelToJson, type PotentialModel } from './registry.ts';
import { validationSentence } from '../validation-words.ts';

export { metricsSchema, provenanceSchema, type Metrics, type Provenance } from './provenance.ts';

export const DOCUMENT_VERSION = 1;

/** Bytes of the largest file that is read as a potential; the largest that are fitted here have some millions. */
export const LARGEST_DOCUMENT = 256 << 20;

const headSchema = z.object({
  format: z.literal('forcewright-potential'),
  version: z.number(),
  name: z.string(),
  species: z.array(z.string()),
  units: z.object({ length: z.literal('angstrom'), energy: z.literal('eV') }),
  provenance: provenanceSchema,
  metrics: z.object({ train: metricsSchema.optional(), test: metricsSchema.optional() }).default({}),
  model: z.unknown(),
  uncertainty: uncertaintySchema.optional(),
});

export interface PotentialDocument {
  readonly name: string;
  readonly model: PotentialModel;
  readonly provenance: Provenance;
  readonly metrics: { readonly train?: Metrics; readonly test?: Metrics };
  /** What predicts the errors of the potential. */
  readonly uncertainty?: PotentialUncertainty;
}

/**
 * Reads the text of a potential document.
 * @throws PotentialError in a sentence that says what was expected
 */
export function parsePotentialDocument(text: string): PotentialDocument {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new PotentialError('This is not a potential document: it is not valid JSON.', {
      remedy: 'It may be cut short; a file that `forcewright fit` wrote was expected.',
      cause,
    });
  }
  const version = z.object({ version: z.number() }).safeParse(json);
  if (version.success && version.data.version > DOCUMENT_VERSION) {
    throw new PotentialError(
      `This potential was written by a newer version (format ${version.data.version}).`,
      {
        remedy: 'Update Forcewright.',
      },
    );
  }
  const head = headSchema.safeParse(json);
  if (!head.success) {
    throw new PotentialError(`This is not a potential document: ${validationSentence(head.error)}.`, {
      remedy: 'A file that `forcewright fit` wrote was expected.',
      cause: head.error,
    });
  }
  const model = modelFromJson(head.data.model);
  const { name, provenance, metrics, uncertainty } = head.data;
  return { name, model, provenance, metrics, ...(uncertainty && { uncertainty }) };
}

/** The text of a potential document, for what keeps it as one text. */
export function formatPotentialDocument(document: PotentialDocument): string {
  return [...potentialDocumentPieces(document)].join('');
}

/** Writes a potential document. Numbers keep all their digits (shortest text that reads back the same). */
export function* potentialDocumentPieces(document: PotentialDocument): Generator<string> {
  const { name, model, provenance, metrics, uncertainty } = document;
  const head = {
    format: 'forcewright-potential',
    version: DOCUMENT_VERSION,
    name,
    species: model.species,
    units: { length: 'angstrom', energy: 'eV' },
    provenance,
    metrics,
  };
  const known = uncertainty && { uncertainty: uncertaintyToJson(uncertainty) };
  // lists of numbers on one line each, or the file would have one line per coefficient
  yield* jsonPieces({ ...head, model: modelToJson(model), ...known }, { indent: 1, flatLists: true });
  yield '\n';
}
