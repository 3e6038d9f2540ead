/**
 * The job that evaluates a potential on every configuration of a dataset and keeps predictions beside the reference:
 * what parity plots, error tables and colouring by error are made of. Excluded configurations are evaluated too, so
 * that curation never needs a new run; the result is found again by the content of potential and dataset.
 */
import { z } from 'zod';
import { evaluate } from '../../../src-compute/backends/index.ts';
import { CancelledError } from '../../../src-compute/errors.ts';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  OUTPUTS,
  valuesOf,
  type PropertyFields,
  type PropertyKey,
  type PropertyRow,
} from '../../../src-compute/structure/properties.ts';
import { AnalysisRepository, type AnalysisResult } from '../../store/analyses.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import type { Project } from '../../store/project.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';

export const evaluationSettings = z.object({ potentialId: z.number().int(), datasetId: z.number().int() });

/** Kind of the analysis under which results are kept. */
export const EVALUATION = 'evaluation';

/** Raise it when the arrays change, so that older results are made again. */
const METHOD_VERSION = 1;

/** What a result depends on. */
export function evaluationInputs(project: Project, potentialId: number, datasetId: number): JsonValue {
  const potential = new PotentialRepository(project).get(potentialId);
  const dataset = new DatasetRepository(project).get(datasetId);
  return { potential: potential.fileHash, dataset: dataset.hash, version: METHOD_VERSION };
}

export const evaluationRunner: JobRunner = {
  kind: 'evaluate',
  async run(context: JobContext): Promise<JsonValue> {
    const { potentialId, datasetId } = evaluationSettings.parse(context.settings);
    const { project } = context;
    const analyses = new AnalysisRepository(project);
    const inputs = evaluationInputs(project, potentialId, datasetId);
    const known = analyses.find(EVALUATION, inputs);
    if (known !== undefined) return { analysisId: known.id, potentialId, datasetId };
    const { model } = parsePotentialDocument(new PotentialRepository(project).document(potentialId));
    const datasets = new DatasetRepository(project);
    const { configurationCount, atomCount } = datasets.get(datasetId);
    const collected = new Predictions(configurationCount, atomCount);
    for (const { position, configuration } of datasets.stream(datasetId, { withExcluded: true })) {
      context.throwIfCancelled();
      collected.add(position, configuration, evaluate(model, configuration));
      if (position % 8 === 0) {
        context.progress({
          fraction: position / configurationCount,
          message: `${position} of ${configurationCount} configurations`,
        });
        await context.pause();
      }
    }
    if (context.signal.aborted) throw new CancelledError();
    const analysisId = analyses.save(EVALUATION, inputs, collected.result(), context.jobId);
    context.progress({ fraction: 1, message: `${configurationCount} configurations evaluated` });
    return { analysisId, potentialId, datasetId };
  },
};

/** Row-major 3 × 3 to xx yy zz yz xz xy. */
const VOIGT = [0, 4, 8, 5, 2, 1] as const;

/** What is compared besides the labels of a fit. */
const OTHERS = OUTPUTS.filter((row) => !row.essential);

interface OtherProperty {
  /** Numbers of a configuration or an atom. */
  readonly width: number;
  readonly reference: Float64Array;
  readonly predicted: Float64Array;
}

/** Arrays by position, NaN where the reference has no label. */
export class Predictions {
  private readonly firstAtom: Uint32Array;
  private readonly energies: { reference: Float64Array; predicted: Float64Array };
  private readonly forces: { reference: Float32Array; predicted: Float32Array };
  private readonly virials: { reference: Float64Array; predicted: Float64Array };
  private readonly elements: Uint16Array;
  private readonly symbols: string[] = [];
  /** Other properties that predictions and references both have: numbers by configuration or by atom. */
  private readonly others = new Map<PropertyKey, OtherProperty>();
  private readonly size: { readonly configurations: number; readonly atoms: number };
  private atoms = 0;

  constructor(configurations: number, atoms: number) {
    this.size = { configurations, atoms };
    this.firstAtom = new Uint32Array(configurations + 1);
    const pair64 = (n: number) => ({
      reference: new Float64Array(n).fill(NaN),
      predicted: new Float64Array(n).fill(NaN),
    });
    this.energies = pair64(configurations);
    this.virials = pair64(6 * configurations);
    this.forces = {
      reference: new Float32Array(3 * atoms).fill(NaN),
      predicted: new Float32Array(3 * atoms),
    };
    this.elements = new Uint16Array(atoms);
  }

  add(
    position: number,
    configuration: Configuration,
    predicted: Pick<Required<PropertyFields>, 'energy' | 'forces' | 'virial'> & PropertyFields,
  ): void {
    const { kinds, symbols, energy, forces, virial } = configuration;
    const n = kinds.length;
    this.firstAtom[position] = this.atoms;
    this.energies.predicted[position] = predicted.energy / n;
    if (energy !== undefined) this.energies.reference[position] = energy / n;
    this.forces.predicted.set(predicted.forces, 3 * this.atoms);
    if (forces !== undefined) this.forces.reference.set(forces, 3 * this.atoms);
    for (let k = 0; k < 6; k++) {
      this.virials.predicted[6 * position + k] = predicted.virial[VOIGT[k]] / n;
      if (virial !== undefined) this.virials.reference[6 * position + k] = virial[VOIGT[k]] / n;
    }
    for (const row of OTHERS) this.addOther(row, position, configuration, predicted);
    for (let atom = 0; atom < n; atom++) this.elements[this.atoms + atom] = this.code(symbols[kinds[atom]]);
    this.atoms += n;
    this.firstAtom[position + 1] = this.atoms;
  }

  /** Where the shape is that of the first configuration that has both; a column has one. */
  private addOther(
    row: PropertyRow,
    position: number,
    configuration: Configuration,
    predicted: PropertyFields,
  ): void {
    const [made, wanted] = [valuesOf(predicted, row.key), valuesOf(configuration, row.key)];
    if (made === undefined || wanted === undefined || made.length !== wanted.length) return;
    const width = componentsOf(row, made.length, configuration.kinds.length) ?? 0;
    let other = this.others.get(row.key);
    if (other === undefined) {
      const count = width * (row.per === 'atom' ? this.size.atoms : this.size.configurations);
      const column = () => new Float64Array(count).fill(NaN);
      other = { width, reference: column(), predicted: column() };
      this.others.set(row.key, other);
    }
    if (other.width !== width) return;
    const first = width * (row.per === 'atom' ? this.firstAtom[position] : position);
    other.reference.set(wanted, first);
    other.predicted.set(made, first);
  }

  result(): AnalysisResult {
    const others = [...this.others].flatMap(([key, { width, reference, predicted }]) => [
      [`${key}:reference`, { data: reference, shape: [reference.length / width, width] }] as const,
      [`${key}:predicted`, { data: predicted, shape: [predicted.length / width, width] }] as const,
    ]);
    return {
      result: { symbols: this.symbols },
      arrays: {
        firstAtom: { data: this.firstAtom },
        energyReference: { data: this.energies.reference },
        energyPredicted: { data: this.energies.predicted },
        forceReference: { data: this.forces.reference },
        forcePredicted: { data: this.forces.predicted },
        virialReference: { data: this.virials.reference },
        virialPredicted: { data: this.virials.predicted },
        elements: { data: this.elements },
        ...Object.fromEntries(others),
      },
    };
  }

  private code(symbol: string): number {
    const known = this.symbols.indexOf(symbol);
    return known >= 0 ? known : this.symbols.push(symbol) - 1;
  }
}
