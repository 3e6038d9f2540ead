/** What can be done with datasets: the same for the command line and both windows. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { WriteOptions } from '../../formats/index.ts';
import { derivedColumns } from '../../store/configuration-row.ts';
import { CurationRepository, type CurationStep } from '../../store/curation.ts';
import { DatasetRepository, type DatasetSummary, type Selection } from '../../store/datasets.ts';
import { DatasetWriter } from '../../store/dataset-writer.ts';
import type { Project } from '../../store/project.ts';
import { StoreError } from '../../store/store-error.ts';
import { DatasetChecks } from './dataset-checks.ts';
import { flagDataset, type FlagOptions } from './flags.ts';
import { splitDataset, type SplitRequest } from './splits.ts';

export class DatasetService {
  /** Lists, rows, columns and configurations. */
  readonly store: DatasetRepository;
  private readonly project: Project;
  private readonly curation: CurationRepository;

  constructor(project: Project) {
    this.project = project;
    this.store = new DatasetRepository(project);
    this.curation = new CurationRepository(project);
  }

  list(): DatasetSummary[] {
    return this.store.list();
  }

  get(idOrName: number | string): DatasetSummary {
    return this.store.get(idOrName);
  }

  /** Takes configurations out of fits and exports; they stay in the dataset. */
  exclude(datasetId: number, positions: Uint32Array, reason = ''): number {
    return this.curation.apply(datasetId, {
      kind: 'exclude',
      description: `exclude ${plural(positions.length)}${reason === '' ? '' : `: ${reason}`}`,
      field: 'excluded',
      positions,
      values: 1,
    });
  }

  /** Takes excluded configurations back in. */
  include(datasetId: number, positions: Uint32Array): number {
    return this.curation.apply(datasetId, {
      kind: 'include',
      description: `include ${plural(positions.length)}`,
      field: 'excluded',
      positions,
      values: 0,
    });
  }

  tag(datasetId: number, positions: Uint32Array, tag: string): number {
    return this.curation.apply(datasetId, {
      kind: 'tag',
      description: `tag ${plural(positions.length)} ${checkedTag(tag)}`,
      field: `tag:${tag}`,
      positions,
      values: 1,
    });
  }

  untag(datasetId: number, positions: Uint32Array, tag: string): number {
    return this.curation.apply(datasetId, {
      kind: 'untag',
      description: `remove the tag ${checkedTag(tag)} from ${plural(positions.length)}`,
      field: `tag:${tag}`,
      positions,
      values: 0,
    });
  }

  /**
   * Sets how much configurations count in a fit.
   * @param weights one for all or one each, ≥ 0
   */
  reweight(datasetId: number, positions: Uint32Array, weights: number | readonly number[]): number {
    const list = typeof weights === 'number' ? [weights] : weights;
    checkWeights(list);
    return this.curation.apply(datasetId, {
      kind: 'reweight',
      description: `change the weight of ${plural(positions.length)}`,
      field: 'weight',
      positions,
      values: weights,
    });
  }

  /** @returns how many configurations each part has */
  split(datasetId: number, request: SplitRequest): Record<string, number> {
    return splitDataset(this.project, datasetId, request);
  }

  /** Removes the split. */
  unsplit(datasetId: number): number {
    return this.curation.apply(datasetId, {
      kind: 'split',
      description: 'remove the split',
      field: 'split',
      positions: this.store.select(datasetId, { withExcluded: true }),
      values: null,
      split: null,
    });
  }

  steps(datasetId: number): CurationStep[] {
    return this.curation.steps(datasetId);
  }

  /** @returns what was undone, or undefined when there is nothing */
  undo(datasetId: number): string | undefined {
    return this.curation.undo(datasetId);
  }

  redo(datasetId: number): string | undefined {
    return this.curation.redo(datasetId);
  }

  /** Looks for duplicates and outliers again, for example with another threshold. */
  flag(datasetId: number, options: FlagOptions = {}): { count: number; sentences: string[] } {
    return flagDataset(this.project, datasetId, options);
  }

  /** Sentences on units and signs that look wrong. Reads all of the dataset. */
  implausible(datasetId: number): { sentences: string[]; unchecked: string[] } {
    const checks = new DatasetChecks();
    for (const { configuration } of this.store.stream(datasetId)) checks.add(configuration);
    return { sentences: checks.units(), unchecked: checks.unchecked() };
  }

  /** Sentences on configurations whose numbers are not those that were saved. Reads all of the dataset. */
  damaged(datasetId: number): string[] {
    const sentences: string[] = [];
    for (const position of this.store.select(datasetId, { withExcluded: true })) {
      try {
        this.store.verified(datasetId, position);
      } catch (error) {
        if (!(error instanceof StoreError && error.reason === 'damaged')) throw error;
        sentences.push(error.message);
      }
    }
    return sentences;
  }

  /**
   * Writes a selection to a structure file; the format follows from the name unless it is given. The part of the split
   * goes along as the key `split` where the format has keys.
   * @returns how many configurations were written
   */
  async exportFile(
    datasetId: number,
    which: Selection | Uint32Array,
    path: string,
    format?: string,
    options: WriteOptions = {},
  ): Promise<number> {
    const positions = which instanceof Uint32Array ? which : this.store.select(datasetId, which);
    if (positions.length === 0) throw nothingSelected(which instanceof Uint32Array ? {} : which);
    const { writeConfigurations } = await import('../../formats/index.ts'); // many formats: loaded when needed
    await writeConfigurations(path, format, this.forExport(datasetId, positions), options);
    return positions.length;
  }

  private *forExport(datasetId: number, positions: Uint32Array): Generator<Configuration> {
    const splits = this.store.splitOf(datasetId);
    const weights = this.store.column(datasetId, 'weight');
    for (const position of positions) {
      const configuration = this.store.verified(datasetId, position);
      const [split, weight] = [splits[position], weights[position]];
      if (split === null && weight === 1) {
        yield configuration;
        continue;
      }
      const info = { ...configuration.info };
      if (split !== null) info.split = split;
      if (weight !== 1) info.config_weight = weight;
      yield { ...configuration, info };
    }
  }

  /**
   * Makes a new dataset of some configurations of another, in its order.
   * @param factors on the weights that they have, in the order of `positions`
   * @param also more to do in the transaction that saves it
   * @returns its number
   */
  extract(
    name: string,
    datasetId: number,
    positions: Uint32Array,
    factors?: ArrayLike<number>,
    also?: (project: Project, datasetId: number) => void,
  ): number {
    if (factors && factors.length !== positions.length) {
      throw new ForcewrightError(
        `There are ${factors.length} weights for ${positions.length} configurations; one each is needed.`,
      );
    }
    if (factors) checkWeights(Array.from(factors));
    const order = Array.from(positions.keys()).sort((a, b) => positions[a] - positions[b]);
    const source = {
      datasetId,
      selection: Uint32Array.from(order, (k) => positions[k]),
      factors: factors && Float64Array.from(order, (k) => factors[k]),
    };
    return this.combine(name, [source], also);
  }

  /**
   * Makes a new dataset of selections of existing ones, in order; weights go along.
   * @param sources factors multiply the weights, in the order of the selection
   * @param also more to do in the transaction that saves it
   * @returns its number
   */
  combine(
    name: string,
    sources: readonly {
      readonly datasetId: number;
      readonly selection: Selection | Uint32Array;
      readonly factors?: Float64Array | undefined;
    }[],
    also?: (project: Project, datasetId: number) => void,
  ): number {
    using writer = new DatasetWriter(this.project);
    for (const [index, { datasetId, selection, factors }] of sources.entries()) {
      let k = 0;
      const weights = this.store.column(datasetId, 'weight');
      for (const { position, configuration } of this.store.stream(datasetId, selection)) {
        const weight = weights[position] * (factors?.[k++] ?? 1);
        const source = { sourceFile: index, sourceFrame: position, sourceLine: 0 };
        writer.add(configuration, source, derivedColumns(configuration), weight);
      }
    }
    if (writer.configurationCount === 0) throw nothingSelected({});
    const datasets = sources.map(({ datasetId, selection }) => {
      const { name: from, hash } = this.store.get(datasetId);
      return {
        from,
        hash,
        selection: selection instanceof Uint32Array ? { positions: Array.from(selection) } : selection,
      };
    });
    return writer.commit({ name, source: { datasets } }, also);
  }

  /**
   * Makes one dataset of several: what is held back in one of them stays held back, and tags go along. Excluded
   * configurations are left out.
   * @returns its number
   * @throws ForcewrightError where nothing is left to put together
   */
  union(name: string, ids: readonly number[]): number {
    const from = [...new Set(ids)].map((id) => {
      const positions = this.store.select(id);
      return { id, positions, split: this.store.splitOf(id), tags: this.store.tagsOf(id) };
    });
    const references = new Set(from.map(({ id }) => this.store.get(id).reference));
    const members = from.flatMap(({ positions, split, tags }) =>
      Array.from(positions, (position) => ({ part: split[position], tags: tags.get(position) ?? [] })),
    );
    const keep = (project: Project, datasetId: number) => {
      const service = new DatasetService(project);
      const [reference] = references;
      if (references.size === 1 && reference !== '') service.store.setReference(datasetId, reference);
      for (const tag of new Set(members.flatMap(({ tags }) => tags))) {
        const tagged = members.flatMap((member, k) => (member.tags.includes(tag) ? [k] : []));
        service.tag(datasetId, Uint32Array.from(tagged), tag);
      }
      if (members.every(({ part }) => part === null)) return;
      service.curation.apply(datasetId, {
        kind: 'split',
        description: 'keep the parts that the datasets have',
        field: 'split',
        positions: Uint32Array.from(members.keys()),
        values: members.map(({ part }) => part ?? 'train'),
        split: { method: 'manual', createdAt: Date.now() },
      });
    };
    const sources = from.map(({ id, positions }) => ({ datasetId: id, selection: positions }));
    return this.combine(name, sources, keep);
  }
}

function checkWeights(weights: readonly number[]): void {
  if (weights.some((weight) => !(weight >= 0 && Number.isFinite(weight)))) {
    throw new ForcewrightError('A weight must be a number that is not negative.');
  }
}

function plural(count: number): string {
  return count === 1 ? '1 configuration' : `${count} configurations`;
}

function checkedTag(tag: string): string {
  if (tag.trim() === '' || tag.includes(',')) {
    throw new ForcewrightError('A tag must not be empty and must not hold a comma.', {
      remedy: 'Choose a word such as liquid.',
    });
  }
  return tag;
}

function nothingSelected(selection: Selection): ForcewrightError {
  const part = selection.parts?.join(', ');
  return new ForcewrightError('No configuration is selected, so there is nothing to write.', {
    remedy:
      part === undefined
        ? 'All are excluded, or no tag fits.'
        : `Check that the dataset has the part ${part}: split it first.`,
  });
}
