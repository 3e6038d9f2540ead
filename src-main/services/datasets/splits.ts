/**
 * Splits: which configurations are for training, validation and testing. All methods are reproducible: the same
 * dataset, method and seed give the same parts on any machine, since the order comes from SHA-256.
 */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { ColumnEditor, DIGEST_BYTES } from '../../store/columns.ts';
import { CurationRepository } from '../../store/curation.ts';
import { DatasetRepository, type SplitRecord } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { ownPart } from './own-split.ts';
import { firstOfSame } from './same-structures.ts';
import { MOST_BYTES, uniformOf } from './short-sha256.ts';

/** How to split. Parts without a rule are 'train'. */
export type SplitRequest =
  | {
      /** Exact shares of the configurations, chosen at random. */
      readonly method: 'random';
      /** Share of each part, such as { test: 0.1, validation: 0.1 }. */
      readonly fractions: Readonly<Record<string, number>>;
      readonly seed?: number;
    }
  | {
      /**
       * Each configuration by its own content: shares are met on average, identical structures stay together, and
       * adding data later moves nothing.
       */
      readonly method: 'hash';
      readonly fractions: Readonly<Record<string, number>>;
      readonly seed?: number;
    }
  | {
      /** By tag or config_type: { liquid: 'test' }. */
      readonly method: 'tag';
      readonly tags: Readonly<Record<string, string>>;
    }
  | {
      /** As the files say: own-split.ts. What says nothing is 'train'. */
      readonly method: 'file';
    }
  | {
      /** By hand: a part for each position. */
      readonly method: 'manual';
      readonly positions: Uint32Array;
      readonly part: string;
    };

/**
 * Splits a dataset as one step of its curation, which can be undone.
 * @returns how many configurations each part has, excluded ones left out
 * @throws ForcewrightError for shares that do not add up or tags that do not exist
 */
export function splitDataset(
  project: Project,
  datasetId: number,
  request: SplitRequest,
): Record<string, number> {
  const datasets = new DatasetRepository(project);
  project.transaction(() => {
    const positions = datasets.select(datasetId, { withExcluded: true });
    const values = partsOf(project, datasetId, positions, request);
    const record: SplitRecord = { method: request.method, createdAt: Date.now() };
    if ('fractions' in request) {
      record.fractions = { ...request.fractions };
      record.seed = request.seed ?? 0;
    }
    if (request.method === 'tag') record.tags = { ...request.tags };
    new CurationRepository(project).apply(datasetId, {
      kind: 'split',
      description: describe(request),
      field: 'split',
      positions: request.method === 'manual' ? request.positions : positions,
      values,
      split: record,
    });
  });
  return datasets.parts(datasetId);
}

function partsOf(
  project: Project,
  datasetId: number,
  positions: Uint32Array,
  request: SplitRequest,
): string | string[] {
  switch (request.method) {
    case 'random':
      checkFractions(request.fractions);
      return randomParts(
        positions.length,
        request.fractions,
        request.seed ?? 0,
        firstOfSame(new DatasetRepository(project).digests(datasetId, 'structure')),
      );
    case 'hash':
      checkFractions(request.fractions);
      return hashParts(
        new DatasetRepository(project).digests(datasetId, 'structure'),
        request.fractions,
        request.seed ?? 0,
      );
    case 'tag':
      return tagParts(project, datasetId, positions, request.tags);
    case 'file':
      return partsOfFiles(project, datasetId, positions);
    case 'manual':
      return request.part;
  }
}

const sourceFiles = z.object({ files: z.array(z.object({ path: z.string() })) }).catch({ files: [] });

function partsOfFiles(project: Project, datasetId: number, positions: Uint32Array): string[] {
  const datasets = new DatasetRepository(project);
  const { files } = sourceFiles.parse(datasets.get(datasetId).source);
  const from = new ColumnEditor(project, datasetId, 'sourceFile');
  let found = 0;
  const parts: string[] = [];
  for (const { position, configuration } of datasets.stream(datasetId, positions)) {
    const part = ownPart(configuration, files.at(Number(from.get(position)))?.path);
    if (part !== undefined) found++;
    parts.push(part ?? 'train');
  }
  if (found === 0) {
    throw new ForcewrightError('The files do not say which configurations are for training and testing.', {
      remedy:
        'Expected are a key split= or set= with train, validation or test, or such a word in the names of files.',
    });
  }
  return parts;
}

/** Uniform numbers in [0, 1) that belong to a seed and something else: the first 48 bits of SHA-256(`SEED:…`). */
class SeededUniform {
  private readonly message = new Uint8Array(MOST_BYTES);
  private readonly start: number;

  constructor(seed: number) {
    const prefix = Buffer.from(`${seed}:`);
    this.message.set(prefix);
    this.start = prefix.length;
  }

  /** u(SEED:PLACE), the place in decimal digits. */
  ofPlace(place: number): number {
    let digits = 1;
    for (let rest = place; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    const end = this.start + digits;
    for (let at = end - 1, rest = place; at >= this.start; at--, rest = Math.floor(rest / 10))
      this.message[at] = 48 + (rest % 10);
    return uniformOf(this.message, end);
  }

  /** u(SEED:DIGEST) with the digest that begins there. */
  ofDigest(digests: Uint8Array, first: number): number {
    for (let k = 0; k < DIGEST_BYTES; k++) this.message[this.start + k] = digests[first + k];
    return uniformOf(this.message, this.start + DIGEST_BYTES);
  }
}

/**
 * Parts with exact counts, in a random order that depends on seed and place alone. Configurations of one structure go to
 * one part, whatever their labels: a test that was trained on tests nothing. The counts are then exact to the size of a
 * group.
 * @param first for every configuration the first one of the same structure; all differ when absent
 */
export function randomParts(
  count: number,
  fractions: Readonly<Record<string, number>>,
  seed: number,
  first: Uint32Array = Uint32Array.from({ length: count }, (_, k) => k),
): string[] {
  const sizes = new Uint32Array(count);
  const firsts = new Uint32Array(count);
  let kinds = 0;
  for (let k = 0; k < count; k++) {
    sizes[first[k]]++;
    if (first[k] === k) firsts[kinds++] = k;
  }
  const groups = inRandomOrder(firsts.subarray(0, kinds), seed);
  const parts = new Array<string>(count).fill('train');
  let next = 0;
  for (const [part, fraction] of Object.entries(fractions)) {
    // at least one configuration where any was asked for, and never all of them
    let wanted = fraction > 0 ? Math.max(1, Math.round(fraction * count)) : 0;
    for (; wanted > 0 && next < groups.length - 1; next++) {
      parts[groups[next]] = part;
      wanted -= sizes[groups[next]];
    }
  }
  for (let k = 0; k < count; k++) parts[k] = parts[first[k]];
  return parts;
}

/** Places by a uniform number that belongs to seed and place, ascending; of equal numbers the earlier place first. */
function inRandomOrder(places: Uint32Array, seed: number): Uint32Array {
  const n = places.length;
  const uniform = new SeededUniform(seed);
  const keys = new Float64Array(n);
  // the numbers are uniform: sorted into as many bins as there are, each bin holds about one
  const ends = new Uint32Array(n + 1);
  for (let k = 0; k < n; k++) {
    keys[k] = uniform.ofPlace(places[k]);
    ends[Math.floor(keys[k] * n) + 1]++;
  }
  for (let bin = 1; bin <= n; bin++) ends[bin] += ends[bin - 1];
  const order = new Uint32Array(n);
  for (let k = 0; k < n; k++) order[ends[Math.floor(keys[k] * n)]++] = k;
  for (let k = 1; k < n; k++) {
    const moved = order[k];
    let at = k;
    for (; at > 0 && keys[order[at - 1]] > keys[moved]; at--) order[at] = order[at - 1];
    order[at] = moved;
  }
  return order.map((k) => places[k]);
}

/**
 * Parts by content: u(hash) below the first fraction goes to the first part, and so on.
 * @param digests one after the other, 16 bytes each
 */
export function hashParts(
  digests: Uint8Array,
  fractions: Readonly<Record<string, number>>,
  seed: number,
): string[] {
  const uniform = new SeededUniform(seed);
  const shares = Object.entries(fractions);
  const parts = new Array<string>(digests.length / DIGEST_BYTES).fill('train');
  for (let k = 0; k < parts.length; k++) {
    let u = uniform.ofDigest(digests, DIGEST_BYTES * k);
    for (const [part, fraction] of shares) {
      if (u < fraction) {
        parts[k] = part;
        break;
      }
      u -= fraction;
    }
  }
  return parts;
}

function tagParts(
  project: Project,
  datasetId: number,
  positions: Uint32Array,
  tags: Readonly<Record<string, string>>,
): string[] {
  const datasets = new DatasetRepository(project);
  const known = Object.keys(datasets.tags(datasetId));
  const place = new Map(Array.from(positions, (position, k) => [position, k]));
  const parts = new Array<string>(positions.length).fill('train');
  for (const [tag, part] of Object.entries(tags)) {
    if (!known.includes(tag)) {
      throw new ForcewrightError(`No configuration of the dataset has the tag ${JSON.stringify(tag)}.`, {
        remedy: known.length > 0 ? `There are: ${known.join(', ')}.` : 'It has no tags and no config_type.',
      });
    }
    for (const position of datasets.select(datasetId, { tags: [tag], withExcluded: true })) {
      parts[place.get(position) ?? 0] = part;
    }
  }
  return parts;
}

function checkFractions(fractions: Readonly<Record<string, number>>): void {
  const values = Object.values(fractions);
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.length === 0 || values.some((value) => !(value >= 0)) || !(sum > 0 && sum < 1)) {
    throw new ForcewrightError('The shares of a split must be above 0 and add up to less than 1.', {
      remedy: 'For example random:0.1, or random:test=0.1,validation=0.1.',
    });
  }
}

function describe(request: SplitRequest): string {
  if (request.method === 'manual')
    return `put ${request.positions.length} configurations into ${request.part}`;
  if (request.method === 'file') return 'split as the files say';
  if (request.method === 'tag') {
    return `split by tag (${Object.entries(request.tags)
      .map(([tag, part]) => `${tag} → ${part}`)
      .join(', ')})`;
  }
  const shares = Object.entries(request.fractions)
    .map(([part, fraction]) => `${part} ${fraction}`)
    .join(', ');
  return `split ${request.method === 'random' ? 'at random' : 'by content'} (${shares}, seed ${request.seed ?? 0})`;
}

/**
 * A split in the words of the command line: 'random:0.1' (test), 'random:test=0.1,validation=0.1', 'hash:0.1',
 * 'tag:liquid,surface' (test), 'tag:liquid=validation', 'file' (as the files say).
 * @throws ForcewrightError when it is not of this form
 */
export function parseSplit(text: string, seed = 0): SplitRequest {
  if (text === 'file') return { method: 'file' };
  const match = /^(random|hash|tag):(.+)$/.exec(text);
  const wrong = () =>
    new ForcewrightError(`${JSON.stringify(text)} is no split.`, {
      remedy: 'Expected random:0.1, hash:test=0.1,validation=0.1, tag:NAME,NAME or file.',
    });
  if (match === null) throw wrong();
  const pairs = match[2].split(',').map((item) => item.split('=').map((word) => word.trim()));
  if (pairs.some((pair) => pair.length > 2 || pair.some((word) => word === ''))) throw wrong();
  if (match[1] === 'tag') {
    return { method: 'tag', tags: Object.fromEntries(pairs.map(([tag, part = 'test']) => [tag, part])) };
  }
  const method = match[1] === 'random' ? 'random' : 'hash';
  const fractions = Object.fromEntries(
    pairs.map((pair): [string, number] =>
      pair.length === 2 ? [pair[0], Number(pair[1])] : ['test', Number(pair[0])],
    ),
  );
  checkFractions(fractions);
  return { method, fractions, seed };
}
