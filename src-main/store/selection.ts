/** Which configurations of a dataset are meant, found from its columns. */
import { ColumnReader } from './columns.ts';
import { FLAG, type FlagName } from './configuration-row.ts';
import type { Project } from './project.ts';

/** Which configurations of a dataset are meant; without any field all that are not excluded. */
export interface Selection {
  /** Parts of the split, such as ['train']; null in the list means configurations without a part. */
  readonly parts?: readonly (string | null)[];
  /** Also those that were excluded by curation. */
  readonly withExcluded?: boolean;
  /** With at least one of these tags (a config_type counts as a tag). */
  readonly tags?: readonly string[];
  /** With any of these flags. */
  readonly flags?: readonly FlagName[];
  /** Without any of these flags. */
  readonly withoutFlags?: readonly FlagName[];
}

/**
 * Positions of the configurations that are meant, ascending.
 * @throws StoreError
 */
export function selectPositions(project: Project, datasetId: number, selection: Selection): Uint32Array {
  const columns = new ColumnReader(project);
  const count = columns.count(datasetId);
  const meant = new Uint8Array(count).fill(1);
  const keep = (test: (position: number) => boolean) => {
    for (let k = 0; k < count; k++) if (meant[k] === 1 && !test(k)) meant[k] = 0;
  };
  if (!selection.withExcluded) {
    const excluded = columns.numbers(datasetId, 'excluded');
    keep((k) => excluded[k] === 0);
  }
  if (selection.parts !== undefined) {
    const { codes, words } = columns.words(datasetId, 'split');
    const wanted = words.map((word) => selection.parts?.includes(word) ?? false);
    keep((k) => wanted[codes[k]]);
  }
  if (selection.tags !== undefined) {
    const { tags } = selection;
    const { codes, words } = columns.words(datasetId, 'configType');
    const wanted = words.map((word) => word !== null && tags.includes(word));
    const tagged = taggedWith(project, datasetId, tags, count);
    keep((k) => wanted[codes[k]] || tagged[k] === 1);
  }
  if (selection.flags !== undefined || selection.withoutFlags !== undefined) {
    const flags = columns.numbers(datasetId, 'flags');
    const any = selection.flags && mask(selection.flags);
    const none = mask(selection.withoutFlags ?? []);
    keep((k) => (any === undefined || (flags[k] & any) !== 0) && (flags[k] & none) === 0);
  }
  return placesOf(meant);
}

function mask(names: readonly FlagName[]): number {
  return names.reduce((bits, name) => bits | FLAG[name], 0);
}

/** 1 at the positions that have one of the tags. */
function taggedWith(project: Project, datasetId: number, tags: readonly string[], count: number): Uint8Array {
  const tagged = new Uint8Array(count);
  const statement = project
    .prepare<unknown[], number>(
      `SELECT position FROM configuration_tags JOIN configurations ON configurations.id = configuration_id
       WHERE tag IN (${tags.map(() => '?').join(', ')}) AND dataset_id = ?`,
    )
    .pluck();
  project.guard(() => {
    for (const position of statement.iterate(...tags, datasetId)) tagged[position] = 1;
  });
  return tagged;
}

function placesOf(meant: Uint8Array): Uint32Array {
  const places = new Uint32Array(meant.length);
  let count = 0;
  for (let k = 0; k < meant.length; k++) if (meant[k] === 1) places[count++] = k;
  return places.slice(0, count);
}
