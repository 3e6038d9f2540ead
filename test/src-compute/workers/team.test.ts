import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { evaluateReference } from '../../../src-compute/backends/reference/evaluate.ts';
import { i32, ModuleBuilder } from '../../../src-compute/backends/wasm/encoder/index.ts';
import { PHASE, SEARCH_CHUNK } from '../../../src-compute/backends/wasm/chunks.ts';
import { CONTEXT } from '../../../src-compute/backends/wasm/layout.ts';
import { compileModule, createMemory } from '../../../src-compute/backends/wasm/runtime.ts';
import { TEAM } from '../../../src-compute/workers/protocol.ts';
import { WorkerTeam } from '../../../src-compute/workers/team.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { nodeWorkerHandle, spawnNodeWorker } from '../../../src-main/services/node-workers.ts';
import { potentials, randomMomentTensor } from '../../conformance/potentials.ts';
import { randomNumbers } from '../../conformance/random.ts';

const model = randomMomentTensor(6, ['Si'], 1);

/** Silicon, displaced: 8 × n³ atoms. */
function silicon(n: number): Configuration {
  const random = randomNumbers(4);
  const a = 5.43;
  const sites = [
    0, 0, 0, 0.5, 0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75, 0.25, 0.75,
    0.25, 0.75, 0.75,
  ];
  const positions: number[] = [];
  for (let x = 0; x < n; x++) {
    for (let y = 0; y < n; y++) {
      for (let z = 0; z < n; z++)
        sites.forEach((s, k) => positions.push((s + [x, y, z][k % 3]) * a + 0.3 * random()));
    }
  }
  const cell = Float64Array.of(n * a, 0, 0, 0, n * a, 0, 0, 0, n * a);
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(8 * n ** 3),
    positions: Float64Array.from(positions),
    cell,
    periodic: [true, true, true],
  };
}

describe('threads', () => {
  let team: WorkerTeam;
  beforeAll(async () => {
    team = new WorkerTeam(spawnNodeWorker);
    team.require(4);
    while (team.started < 3) await pause(20);
  });
  afterAll(() => {
    team.dispose();
  });

  it('start from the sources', () => {
    expect(team.started).toBe(3);
  });

  it('give the same bits, whatever their number', async () => {
    const c = silicon(9); // 5832 atoms: 6 slices
    const results = [];
    for (const threads of [1, 2, 4]) {
      const engine = createForceEngine(model, atomsOf(c), { backend: 'wasm', threads, team });
      expect(engine.threads).toBe(threads);
      for (let step = 0; step < 5; step++) {
        engine.compute(
          c.positions.map((x, k) => x + 0.02 * step * Math.sin(k)),
          c.cell,
        );
        // lets messages about the engine through, as the event loop of a program does
        await pause(5);
      }
      results.push({
        ...engine.result,
        forces: engine.result.forces.slice(),
        virial: engine.result.virial.slice(),
      });
      engine.dispose();
    }
    for (const result of results.slice(1)) {
      expect(result.energy).toBe(results[0].energy);
      expect(result.forces).toEqual(results[0].forces);
      expect(result.virial).toEqual(results[0].virial);
    }
  });

  it('serve several engines in turn', async () => {
    const c = silicon(6);
    const pair = potentials.find(({ name }) => name.startsWith('Stillinger'));
    if (!pair) throw new Error('no Stillinger–Weber in the suite');
    const engines = [model, pair.model].map((m) => createForceEngine(m, atomsOf(c), { threads: 3, team }));
    for (let round = 0; round < 20; round++) {
      for (const engine of engines) engine.compute(c.positions, c.cell);
      await pause(1);
    }
    const small = silicon(2);
    const check = createForceEngine(model, atomsOf(small), { threads: 3, team });
    check.compute(small.positions, small.cell);
    const reference = evaluateReference(model, small);
    check.result.forces.forEach((f, k) => expect(Math.abs(f - reference.forces[k])).toBeLessThan(1e-9));
    for (const engine of [...engines, check]) engine.dispose();
  });

  it('take the chunks that the calling thread leaves, each once', async () => {
    const module = new ModuleBuilder();
    module.importMemory({ shared: true });
    module.function({ export: 'search', parameters: ['i32', 'i32', 'i32'] }, (code, _scratch, first) => {
      code.drop(i32.atomicAdd(i32.add(1024, i32.divUnsigned(first, SEARCH_CHUNK / 4)), 1));
    });
    const memory = createMemory(65536, 2 ** 32, true);
    const chunks = 40;
    new Int32Array(memory.buffer)[CONTEXT.atomCount / 4] = chunks * SEARCH_CHUNK;
    const id = team.addEngine(compileModule(module.encode()), memory);
    const counts = new Int32Array(memory.buffer, 1024, chunks);
    // until the announcement has arrived and the workers have found the time to take some
    let own: number[] = [];
    while (own.length === 0 || own.length === chunks) {
      counts.fill(0);
      own = [];
      team.run(id, PHASE.search, chunks, 4, (chunk) => {
        own.push(chunk);
        // as long as a slow chunk: the workers have time to take the others
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      });
      for (const chunk of own) counts[chunk]++;
      expect([...counts]).toEqual(new Array(chunks).fill(1));
      await pause(5);
    }
    // and none of them when they may not
    team.run(id, PHASE.search, chunks, 1, () => undefined);
    expect([...counts]).toEqual(new Array(chunks).fill(1));
    team.removeEngine(id);
  });

  it('are given up by an engine when one of them fails, and the result is right nevertheless', async () => {
    // workers that know the phases but not how to compute: every chunk of theirs fails
    const failing = new WorkerTeam(() => {
      const handle = spawnNodeWorker();
      const module = new ModuleBuilder();
      module.importMemory({ shared: true });
      module.function({ export: 'search', parameters: ['i32', 'i32', 'i32'] }, (code) => code.unreachable());
      const broken = compileModule(module.encode());
      return {
        post: (message) => {
          handle.post(message.type === 'engine' ? { ...message, module: broken } : message);
        },
        terminate: () => {
          handle.terminate();
        },
      };
    });
    failing.require(2);
    while (failing.started < 1) await pause(20);
    const c = silicon(9);
    const alone = createForceEngine(model, atomsOf(c));
    alone.compute(c.positions, c.cell);
    const engine = createForceEngine(model, atomsOf(c), { threads: 2, team: failing });
    expect(engine.threads).toBe(2);
    while (engine.threads > 1) {
      engine.forgetNeighbours();
      engine.compute(c.positions, c.cell);
      expect(engine.result.forces).toEqual(alone.result.forces);
      await pause(5);
    }
    expect(engine.threads).toBe(1);
    failing.dispose();
  });

  it.each([
    ['ends', 'process.exit(3)'],
    ['needs too much memory', 'for (const list = []; ; ) list.push(new Array(1e5).fill(1.5));'],
  ])('are not waited for when one %s in the middle of a chunk', async (_name, death) => {
    // says that it is busy, as engine-worker.ts does, and dies
    const script = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', ({ type, control, thread }) => {
        if (type !== 'join') return;
        const words = new Int32Array(control);
        Atomics.store(words, ${TEAM.busy} + thread, 1);
        Atomics.add(words, ${TEAM.started}, 1);
        Atomics.wait(words, ${TEAM.generation}, 0);
        ${death}
      });`;
    const workers: Worker[] = [];
    const dying = new WorkerTeam(() => {
      const worker = new Worker(script, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });
      worker.on('error', () => undefined);
      workers.push(worker);
      return nodeWorkerHandle(worker);
    });
    dying.require(2);
    while (dying.started < 1) await pause(5);
    let computed = 0;
    expect(dying.attempt(1, 2, 3, 2, () => computed++)).toBe(false);
    expect(computed).toBe(3);
    // the next phase does without it
    expect(dying.attempt(1, 2, 3, 2, () => computed++)).toBe(true);
    expect(() => dying.run(1, 2, 3, 2, () => computed++)).not.toThrow();
    dying.dispose();
    for (const worker of workers) await worker.terminate();
  });

  it('leave errors of the calling thread to it', () => {
    const unneeded = new WorkerTeam(spawnNodeWorker);
    expect(() => {
      unneeded.run(1, 2, 3, 1, (chunk) => {
        if (chunk === 1) throw new Error('chunk 1');
      });
    }).toThrow('chunk 1');
    // and are ready for the next phase
    let count = 0;
    unneeded.run(1, 2, 3, 1, () => count++);
    expect(count).toBe(3);
  });
});
