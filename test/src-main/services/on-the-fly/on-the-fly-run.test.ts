/** On-the-fly runs with their files, and with a real LAMMPS that is killed, stopped or interrupted in the middle. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/model.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import type { ReferenceEngine } from '../../../../src-main/engines/reference-engine.ts';
import {
  openReferenceEngine,
  potentialEngine,
  referenceEngineSchema,
} from '../../../../src-main/engines/registry.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import { runOnTheFly, type OnTheFlyRun } from '../../../../src-main/services/on-the-fly/on-the-fly-run.ts';
import { joinSections, splitSections } from '../../../../src-main/services/on-the-fly/sections.ts';
import { onTheFlyViewSchema } from '../../../../src-main/services/on-the-fly/view.ts';
import { BOHR_IN_A } from '../../../../src-compute/units.ts';
import { honest, ScriptedClient, type forceReady } from '../../../support/scripted-ipi-client.ts';
import { PairLearner } from '../../../support/pair-learner.ts';
import { requireProgram } from '../../../support/real-part.ts';

const able = requireProgram('lmp', 'apt-get install lammps lammps-data');
const folder = mkdtempSync(join(tmpdir(), 'forcewright-test-on-the-fly-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const solid = supercell(lattice('fcc', ['Ar'], 5.3), [2, 2, 2]);
const steps = 120;
const zeros = (n: number) => Array.from({ length: n }, () => 0);
type Answer = Parameters<typeof forceReady>;

function argon(timeout = 60): Promise<ReferenceEngine> {
  const settings = referenceEngineSchema.parse({
    engine: 'lammps',
    pairStyle: 'lj/smooth/linear 7.0',
    pairCoefficients: ['* * 0.0104 3.4'],
    species: ['Ar'],
    timeout,
  });
  return openReferenceEngine(settings, solid);
}

/** The engine, with something done to it before one of its calls. */
function disturbed(engine: ReferenceEngine, atCall: number, what: () => void): ReferenceEngine {
  return {
    name: engine.name,
    get calls() {
      return engine.calls;
    },
    compute(configuration, signal) {
      if (engine.calls === atCall) what();
      return engine.compute(configuration, signal);
    },
    close: () => engine.close(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

function runOf(name: string, reference: ReferenceEngine, more: Partial<OnTheFlyRun> = {}): OnTheFlyRun {
  return {
    configuration: solid,
    settings: { ensemble: 'nvt-langevin', temperature: 20, timestep: 5, steps, seed: 4, friction: 0.002 },
    policy: { learnSteps: 30, updateEvery: 5, checkEvery: 10, tolerance: 0.005 },
    learnerSettings: { cutoff: 7 },
    learner: new PairLearner(solid, 7),
    reference,
    out: join(folder, `${name}.xyz`),
    every: 3,
    columns: ['forces', 'velocities'],
    log: join(folder, `${name}.csv`),
    checkpoint: join(folder, `${name}.checkpoint`),
    ...more,
  };
}

/** Rows of the log, without what the clock measured. */
function rows(name: string): string[][] {
  const lines = readFileSync(join(folder, `${name}.csv`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const clock = lines[0].indexOf('update_ms');
  return lines.map((row) => row.filter((_, k) => k !== clock));
}

const trajectory = (name: string) => readFileSync(join(folder, `${name}.xyz`), 'utf8');

/** Sends a signal to the LAMMPS that this process started last. */
function signalLammps(signal: 'SIGKILL' | 'SIGSTOP'): void {
  const children = execFileSync('pgrep', ['-P', String(process.pid), '-x', 'lmp'], { encoding: 'utf8' });
  process.kill(Number(children.trim().split('\n').at(-1)), signal);
}

describe.skipIf(!able)('an on-the-fly run with LAMMPS as the reference', () => {
  it('writes who computed every step and every frame, and reports what was saved', async () => {
    await using reference = await argon();
    const notes: string[] = [];
    const result = await runOnTheFly(runOf('whole', reference, { onNote: (text) => notes.push(text) }));
    expect(result.view).toMatchObject({
      step: steps,
      referenceCalls: reference.calls,
      tookOverAt: 30,
      phase: 'model',
    });
    expect(reference.calls).toBe(30 + 9);
    expect(result.view.saving).toBeCloseTo((steps + 1) / 39, 12);
    expect(result.view.checks).toMatchObject({ count: 9 });
    expect(result.view.checks.forceRmse).toBeLessThan(5);
    expect(onTheFlyViewSchema.parse(JSON.parse(JSON.stringify(result.view)))).toEqual(result.view);
    expect(notes.some((text) => /Step 29: the model takes over/.test(text))).toBe(true);
    const [head, ...table] = rows('whole');
    expect(head.slice(0, 5)).toEqual(['step', 'time_fs', 'source', 'reason', 'temperature_k']);
    expect(table).toHaveLength(steps + 1);
    expect(table.filter((row) => row[2] === 'reference')).toHaveLength(39);
    const frames = await readConfigurations(join(folder, 'whole.xyz'));
    expect(frames).toHaveLength(steps / 3 + 1);
    for (const frame of frames) expect(frame.info?.source).toBe(table[Number(frame.info?.step)][2]);
    // the last g(r) has frames of both
    const { distances } = result.view;
    expect([distances.referenceFrames, distances.modelFrames]).toEqual([3 + 0, 13 - 3]);
    expect(Math.max(...distances.model)).toBeGreaterThan(2);
  });

  it.each([
    ['learns', 12],
    ['checks the model', 34],
  ])(
    'pauses when LAMMPS is killed while it %s, and a resumed run equals one that was never disturbed',
    async (_when, call) => {
      const name = `killed-${call}`;
      await using broken = await argon();
      const first = runOnTheFly(
        runOf(
          name,
          disturbed(broken, call, () => signalLammps('SIGKILL')),
        ),
      );
      await expect(first).rejects.toMatchObject({
        name: 'PausedError',
        message: expect.stringMatching(
          new RegExp(
            `ended by SIGKILL: the run paused after step \\d+, and all that was learned from ${call} structures is kept`,
          ),
        ) as string,
        remedy: expect.stringMatching(/continue with --resume/) as string,
      });
      expect(existsSync(join(folder, `${name}.checkpoint`))).toBe(true);
      await using fresh = await argon();
      const result = await runOnTheFly(runOf(name, fresh, { resume: true }));
      // no call was made twice but the one that failed
      expect(broken.calls + fresh.calls).toBe(39);
      expect(result.view.referenceCalls).toBe(39);
      expect(rows(name)).toEqual(rows('whole'));
      expect(trajectory(name)).toBe(trajectory('whole'));
    },
  );

  it('pauses when LAMMPS hangs', async () => {
    await using hanging = await argon(1);
    const run = runOnTheFly(
      runOf(
        'hung',
        disturbed(hanging, 20, () => signalLammps('SIGSTOP')),
      ),
    );
    await expect(run).rejects.toMatchObject({
      name: 'PausedError',
      message: expect.stringMatching(/within 1 s: the run paused after step 19/) as string,
    });
    await using fresh = await argon();
    await runOnTheFly(runOf('hung', fresh, { resume: true }));
    expect(trajectory('hung')).toBe(trajectory('whole'));
  });

  it('stops when it is cancelled, in the middle of a call too, and goes on from there', async () => {
    await using reference = await argon();
    const controller = new AbortController();
    const cancelled = disturbed(reference, 33, () => controller.abort());
    const run = runOnTheFly(runOf('cancelled', cancelled, { signal: controller.signal }));
    await expect(run).rejects.toMatchObject({ name: 'CancelledError' });
    await using fresh = await argon();
    await runOnTheFly(runOf('cancelled', fresh, { resume: true }));
    expect(trajectory('cancelled')).toBe(trajectory('whole'));
  });

  it('refuses to resume with another structure or another learner', async () => {
    await using reference = await argon();
    const larger = { ...solid, positions: solid.positions.map((x) => x + 0.001) };
    await expect(
      runOnTheFly(runOf('cancelled', reference, { resume: true, configuration: larger })),
    ).rejects.toThrow(/another structure/);
    await expect(
      runOnTheFly(runOf('cancelled', reference, { resume: true, learnerSettings: { cutoff: 6 } })),
    ).rejects.toThrow(/other settings of the model/);
  });
});

describe('an on-the-fly run with results that cannot be used', () => {
  /** Atoms on springs to where they were first, as an i-PI client that errs once. */
  async function springs(name: string, erring?: { call: number; answer: (honestly: Answer) => Answer }) {
    const settings = referenceEngineSchema.parse({
      engine: 'i-pi',
      address: { kind: 'unix', name },
      timeout: 300,
    });
    const engine = await openReferenceEngine(settings, solid);
    let calls = 0;
    const client = new ScriptedClient(
      name,
      honest((x) => {
        const { positions } = solid;
        const d = x.map((value, k) => value - positions[k] / BOHR_IN_A);
        const answer: Answer = [
          0.02 * d.reduce((sum, u) => sum + u * u, 0),
          d.map((u) => -0.04 * u),
          zeros(9),
        ];
        return calls++ === erring?.call ? erring.answer(answer) : answer;
      }),
    );
    onTestFinished(async () => {
      client[Symbol.dispose]();
      await engine.close();
    });
    return engine;
  }
  // the learner of pairs does not know springs, and is let go on all the same
  const lenient = { policy: { learnSteps: 20, updateEvery: 5, checkEvery: 5, tolerance: 100 } };
  const cases: [string, string, (answer: Answer) => Answer, RegExp][] = [
    [
      'NaN',
      'nan',
      ([energy, forces, virial]) => [energy, forces.map((f, k) => (k === 7 ? NaN : f)), virial],
      /a force on atom 3/,
    ],
    ['an infinite energy', 'infinite', ([, forces, virial]) => [Infinity, forces, virial], /an energy/],
    [
      'the forces of other atoms',
      'others',
      ([energy, forces, virial]) => [energy, [...forces, 0, 0, 0], virial],
      /33 atoms/,
    ],
  ];
  it.each(cases)(
    'pauses at %s and goes on as if nothing had happened',
    async (_what, name, answer, message) => {
      const socket = (part: string) => `forcewright-test-${process.pid}-${name}-${part}`;
      const whole = runOf(`${name}-whole`, await springs(socket('whole')), lenient);
      await runOnTheFly(whole);
      const failing = await springs(socket('failing'), { call: 23, answer });
      await expect(runOnTheFly(runOf(name, failing, lenient))).rejects.toMatchObject({
        name: 'PausedError',
        message: expect.stringMatching(message) as string,
      });
      await runOnTheFly(runOf(name, await springs(socket('fresh')), { ...lenient, resume: true }));
      expect(trajectory(name)).toBe(trajectory(`${name}-whole`));
    },
  );

  const silicon = supercell(lattice('diamond', ['Si'], 5.43), [1, 1, 1]);
  it('pauses at the first call without a checkpoint of nothing', async () => {
    await using good = potentialEngine(stillingerWeberSilicon(), silicon, 'Stillinger–Weber');
    const failing = disturbed(good, 0, () => {
      throw new Error('not an error of an engine');
    });
    const run = runOnTheFly({
      ...runOf('first', failing),
      configuration: silicon,
      learner: new PairLearner(silicon, 5),
    });
    await expect(run).rejects.toThrow(/not an error of an engine/);
    expect(existsSync(join(folder, 'first.checkpoint'))).toBe(false);
  });

  it('keeps blocks of bytes apart', () => {
    const sections = { a: Uint8Array.of(1, 2, 3), b: new Uint8Array(0), c: Uint8Array.of(9) };
    const joined = joinSections(sections);
    const split = splitSections(joined);
    expect(Object.entries(split).map(([name, bytes]) => [name, Array.from(bytes)])).toEqual([
      ['a', [1, 2, 3]],
      ['b', []],
      ['c', [9]],
    ]);
    expect(() => splitSections(joined.subarray(0, joined.length - 1))).toThrow(/damaged/);
    expect(() => splitSections(Uint8Array.of(1, 2))).toThrow(/damaged/);
  });
});
