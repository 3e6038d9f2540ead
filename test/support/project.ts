/** Temporary folders and small configurations for tests of the project store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { formatPotentialDocument } from '../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../src-compute/potentials/pair/lennard-jones.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import type { ProjectService } from '../../src-main/services/project-service.ts';
import type { JobEvent } from '../../src-main/services/jobs/runner.ts';
import { DatasetWriter } from '../../src-main/store/dataset-writer.ts';
import type { JsonValue } from '../../src-main/store/json.ts';
import type { Project } from '../../src-main/store/project.ts';

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Random numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A simple cubic crystal of n³ atoms, 2.5 Å apart, displaced at random, with plausible labels. */
export function crystal(n: number, seed: number, info: Configuration['info'] = {}): Configuration {
  const random = randomNumbers(seed);
  const atoms = n ** 3;
  const positions = new Float64Array(3 * atoms);
  const forces = new Float64Array(3 * atoms);
  for (let k = 0; k < atoms; k++) {
    const place = [Math.floor(k / (n * n)), Math.floor(k / n) % n, k % n];
    for (let axis = 0; axis < 3; axis++) {
      const displacement = 0.2 * (random() - 0.5);
      positions[3 * k + axis] = 2.5 * place[axis] + displacement;
      forces[3 * k + axis] = -10 * displacement;
    }
  }
  const length = 2.5 * n;
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(atoms),
    positions,
    cell: Float64Array.of(length, 0, 0, 0, length, 0, 0, 0, length),
    periodic: [true, true, true],
    energy: atoms * (-5 + 0.1 * random()),
    forces,
    virial: Float64Array.of(1, 0.1, 0, 0.1, 2, 0, 0, 0, 3),
    info,
  };
}

/** Saves configurations as a dataset. */
export function addDataset(project: Project, name: string, configurations: readonly Configuration[]): number {
  using writer = new DatasetWriter(project);
  configurations.forEach((configuration, k) =>
    writer.add(configuration, { sourceFile: 0, sourceFrame: k, sourceLine: 1 }),
  );
  return writer.commit({ name });
}

/** Settings of a molecular dynamics job of 32 argon atoms, whose potential is put into the project. */
export function argonRun(
  service: ProjectService,
  { steps, every, checkpointEvery = 1_000_000 }: { steps: number; every: number; checkpointEvery?: number },
): JsonValue {
  const model = lennardJonesModel('Ar', 0.0104, 3.4, 7);
  const provenance = { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} };
  const document = formatPotentialDocument({ name: 'argon', model, metrics: {}, provenance });
  const potentialId = service.potentials.add({ name: 'argon', form: model.form, species: ['Ar'], document });
  return {
    name: 'run',
    potentialId,
    structure: { kind: 'lattice', lattice: 'fcc', symbols: ['Ar'], a: 5.3, repeat: [2, 2, 2] },
    every,
    settings: { ensemble: 'nvt-langevin', temperature: 40, timestep: 2, steps, seed: 7, checkpointEvery },
  };
}

/**
 * A job that was cancelled at an event of its: by default once it is half done. On a busy machine a run may end before
 * the word to stop arrives: then it is begun anew.
 */
export async function stoppedJob(
  service: ProjectService,
  kind: string,
  settings: JsonValue,
  when: (event: JobEvent) => boolean = (event) => event.type === 'progress' && event.fraction > 0.5,
): Promise<number> {
  for (;;) {
    const id = service.jobs.create(kind, 'stopped', settings);
    const stop = new AbortController();
    using watching = service.jobs.watch((event) => {
      if (event.jobId === id && when(event)) stop.abort();
    });
    await service.jobs.run(id, stop.signal).catch(() => undefined);
    watching[Symbol.dispose]();
    const { state } = service.jobs.get(id);
    if (state === 'cancelled') return id;
    if (state !== 'done') throw new Error(`Job ${id} is ${state} instead of cancelled.`);
  }
}
