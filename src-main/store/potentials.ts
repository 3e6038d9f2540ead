/**
 * Potentials of a project: the whole `.potential.json` as text, and a few of its facts as columns. What the document
 * says is the matter of src-compute/potentials; here it is kept to the letter.
 */
import { desc, eq, or } from 'drizzle-orm';
import { LARGEST_DOCUMENT } from '../../src-compute/potentials/document.ts';
import { sha256 } from './content-hash.ts';
import { jsonValue, parseJson, stringList, type JsonValue } from './json.ts';
import type { Project } from './project.ts';
import { potentials } from './schema.ts';
import { StoreError } from './store-error.ts';

/** A potential to be saved. */
export interface NewPotential {
  /** Wanted name; ' (2)', … is added when it is taken. */
  readonly name: string;
  /** 'moment-tensor', … */
  readonly form: string;
  readonly species: readonly string[];
  /** Text of the `.potential.json`. */
  readonly document: string;
  /** Errors on training and test data, as the commands print them. */
  readonly metrics?: JsonValue;
  /** What the fit was asked to do. */
  readonly settings?: JsonValue;
  /** Program version, files, seeds, … */
  readonly provenance?: JsonValue;
  readonly datasetId?: number;
  /** DatasetRepository.selectionHash of what it was fitted to. */
  readonly datasetHash?: string;
  readonly jobId?: number;
}

/** A potential without its document. */
export interface PotentialSummary {
  readonly id: number;
  readonly name: string;
  readonly form: string;
  readonly species: readonly string[];
  readonly createdAt: number;
  readonly metrics: JsonValue;
  readonly settings: JsonValue;
  readonly provenance: JsonValue;
  readonly datasetId: number | undefined;
  readonly datasetHash: string | undefined;
  readonly jobId: number | undefined;
  /** SHA-256 of the document, hexadecimal. */
  readonly fileHash: string;
}

/** All columns but the document. */
const SUMMARY = {
  id: potentials.id,
  name: potentials.name,
  form: potentials.form,
  species: potentials.species,
  createdAt: potentials.createdAt,
  metrics: potentials.metrics,
  settings: potentials.settings,
  provenance: potentials.provenance,
  datasetId: potentials.datasetId,
  datasetHash: potentials.datasetHash,
  jobId: potentials.jobId,
  fileHash: potentials.fileHash,
};
type SummaryRow = Omit<typeof potentials.$inferSelect, 'document'>;

export class PotentialRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /**
   * Saves a potential.
   * @returns its number
   */
  add(potential: NewPotential): number {
    return this.project.transaction(() => {
      const row = this.project.database
        .insert(potentials)
        .values({
          name: this.freeName(potential.name),
          form: potential.form,
          species: JSON.stringify(potential.species),
          createdAt: Date.now(),
          metrics: JSON.stringify(potential.metrics ?? {}),
          settings: JSON.stringify(potential.settings ?? {}),
          provenance: JSON.stringify(potential.provenance ?? {}),
          datasetId: potential.datasetId,
          datasetHash: potential.datasetHash,
          jobId: potential.jobId,
          fileHash: sha256(potential.document),
          document: potential.document,
        })
        .returning({ id: potentials.id })
        .get();
      return row.id;
    });
  }

  /** Newest first; documents are not read. */
  list(): PotentialSummary[] {
    return this.project.guard(() =>
      this.project.database.select(SUMMARY).from(potentials).orderBy(desc(potentials.id)).all().map(summary),
    );
  }

  /**
   * One potential by its number or its name.
   * @throws StoreError when there is none
   */
  get(idOrName: number | string): PotentialSummary {
    const condition =
      typeof idOrName === 'number'
        ? eq(potentials.id, idOrName)
        : or(
            eq(potentials.name, idOrName),
            /^\d+$/.test(idOrName) ? eq(potentials.id, Number(idOrName)) : undefined,
          );
    const rows = this.project.guard(() =>
      this.project.database.select(SUMMARY).from(potentials).where(condition).all(),
    );
    const row = rows.find((candidate) => candidate.name === idOrName) ?? rows[0];
    if (row === undefined) {
      const names = this.list().map((potential) => potential.name);
      throw new StoreError('not-found', `The project has no potential ${JSON.stringify(idOrName)}.`, {
        remedy: names.length > 0 ? `It has: ${names.join(', ')}.` : 'Fit or import one first.',
      });
    }
    return summary(row);
  }

  /**
   * Text of the `.potential.json`.
   * @param most bytes that are read into memory
   * @throws StoreError when it is not what was saved, or larger than any potential
   */
  document(id: number, most = LARGEST_DOCUMENT): string {
    // counted without being read: a project may come from anywhere
    const bytes = this.project.guard(() =>
      this.project
        .prepare<[number], number>('SELECT octet_length(document) FROM potentials WHERE id = ?')
        .pluck()
        .get(id),
    );
    if (bytes !== undefined && bytes > most)
      throw new StoreError(
        'damaged',
        `The potential in the project has ${bytes} bytes, more than any potential (${most}).`,
        { remedy: 'Delete it, or restore the project from a backup copy.' },
      );
    const row = this.project.guard(() =>
      this.project.database
        .select({ document: potentials.document, hash: potentials.fileHash })
        .from(potentials)
        .where(eq(potentials.id, id))
        .get(),
    );
    if (row === undefined) throw new StoreError('not-found', `The project has no potential number ${id}.`);
    if (sha256(row.document) !== row.hash) {
      throw new StoreError(
        'damaged',
        'The potential in the project is damaged: its text is not what was saved.',
        {
          remedy: 'Fit it again, or restore the project from a backup copy.',
        },
      );
    }
    return row.document;
  }

  rename(id: number, name: string): void {
    this.project.transaction(() => {
      const taken = this.project.database
        .select({ id: potentials.id })
        .from(potentials)
        .where(eq(potentials.name, name))
        .get();
      if (taken !== undefined && taken.id !== id) {
        throw new StoreError('exists', `There is already a potential called ${name}.`, {
          remedy: 'Choose another name.',
        });
      }
      this.project.database.update(potentials).set({ name }).where(eq(potentials.id, id)).run();
    });
  }

  /** Replaces the metrics, for example after an evaluation on new test data. */
  setMetrics(id: number, metrics: JsonValue): void {
    this.project.transaction(() => {
      this.project.database
        .update(potentials)
        .set({ metrics: JSON.stringify(metrics) })
        .where(eq(potentials.id, id))
        .run();
    });
  }

  remove(id: number): void {
    this.project.transaction(() => {
      this.project.database.delete(potentials).where(eq(potentials.id, id)).run();
    });
  }

  private freeName(wanted: string): string {
    const taken = this.project.prepare<[string]>('SELECT 1 FROM potentials WHERE name = ?');
    let name = wanted;
    for (let k = 2; taken.get(name) !== undefined; k++) name = `${wanted} (${k})`;
    return name;
  }
}

function summary(row: SummaryRow): PotentialSummary {
  return {
    ...row,
    species: parseJson(row.species, stringList, 'the species of a potential'),
    metrics: parseJson(row.metrics, jsonValue, 'the metrics of a potential'),
    settings: parseJson(row.settings, jsonValue, 'the settings of a potential'),
    provenance: parseJson(row.provenance, jsonValue, 'the provenance of a potential'),
    datasetId: row.datasetId ?? undefined,
    datasetHash: row.datasetHash ?? undefined,
    jobId: row.jobId ?? undefined,
  };
}
