/** A run whose checkpoint was damaged, made up or taken from another run ends in a sentence, and harms no other. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
} from '../../../../src-compute/sampling/checkpoint.ts';
import { joinSections } from '../../../../src-main/services/on-the-fly/sections.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import type { JsonValue } from '../../../../src-main/store/json.ts';
import { JobRepository } from '../../../../src-main/store/jobs.ts';
import { TrajectoryReader } from '../../../../src-main/store/trajectories.ts';
import { argonRun, stoppedJob, temporaryFolder } from '../../../support/project.ts';

const RUN = 'simulation-job-2';
let service: ProjectService;
/** Jobs that were stopped in their middle, with what they saved. */
const runs: { id: number; data: Uint8Array }[] = [];

beforeAll(async () => {
  service = ProjectService.open(join(temporaryFolder(), 'p.fwproj'), { create: true });
  const md = argonRun(service, { steps: 40, every: 5, checkpointEvery: 10 }) as Record<string, JsonValue>;
  const hmc = {
    ...md,
    every: 1,
    settings: {
      ensemble: 'nvt',
      temperature: 40,
      trajectories: 20,
      leapfrogSteps: 4,
      timestep: 4,
      seed: 3,
      checkpointEvery: 5,
    },
  };
  for (const [kind, settings] of [
    ['md', md],
    ['hmc', hmc],
    ['md', md],
  ] as const) {
    const id = await stoppedJob(service, kind, { ...settings, backend: 'reference', threads: 1 });
    const data = new JobRepository(service.project).checkpoint(id)?.data;
    if (data === undefined) throw new Error(`Job ${id} was stopped without a checkpoint.`);
    runs.push({ id, data: Uint8Array.from(data) });
  }
}, 120_000);
afterAll(() => service[Symbol.dispose]());

/** Why the job ends when it goes on from such a checkpoint. */
async function outcome(id: number, data: Uint8Array): Promise<string> {
  const { sqlite } = service.project;
  sqlite.prepare('UPDATE job_checkpoints SET data = ? WHERE job_id = ?').run(data, id);
  await service.jobs.run(id).catch(() => undefined);
  const { state, error } = service.jobs.get(id);
  return `${state}: ${error?.message}`;
}

/** The checkpoint with another state of the sampler. */
function withState(data: Uint8Array, change: (state: Checkpoint) => Checkpoint): Uint8Array {
  const run = decodeCheckpoint(data, RUN);
  const old = run.blocks?.state ?? new Uint8Array(0);
  const kinds: [string, string] = ['molecular-dynamics-1', 'hybrid-monte-carlo-1'];
  return encodeCheckpoint({
    ...run,
    blocks: { state: encodeCheckpoint(change(decodeCheckpoint(old, ...kinds))) },
  });
}

const omit = (arrays: Checkpoint['arrays'], name: string): Checkpoint['arrays'] =>
  Object.fromEntries(Object.entries(arrays).filter(([other]) => other !== name));

const CHANGES: readonly (readonly [name: string, change: (state: Checkpoint) => Checkpoint])[] = [
  ['no settings', (state) => ({ ...state, values: { ...state.values, settings: 'x' } })],
  ['no arrays', (state) => ({ ...state, arrays: {} })],
  [
    'one atom less',
    ({ arrays, ...state }) => ({ ...state, arrays: { ...arrays, positions: arrays.positions.slice(3) } }),
  ],
  ['no clock', (state) => ({ ...state, arrays: omit(state.arrays, 'clock') })],
  [
    'short random numbers',
    ({ arrays, ...state }) => ({ ...state, arrays: { ...arrays, random: arrays.random.slice(1) } }),
  ],
];

describe('a checkpoint in the project', () => {
  it.each(CHANGES)('is refused in words: %s', async (_name, change) => {
    for (const { id, data } of runs.slice(0, 2))
      expect(await outcome(id, withState(data, change))).toMatch(/^failed: This checkpoint cannot be used: /);
  });

  it('of another kind, of another run or of none is refused, and what others wrote stays', async () => {
    const [first, second, other] = runs;
    const trajectories = () => service.trajectories.list().map(({ id, frames }) => [id, frames]);
    const before = trajectories();
    const damage = /^failed: (?:This checkpoint cannot be used|The checkpoint of this run is damaged)/;
    const run = decodeCheckpoint(first.data, RUN);
    const elsewhere = Number(decodeCheckpoint(second.data, RUN).values.trajectory);
    for (const data of [
      new Uint8Array(0),
      first.data.slice(0, first.data.length / 2),
      joinSections({ state: first.data }),
      other.data,
      second.data,
      encodeCheckpoint({ ...run, values: { ...run.values, trajectory: elsewhere, frames: 0 } }),
      encodeCheckpoint({ ...run, values: { ...run.values, frames: -1 } }),
    ])
      expect(await outcome(first.id, data)).toMatch(damage);
    expect(trajectories()).toEqual(before);
    expect(new TrajectoryReader(service.project, elsewhere).frames).toBeGreaterThan(0);
    expect(await outcome(first.id, first.data)).toBe('done: undefined');
  });
});
