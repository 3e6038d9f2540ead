/**
 * Times a force engine in a short NVE run (velocity Verlet, 1 fs, 300 K): energy, forces, virial and the upkeep of the
 * neighbour list. And how far its forces are from the reference.
 */
import { atomsOf, openForceEngine } from '../../src-compute/backends/index.ts';
import { GpuForceEngine } from '../../src-compute/backends/gpu/index.ts';
import { ResidentNve } from '../../src-compute/backends/gpu/resident-nve.ts';
import { evaluateReference } from '../../src-compute/backends/reference/evaluate.ts';
import { CancelledError, SimulationError } from '../../src-compute/errors.ts';
import type { BackendName, ForceEngine, PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { partOf } from '../../src-compute/potentials/registry.ts';
import { atomCount } from '../../src-compute/structure/configuration.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { atomicWeight } from '../../src-compute/structure/elements.ts';
import { PeriodicImages } from '../../src-compute/structure/periodic-images.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A_AMU_IN_A_PER_FS2 } from '../../src-compute/units.ts';

export interface BenchmarkOptions {
  readonly backend: BackendName | 'auto';
  readonly threads: number;
  /** Steps that are timed, after a tenth as many that are not. */
  readonly steps: number;
  /** Å; the backend's own where absent. */
  readonly skin?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

export interface BenchmarkResult {
  readonly atoms: number;
  /** Mean number of neighbours within the cutoff. */
  readonly neighboursPerAtom: number;
  /** Mean wall time of a step over all timed steps, and the smallest tenth of it, µs per atom (on a GPU of 25 steps each). */
  readonly microsecondsPerAtomStep: number;
  readonly fastestMicrosecondsPerAtomStep: number;
  /** Processor time of all threads, µs per atom and step. */
  readonly processorMicrosecondsPerAtomStep: number;
  /** From nothing to the first forces: code generation, compilation, list, ms. */
  readonly firstStepMilliseconds: number;
  readonly neighbourListBuilds: number;
  readonly backend: ForceEngine['backend'];
  readonly threads: number;
  /** Which backend computed, and why. */
  readonly choice: string;
  /** Largest deviation of a force component from the reference, on a sample of atoms of the first step, eV/Å. */
  readonly maxForceDifference: number;
  /** Bytes of the backend's memory per atom, where it tells. */
  readonly bytesPerAtom?: number;
}

const TEMPERATURE = 300;
const TIMESTEP = 1;

/** Atoms whose forces are compared with the reference. */
const SAMPLE = 6;

/**
 * Runs the benchmark.
 * @throws what the engine throws; SimulationError when the run explodes
 */
export async function benchmarkEngine(
  model: PotentialModelBase,
  configuration: Configuration,
  options: BenchmarkOptions,
): Promise<BenchmarkResult> {
  const n = atomCount(configuration);
  const positions = configuration.positions.slice();
  const start = performance.now();
  const engine = await openForceEngine(model, atomsOf(configuration), options);
  try {
    await engine.compute(positions, configuration.cell);
    const firstStepMilliseconds = performance.now() - start;
    const maxForceDifference = compareWithReference(model, configuration, engine.result.forces);
    const nve = new NveRun(configuration, positions, engine);
    const run =
      engine instanceof GpuForceEngine ? residentRun(model, configuration, engine, nve, options) : nve;
    await run.steps(Math.ceil(options.steps / 10));
    const builds = run.neighbourListBuilds;
    // steps that are timed one by one, or as many as the device does without the CPU
    const stride = run instanceof NveRun ? 1 : Math.min(RESIDENT_STEPS, options.steps);
    const times = new Float64Array(Math.ceil(options.steps / stride));
    const processor = processorMicroseconds();
    let total = 0;
    for (let k = 0; k < times.length; k++) {
      const count = Math.min(stride, options.steps - k * stride);
      const before = performance.now();
      await run.steps(count);
      const time = 1000 * (performance.now() - before);
      total += time;
      times[k] = time / count;
      options.onProgress?.((k + 1) / times.length);
      if (options.signal?.aborted) throw new CancelledError();
    }
    const processorTime = processorMicroseconds() - processor;
    times.sort();
    const fastest = times.subarray(0, Math.max(1, Math.floor(times.length / 10)));
    return {
      atoms: n,
      neighboursPerAtom: neighboursPerAtom(configuration, model.cutoff),
      microsecondsPerAtomStep: total / options.steps / n,
      fastestMicrosecondsPerAtomStep: fastest.reduce((sum, time) => sum + time, 0) / fastest.length / n,
      processorMicrosecondsPerAtomStep: processorTime / options.steps / n,
      firstStepMilliseconds,
      neighbourListBuilds: run.neighbourListBuilds - builds,
      backend: engine.backend,
      threads: engine.threads,
      choice: engine.choice,
      maxForceDifference,
      bytesPerAtom: 'memoryBytes' in engine ? Number(engine.memoryBytes) / n : undefined,
    };
  } finally {
    engine.dispose();
  }
}

function processorMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Steps per reading of a run that stays on the GPU. */
const RESIDENT_STEPS = 25;

/** A run whose steps are timed. */
interface TimedRun {
  readonly neighbourListBuilds: number;
  steps(count: number): Promise<void>;
}

/** The same run with its state on the GPU, as simulations there are meant to be. */
function residentRun(
  model: PotentialModelBase,
  configuration: Configuration,
  engine: GpuForceEngine,
  { positions, velocities, masses, cell }: NveRun,
  { skin }: BenchmarkOptions,
): TimedRun {
  const start = { positions, velocities, masses, cell };
  const settings = { timestep: TIMESTEP, skin, stepsPerSubmit: RESIDENT_STEPS };
  const run = new ResidentNve(engine.provider, model, atomsOf(configuration), start, settings);
  return {
    get neighbourListBuilds() {
      return run.neighbourListBuilds;
    },
    steps: (count) => run.run(count),
  };
}

/** Velocity Verlet with velocities at the given temperature. */
class NveRun implements TimedRun {
  readonly cell: Float64Array;
  readonly positions: Float64Array;
  /** Å/fs and amu. */
  readonly velocities: Float64Array;
  readonly masses: Float64Array;
  private readonly engine: ForceEngine;
  /** Half a time step over the mass, per coordinate, Å/fs per eV/Å. */
  private readonly halfKick: Float64Array;

  constructor(configuration: Configuration, positions: Float64Array, engine: ForceEngine) {
    const n = atomCount(configuration);
    this.engine = engine;
    this.cell = configuration.cell;
    this.positions = positions;
    this.velocities = new Float64Array(3 * n);
    this.halfKick = new Float64Array(3 * n);
    this.masses = new Float64Array(n);
    let state = 12345;
    const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    for (let atom = 0; atom < n; atom++) {
      const symbol = configuration.symbols[configuration.kinds[atom]];
      const mass = configuration.masses?.[atom] ?? atomicWeight(symbol) ?? 28;
      this.masses[atom] = mass;
      const spread = Math.sqrt((BOLTZMANN_EV_PER_K * TEMPERATURE * EV_PER_A_AMU_IN_A_PER_FS2) / mass);
      for (let axis = 0; axis < 3; axis++) {
        const k = 3 * atom + axis;
        this.halfKick[k] = (TIMESTEP * EV_PER_A_AMU_IN_A_PER_FS2) / (2 * mass);
        // sum of uniforms: normal enough to move atoms
        this.velocities[k] = spread * (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
      }
    }
  }

  get neighbourListBuilds(): number {
    return this.engine.neighbourListBuilds;
  }

  async steps(count: number): Promise<void> {
    for (let step = 0; step < count; step++) await this.step();
  }

  private async step(): Promise<void> {
    const { positions, velocities, halfKick, engine } = this;
    const { forces } = engine.result;
    for (let k = 0; k < positions.length; k++) {
      velocities[k] += halfKick[k] * forces[k];
      positions[k] += TIMESTEP * velocities[k];
    }
    await engine.compute(positions, this.cell);
    for (let k = 0; k < positions.length; k++) velocities[k] += halfKick[k] * forces[k];
    if (!Number.isFinite(engine.result.energy)) throw new SimulationError('The benchmark run has exploded.');
  }
}

/** Mean number of neighbours within the cutoff, from a sample of atoms. */
function neighboursPerAtom(configuration: Configuration, cutoff: number): number {
  const sample = sampleEnvironments(configuration, cutoff, 200);
  return sample.reduce((sum, environment) => sum + environment.positions.length / 3 - 1, 0) / sample.length;
}

interface Environment {
  /** Index of the atom. */
  readonly atom: number;
  /** The atom first, then everything within the radius, periodic images included. */
  readonly positions: Float64Array;
  readonly kinds: Uint16Array;
}

/** Atoms with all that lies within a radius. */
function sampleEnvironments(configuration: Configuration, radius: number, count: number): Environment[] {
  const images = new PeriodicImages();
  const { positions, cell, periodic, kinds } = configuration;
  images.build(positions, cell, periodic, radius);
  const x = new Float64Array(4 * images.entryCount);
  images.refresh(positions, cell, periodic, x);
  const n = atomCount(configuration);
  const wanted = Math.min(count, n);
  return Array.from({ length: wanted }, (_, sample) => {
    const self = images.locals[Math.floor((sample * n) / wanted)];
    const near = [self];
    for (let k = 0; k < images.entryCount; k++) {
      const [dx, dy, dz] = [
        x[4 * k] - x[4 * self],
        x[4 * k + 1] - x[4 * self + 1],
        x[4 * k + 2] - x[4 * self + 2],
      ];
      if (k !== self && dx * dx + dy * dy + dz * dz < radius * radius) near.push(k);
    }
    return {
      atom: images.owners[self],
      positions: Float64Array.from(near.flatMap((k) => [x[4 * k], x[4 * k + 1], x[4 * k + 2]])),
      kinds: Uint16Array.from(near, (k) => kinds[images.owners[k]]),
    };
  });
}

/**
 * Largest deviation from the reference. The force on an atom depends on what lies within twice the cutoff (its
 * neighbours' energies depend on their neighbours), so that the reference needs that sphere only, however large the
 * structure is.
 */
function compareWithReference(
  model: PotentialModelBase,
  configuration: Configuration,
  forces: Float64Array,
): number {
  let largest = 0;
  if (partOf(model, 'tensor-regression')?.mode === 'per-atom') {
    // such a model knows its atoms: only the whole structure will do
    const reference = evaluateReference(model, configuration);
    reference.forces.forEach((f, k) => (largest = Math.max(largest, Math.abs(forces[k] - f))));
    return largest;
  }
  for (const { atom, positions, kinds } of sampleEnvironments(configuration, 2.001 * model.cutoff, SAMPLE)) {
    const reference = evaluateReference(model, {
      symbols: configuration.symbols,
      kinds,
      positions,
      cell: new Float64Array(9),
      periodic: [false, false, false],
    });
    for (let axis = 0; axis < 3; axis++) {
      largest = Math.max(largest, Math.abs(forces[3 * atom + axis] - reference.forces[axis]));
    }
  }
  return largest;
}
