/**
 * The device's part of resident-nve.ts: integration kernels, their recording together with those of the forces, and
 * readings. Flags: bit 0 of `moved` says that the skin is used up, bit 1 that an atom left the range of a step; once
 * set, later steps do nothing.
 */
import { BackendError } from '../../errors.ts';
import type { PotentialModelBase } from '../../potentials/potential.ts';
import { EV_PER_A_AMU_IN_A_PER_FS2 } from '../../units.ts';
import { bind, BufferSet, compile, foldGroups, ReadBack, record } from './buffers.ts';
import type { BoundKernel } from './buffers.ts';
import { DeviceForces } from './device-forces.ts';
import type { GpuContext } from './device.ts';
import type { PairLists } from './pair-lists.ts';
import { ENTRY, RESULT_STRIDE, THREAD_INDEX, WORKGROUP } from './shaders.ts';

export interface ResidentSettings {
  /** fs */
  readonly timestep: number;
  /** Å */
  readonly skin: number;
  /** Å per unit of fixed-point coordinates. */
  readonly quantum: number;
}

/** What came back from the device, in the order of the list. */
export interface ResidentReading {
  /** Whole steps since the flags were cleared last. */
  readonly steps: number;
  /** The list must be rebuilt: positions are those after a drift, forces and the second kick are missing. */
  readonly stopped: boolean;
  readonly exploded: boolean;
  /** 1 + a pair of atoms on top of each other, or 0. */
  readonly overlap: number;
  readonly positions: Int32Array<ArrayBuffer>;
  readonly velocities: Float32Array;
  readonly result: Float32Array;
}

/** Words of the flags: moved, stopped, steps. */
const FLAGS = 4;

const float = (value: number) => Math.fround(value).toExponential(9);

/** v += F Δt/2m; x += v Δt; is the skin used up? */
function driftShader({ timestep, skin, quantum }: ResidentSettings): string {
  return `
@group(0) @binding(0) var<uniform> counts: vec4<u32>; // atoms
@group(0) @binding(1) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> result: array<f32>;
@group(0) @binding(3) var<storage, read> halfKick: array<f32>;
@group(0) @binding(4) var<storage, read> reference: array<i32>;
@group(0) @binding(5) var<storage, read_write> velocities: array<f32>;
@group(0) @binding(6) var<storage, read_write> positions: array<i32>;
${ENTRY} {
  let l = ${THREAD_INDEX};
  if (l >= counts.x || atomicLoad(&flags[1]) != 0u) { return; }
  var square = 0.0;
  for (var axis = 0u; axis < 3u; axis++) {
    let k = 3u * l + axis;
    let v = velocities[k] + halfKick[l] * result[${RESULT_STRIDE}u * l + axis];
    let path = v * ${float(timestep)};
    // false for NaN, too
    if (!(abs(path) <= ${float(skin / 2)})) { atomicOr(&flags[0], 2u); return; }
    velocities[k] = v;
    positions[k] += i32(round(path * ${float(1 / quantum)}));
    let moved = f32(positions[k] - reference[k]) * ${float(quantum)};
    square += moved * moved;
  }
  if (square > ${float((skin / 2) ** 2)}) { atomicOr(&flags[0], 1u); }
}`;
}

/** v += F Δt/2m, unless the forces were computed from a list that no longer holds. */
function kickShader(): string {
  return `
@group(0) @binding(0) var<uniform> counts: vec4<u32>; // atoms
@group(0) @binding(1) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> result: array<f32>;
@group(0) @binding(3) var<storage, read> halfKick: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocities: array<f32>;
${ENTRY} {
  let l = ${THREAD_INDEX};
  if (l >= counts.x) { return; }
  // only the drift sets flags[0], and only the drift reads flags[1]
  let moved = atomicLoad(&flags[0]) != 0u;
  if (l == 0u) {
    if (moved) { atomicStore(&flags[1], 1u); } else { atomicAdd(&flags[2], 1u); }
  }
  if (moved) { return; }
  for (var axis = 0u; axis < 3u; axis++) {
    velocities[3u * l + axis] += halfKick[l] * result[${RESULT_STRIDE}u * l + axis];
  }
}`;
}

export class ResidentKernels {
  readonly context: GpuContext;
  readonly atomicEnergies: Float64Array;
  private readonly forces: DeviceForces;
  private readonly settings: ResidentSettings;
  private readonly driftPipeline: GPUComputePipeline;
  private readonly kickPipeline: GPUComputePipeline;
  private readonly readBack: ReadBack;
  private buffers: BufferSet | undefined;
  private flags: GPUBuffer | undefined;
  private velocities: GPUBuffer | undefined;
  private drift: BoundKernel | undefined;
  private kick: BoundKernel | undefined;
  private atomCount = 0;
  /** Steps that earlier readings since the flags were cleared have told of. */
  private told = 0;

  private constructor(
    forces: DeviceForces,
    settings: ResidentSettings,
    pipelines: readonly [GPUComputePipeline, GPUComputePipeline],
  ) {
    this.context = forces.context;
    this.forces = forces;
    this.settings = settings;
    this.atomicEnergies = forces.atomicEnergies();
    [this.driftPipeline, this.kickPipeline] = pipelines;
    this.readBack = new ReadBack(forces.context.device);
  }

  static async open(
    context: GpuContext,
    model: PotentialModelBase,
    settings: ResidentSettings,
  ): Promise<ResidentKernels> {
    const { device } = context;
    const forces = await DeviceForces.open(context, model, settings.quantum);
    const drift = await compile(device, 'drift', driftShader(settings));
    const kick = await compile(device, 'kick', kickShader());
    return new ResidentKernels(forces, settings, [drift, kick]);
  }

  /**
   * Brings a state to the device and clears the flags.
   * @param fixed positions of the sorted atoms
   * @param velocities in the user's order, Å/fs
   * @param masses in the user's order, amu
   */
  async upload(
    lists: PairLists,
    species: Int32Array,
    fixed: Int32Array<ArrayBuffer>,
    velocities: Float64Array,
    masses: Float64Array,
  ): Promise<void> {
    const { forces } = this;
    await forces.takeLists(lists, species);
    forces.clearOverlaps();
    forces.writeEntries(lists.entries);
    forces.writePositions(fixed);
    await this.allocate(lists, fixed, velocities, masses);
    this.told = 0;
  }

  /** Evaluates the forces and, if a step was cut short, finishes it. */
  async submitForces(finishStep: boolean): Promise<ResidentReading> {
    return await this.submit((pass) => {
      this.forces.record(pass);
      if (finishStep && this.kick) record(pass, this.kick);
    });
  }

  /** Many steps in one submit. */
  async submitSteps(count: number): Promise<ResidentReading> {
    return await this.submit((pass) => {
      if (!this.drift || !this.kick) return;
      for (let step = 0; step < count; step++) {
        record(pass, this.drift);
        this.forces.record(pass);
        record(pass, this.kick);
      }
    });
  }

  destroy(): void {
    this.forces.destroy();
    this.buffers?.destroy();
    this.readBack.destroy();
  }

  private async submit(recordAll: (pass: GPUComputePassEncoder) => void): Promise<ResidentReading> {
    const { flags, velocities, atomCount: n } = this;
    const { positions, result, overlaps } = this.forces;
    if (!flags || !velocities || !positions || !result || !overlaps) {
      throw new BackendError('The GPU has no buffers.');
    }
    const { device } = this.context;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    recordAll(pass);
    pass.end();
    const read = this.readBack.record(encoder, [
      { buffer: flags, words: FLAGS },
      { buffer: overlaps, words: 1 },
      { buffer: positions, words: 3 * n },
      { buffer: velocities, words: 3 * n },
      { buffer: result, words: RESULT_STRIDE * n },
    ]);
    device.queue.submit([encoder.finish()]);
    const bytes = await read();
    const words = new Uint32Array(bytes, 0, FLAGS + 1);
    const at = 4 * (FLAGS + 1);
    const steps = words[2] - this.told;
    this.told = words[2];
    return {
      steps,
      stopped: words[1] !== 0,
      exploded: (words[0] & 2) !== 0,
      overlap: words[FLAGS],
      positions: new Int32Array(bytes.slice(at, at + 12 * n)),
      velocities: new Float32Array(bytes, at + 12 * n, 3 * n),
      result: new Float32Array(bytes, at + 24 * n, RESULT_STRIDE * n),
    };
  }

  private async allocate(
    lists: PairLists,
    fixed: Int32Array<ArrayBuffer>,
    velocities: Float64Array,
    masses: Float64Array,
  ): Promise<void> {
    const { forces } = this;
    const { device } = this.context;
    const n = lists.atomCount;
    if (!forces.result || !forces.positions) return;
    this.buffers?.destroy();
    const buffers = new BufferSet(device);
    this.buffers = buffers;
    this.atomCount = n;
    const sorted = new Float32Array(3 * n);
    const halfKick = new Float32Array(n);
    for (let l = 0; l < n; l++) {
      const atom = lists.userIndex[l];
      for (let axis = 0; axis < 3; axis++) sorted[3 * l + axis] = velocities[3 * atom + axis];
      halfKick[l] = (this.settings.timestep * EV_PER_A_AMU_IN_A_PER_FS2) / (2 * masses[atom]);
    }
    this.flags = buffers.storage(FLAGS, 'flags');
    this.velocities = buffers.filled(sorted, 'velocities');
    const counts = buffers.uniform(Uint32Array.of(n, 0, 0, 0));
    const kicks = buffers.filled(halfKick, 'masses');
    const reference = buffers.filled(fixed, 'positions');
    const groups = foldGroups(device, Math.ceil(n / WORKGROUP));
    const { result, positions } = forces;
    const drifting = [counts, this.flags, result, kicks, reference, this.velocities, positions];
    this.drift = bind(device, this.driftPipeline, drifting, groups);
    this.kick = bind(device, this.kickPipeline, [counts, this.flags, result, kicks, this.velocities], groups);
    await buffers.settle();
  }
}
