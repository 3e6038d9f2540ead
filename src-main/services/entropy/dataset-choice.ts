/** Choosing among the configurations of a dataset; the result becomes a tag (a step that can be undone) or a dataset. */
import {
  frameCount,
  frameRows,
  joinFrames,
  type FrameEnvironments,
} from '../../../src-compute/analysis/entropy/frames.ts';
import type { KernelProgress } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import type { Project } from '../../store/project.ts';
import { DatasetRepository, type Selection } from '../../store/datasets.ts';
import { DatasetService } from '../datasets/dataset-service.ts';
import { chooseFrames, withDescriptor, type Choice, type SelectionSettings } from './choose.ts';
import { partsOf, selectionOf, type ReferencePart } from './dataset-part.ts';
import { datasetEnvironments } from './environments.ts';
import type { StructureSet } from './measure.ts';
import { descriptorOf, type DescriptorSettings } from './settings.ts';

export interface DatasetChoice extends Choice {
  /** Positions in the dataset in the order in which they were chosen. */
  readonly positions: Uint32Array;
}

/** Structures of a dataset. */
export interface DatasetStructures extends StructureSet {
  readonly frames: FrameEnvironments;
  /** In the dataset. */
  readonly positions: Uint32Array;
}

/** A selection from a dataset with its environments, which are kept in the project. */
export async function datasetStructures(
  project: Project,
  datasetId: number,
  which: Selection | Uint32Array,
  settings: DescriptorSettings,
  progress?: KernelProgress,
): Promise<DatasetStructures> {
  const { frames, positions } = await datasetEnvironments(
    project,
    datasetId,
    which,
    descriptorOf(settings),
    progress,
  );
  const store = new DatasetRepository(project);
  const configurations = Array.from(store.stream(datasetId, positions), ({ configuration }) => configuration);
  return { configurations, frames, positions };
}

/** Structures of a reference, all of its parts one after the other. */
export async function referenceStructures(
  project: Project,
  reference: ReferencePart,
  settings: DescriptorSettings,
  progress?: KernelProgress,
): Promise<StructureSet & { readonly frames: FrameEnvironments }> {
  const sets: DatasetStructures[] = [];
  for (const part of partsOf(reference))
    sets.push(await datasetStructures(project, part.datasetId, selectionOf(part), settings, progress));
  if (sets.length === 1) return sets[0];
  const matrices = sets.flatMap(({ frames }) =>
    Array.from({ length: frameCount(frames) }, (_, k) => frameRows(frames, k)),
  );
  return {
    configurations: sets.flatMap(({ configurations }) => configurations),
    frames: joinFrames(matrices, sets[0].frames.matrix.dimension),
  };
}

/** Chooses among the configurations of a dataset (the excluded ones left out). */
export async function chooseFromDataset(
  project: Project,
  datasetId: number,
  which: Selection,
  settings: SelectionSettings,
  reference?: { readonly datasetId: number; readonly selection: Selection },
  progress?: KernelProgress,
): Promise<DatasetChoice> {
  const parts = [datasetId, ...(reference ? [reference.datasetId] : [])];
  const store = new DatasetRepository(project);
  const described = withDescriptor(settings, ...parts.map((id) => store.get(id).species));
  const structures = await datasetStructures(project, datasetId, which, described, {
    signal: progress?.signal,
  });
  const references =
    reference &&
    (await datasetStructures(project, reference.datasetId, reference.selection, described, {
      signal: progress?.signal,
    }));
  const choice = await chooseFrames(structures, references, described, progress);
  return { ...choice, positions: Uint32Array.from(choice.selected.frames, (f) => structures.positions[f]) };
}

/** Tags the chosen configurations; one step of curation, which can be undone. Gives how many were not tagged before. */
export function tagChosen(project: Project, datasetId: number, choice: DatasetChoice, tag: string): number {
  return new DatasetService(project).tag(datasetId, choice.positions.slice().sort(), tag);
}

/**
 * Makes a dataset of the chosen configurations, weighed by what they stand for; gives its number.
 * @param also more to do in the transaction that saves it
 */
export function datasetOfChosen(
  project: Project,
  datasetId: number,
  choice: DatasetChoice,
  name: string,
  also?: (project: Project, datasetId: number) => void,
): number {
  const { positions, selected } = choice;
  return new DatasetService(project).extract(name, datasetId, positions, selected.weights, also);
}
