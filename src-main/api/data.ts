/** Blocks of typed arrays by address; what the window fetches beside the router. See array-frame.ts for the layout. */
import { z } from 'zod';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { analysisBlock, noveltyFrame } from './data/analysis.ts';
import { configurationBlock } from './data/configuration.ts';
import { evaluationBlock } from './data/evaluation.ts';
import { trajectoryFrame, trajectoryHead, trajectorySeries } from './data/trajectory.ts';
import { buildStructure, structureSourceSchema } from '../services/simulations/structure-source.ts';
import type { OpenProject, Workspace } from './workspace.ts';

/** Answers one address: the numbers in it, the query, the open project. */
type Answer = (
  open: OpenProject,
  numbers: readonly number[],
  query: URLSearchParams,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** Every # stands for a whole number. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  'datasets/#/table': (open, [id]) => open.background.about([id], 'table', { id }),
  structure: (open, _numbers, query) => {
    const source = structureSourceSchema.parse(JSON.parse(query.get('source') ?? 'null'));
    return configurationBlock(buildStructure(open.project, source));
  },
  'trajectories/#': (open, [id]) => trajectoryHead(open, id),
  'trajectories/#/frames/#': (open, [id, frame]) => trajectoryFrame(open, id, frame),
  'trajectories/#/series': (open, [id]) => trajectorySeries(open, id),
  'analyses/#': (open, [id]) => analysisBlock(open, id),
  'analyses/#/frames/#': (open, [id, look]) => noveltyFrame(open, id, look),
  'evaluations/#': (open, [id]) => evaluationBlock(open, id),
  'datasets/#/configurations/#': (open, [id, position]) =>
    configurationBlock(open.datasets.store.configuration(id, position)),
};

const wholeNumber = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/**
 * @param path behind /data/
 * @throws ForcewrightError when there is nothing at that address
 */
export async function answerData(
  workspace: Workspace,
  path: string,
  query: URLSearchParams,
): Promise<Uint8Array<ArrayBuffer>> {
  const numbers: number[] = [];
  const pattern = path
    .split('/')
    .map((part) => {
      if (!/^\d{1,16}$/.test(part)) return part;
      numbers.push(wholeNumber.parse(part));
      return '#';
    })
    .join('/');
  if (!Object.hasOwn(ANSWERS, pattern)) throw new ForcewrightError('There is no data at this address.');
  return ANSWERS[pattern](workspace.requireOpen(), numbers, query);
}
