/** What a fit of the project learns from, stops by and is tested on: parts of one dataset or of several. */
import { joinSets, type ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import type { Provenance } from '../../../src-compute/potentials/document.ts';
import { DatasetRepository, type DatasetSummary } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { importFindings, sharedStructures, structureDigests } from '../datasets/data-findings.ts';
import { TEST_PART, testDigest, type TestChoice } from '../datasets/test-digest.ts';
import { trainingParts } from '../datasets/training-selection.ts';
import { setInDataset } from './configuration-set.ts';

export interface FitSets {
  readonly train: ConfigurationSet;
  readonly validation: ConfigurationSet | undefined;
  readonly test: ConfigurationSet | undefined;
  /** For the provenance: datasets by name, digest and role. */
  readonly data: Provenance['data'];
  /** What deserves a look before the fit. */
  readonly remarks: readonly string[];
}

/** @throws StoreError when one of the datasets is not there */
export function fitSets(project: Project, choice: TestChoice): FitSets {
  const datasets = new DatasetRepository(project);
  const ids = [...new Set([choice.datasetId, ...(choice.datasetIds ?? [])])];
  const sources = ids.map((id) => datasets.get(id));
  const withPart = (name: string) =>
    sources.filter(({ id }) => Object.keys(datasets.parts(id)).includes(name));
  const part = (name: string): ConfigurationSet | undefined => {
    const sets = withPart(name).map(({ id }) => setInDataset(datasets, id, { parts: [name] }));
    return sets.length > 0 ? joined(sets) : undefined;
  };
  const training = sources.map(({ id }) => {
    const parts = trainingParts(datasets, id);
    return { id, selection: parts ? { parts } : {} };
  });
  const tested: { id: number; selection: { parts?: string[] } }[] =
    choice.testDatasetId === undefined
      ? withPart(TEST_PART).map(({ id }) => ({ id, selection: { parts: [TEST_PART] } }))
      : [{ id: choice.testDatasetId, selection: {} }];
  const test =
    choice.testDatasetId === undefined ? part(TEST_PART) : setInDataset(datasets, choice.testDatasetId, {});
  const digests = (list: readonly { id: number; selection: { parts?: (string | null)[] } }[]) =>
    list.flatMap(({ id, selection }) => structureDigests(project, id, selection));
  return {
    train: joined(training.map(({ id, selection }) => setInDataset(datasets, id, selection))),
    validation: part('validation'),
    test,
    data: [
      ...sources.map(({ name, hash }) => ({ name, sha256: hash, role: 'train' })),
      ...(test
        ? [
            {
              name: tested.map(({ id }) => datasets.get(id).name).join(', '),
              sha256: testDigest(datasets, choice),
              role: TEST_PART,
            },
          ]
        : []),
    ],
    remarks: [
      ...ids.flatMap((id) => importFindings(project, id)),
      ...otherMethods(sources),
      ...sharedStructures(digests(training), digests(tested)),
    ],
  };
}

const joined = (sets: readonly ConfigurationSet[]) => (sets.length === 1 ? sets[0] : joinSets(sets));

/** Energies of different methods differ by more than an offset for each element. */
function otherMethods(sources: readonly DatasetSummary[]): string[] {
  const known = [...new Set(sources.map(({ reference }) => reference).filter((text) => text !== ''))];
  if (known.length < 2) return [];
  return [
    `The datasets name different reference methods (${known.join('; ')}): their energies need not fit together.`,
  ];
}
