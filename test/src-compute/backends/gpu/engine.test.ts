import { afterEach, describe, expect, it } from 'vitest';
import { atomsOf, openForceEngine, provideGpu } from '../../../../src-compute/backends/index.ts';
import { GpuForceEngine, gpuOpener, isSoftwareAdapter } from '../../../../src-compute/backends/gpu/index.ts';
import { fixedDifference, fixedPointFor, toFixed } from '../../../../src-compute/backends/gpu/fixed-point.ts';
import { momentTensorShape } from '../../../../src-compute/backends/gpu/moment-tensor-shader.ts';
import { momentTensorTables } from '../../../../src-compute/backends/gpu/moment-tensor-tables.ts';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { nodeGpu } from '../../../../src-main/services/gpu-device.ts';
import { randomMomentTensor } from '../../../conformance/potentials.ts';
import { structures } from '../../../conformance/structures.ts';
import { hasTestGpu } from '../../../support/gpu.ts';

const largest = (a: Float64Array, b: Float64Array) =>
  a.reduce((max, value, k) => Math.max(max, Math.abs(value - b[k])), 0);

const argon = lennardJonesModel('Ar', 0.0104, 3.4, 8.5, 'shifted');
const { crystal, molecule } = structures(['Ar'], 3.6);

describe('coordinates as integers', () => {
  it('give the difference of atoms wherever they are, also where they wrap around', () => {
    const fixed = fixedPointFor(9);
    expect(fixed.scale).toBe(2 ** 26);
    for (const origin of [0, 31.9, 32, -1e3, 123456.7, 5e6]) {
      const [a, b] = [toFixed(fixed, origin), toFixed(fixed, origin + 8.75)];
      expect(Math.abs(fixedDifference(fixed, b, a) - 8.75)).toBeLessThan(2 ** -26 + 1e-9);
    }
  });

  it('become coarser rather than wrong for long ranges', () => {
    expect(1.5 * 60 * fixedPointFor(60).scale).toBeLessThanOrEqual(2 ** 31);
  });
});

describe('choice of the GPU', () => {
  afterEach(() => {
    provideGpu(gpuOpener(nodeGpu));
  });

  it('falls back to the CPU and says so where there is no adapter', async () => {
    provideGpu(gpuOpener(() => undefined));
    const engine = await openForceEngine(argon, atomsOf(crystal), { backend: 'webgpu' });
    expect(engine.backend).toBe('wasm-f32');
    expect(engine.choice).toMatch(/not on a GPU: .*no WebGPU/);
    await engine.compute(crystal.positions, crystal.cell);
    expect(engine.result.energy).toBeCloseTo(evaluateReference(argon, crystal).energy, 5);
    engine.dispose();
  });

  it('knows software adapters by what they say and by their names', () => {
    const info = (fields: Partial<GPUAdapterInfo>) =>
      ({ vendor: '', architecture: '', device: '', description: '', ...fields }) as GPUAdapterInfo;
    expect(isSoftwareAdapter(info({ isFallbackAdapter: true, description: 'unknown' }))).toBe(true);
    expect(isSoftwareAdapter(info({ description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }))).toBe(true);
    expect(isSoftwareAdapter(info({ architecture: 'swiftshader', vendor: 'google' }))).toBe(true);
    expect(
      isSoftwareAdapter(info({ vendor: 'nvidia', architecture: 'hopper', isFallbackAdapter: false })),
    ).toBe(false);
  });
});

const available = await hasTestGpu();

describe.skipIf(!available)('GPU force engine', () => {
  const open = (c: Configuration) => GpuForceEngine.open(nodeGpu, argon, atomsOf(c), 0.8);

  it('is taken automatically on a real GPU only, and for single precision only', async () => {
    provideGpu(gpuOpener(nodeGpu));
    const double = await openForceEngine(argon, atomsOf(crystal));
    expect(double.backend).toBe('wasm');
    const probe = await open(crystal);
    const engine = await openForceEngine(argon, atomsOf(crystal), { precision: 'f32' });
    expect(engine.backend).toBe(probe.context.software ? 'wasm-f32' : 'webgpu');
    if (probe.context.software) expect(engine.choice).toMatch(/imitates one on the CPU/);
    const named = await openForceEngine(argon, atomsOf(crystal), { backend: 'webgpu' });
    expect(named.backend).toBe('webgpu');
    expect(named.choice).toContain(probe.context.name);
    for (const each of [double, probe, engine, named]) each.dispose();
  });

  it('evaluates again on a new device when the device is lost', async () => {
    const engine = await open(crystal);
    await engine.compute(crystal.positions, crystal.cell);
    const before = engine.result.forces.slice();
    engine.context.device.destroy();
    await engine.compute(crystal.positions, crystal.cell);
    expect(engine.deviceRecoveries).toBe(1);
    expect(engine.result.forces).toEqual(before);
    engine.dispose();
  });

  it('keeps its list while atoms stay within the skin, and follows a changing cell', async () => {
    const engine = await open(crystal);
    await engine.compute(crystal.positions, crystal.cell);
    for (const scale of [1.01, 1.02]) {
      const c = {
        ...crystal,
        positions: crystal.positions.map((x) => scale * x),
        cell: crystal.cell.map((x) => scale * x),
      };
      await engine.compute(c.positions, c.cell);
      const reference = evaluateReference(argon, c);
      expect(largest(engine.result.forces, reference.forces)).toBeLessThan(2e-6);
      expect(Math.abs(engine.result.energy - reference.energy)).toBeLessThan(2e-6);
    }
    expect(engine.neighbourListBuilds).toBeLessThan(3);
    const displaced = crystal.positions.map((x, k) => (k === 0 ? x + 0.9 : x));
    const builds = engine.neighbourListBuilds;
    await engine.compute(displaced, crystal.cell);
    expect(engine.neighbourListBuilds).toBe(builds + 1);
    engine.dispose();
  });

  it('follows exchanged species', async () => {
    const alloy = structures(['Si', 'Ge', 'O'], 2.35).crystal;
    const model = randomMomentTensor(2, ['O', 'Si', 'Ge'], 3);
    const engine = await GpuForceEngine.open(nodeGpu, model, atomsOf(alloy), 0.5);
    await engine.compute(alloy.positions, alloy.cell);
    const kinds = alloy.kinds.toReversed();
    engine.setKinds(kinds);
    await engine.compute(alloy.positions, alloy.cell);
    const reference = evaluateReference(model, { ...alloy, kinds });
    expect(largest(engine.result.atomEnergies, reference.atomEnergies)).toBeLessThan(1e-5);
    expect(engine.neighbourListBuilds).toBe(1);
    engine.dispose();
  });

  it('names what is wrong with a structure', async () => {
    const engine = await open(molecule);
    const nan = molecule.positions.map((x, k) => (k === 4 ? NaN : x));
    await expect(engine.compute(nan, molecule.cell)).rejects.toThrow(/atom 2/);
    const overlapping = molecule.positions.slice();
    overlapping.copyWithin(3, 0, 3);
    await expect(engine.compute(overlapping, molecule.cell)).rejects.toThrow(/Atom [12] at .* overlap/);
    await engine.compute(molecule.positions, molecule.cell);
    expect(engine.result.energy).toBeCloseTo(evaluateReference(argon, molecule).energy, 6);
    await expect(engine.compute(new Float64Array(3), molecule.cell)).rejects.toThrow(/coordinates/);
    engine.dispose();
    await expect(
      open(crystal).then((e) => e.compute(crystal.positions, new Float64Array(9))),
    ).rejects.toThrow();
    await expect(
      GpuForceEngine.open(nodeGpu, argon, { ...atomsOf(crystal), symbols: ['Xe'] }, 1),
    ).rejects.toThrow(/made for Ar/);
  });

  it('puts moments into a buffer where workgroup memory is too small', async () => {
    const model = randomMomentTensor(8, ['Si', 'Ge'], 16);
    const tables = momentTensorTables(model);
    expect(momentTensorShape(model, tables, 16384)).toEqual({ tile: 64, shared: true });
    const c = structures(model.species, 2.35).liquid;
    const reference = evaluateReference(model, c);
    // two batches of atoms; tiles of a few neighbours
    const small = { workgroupBytes: 4 * (7 * 64 + 8 * 17), scratchBytes: 8 * tables.momentCount * 15 };
    expect(momentTensorShape(model, tables, small.workgroupBytes)).toEqual({ tile: 8, shared: false });
    const engine = await GpuForceEngine.open(nodeGpu, model, atomsOf(c), 0.5, small);
    await engine.compute(c.positions, c.cell);
    const scale = reference.forces.reduce((max, f) => Math.max(max, Math.abs(f)), 0);
    expect(largest(engine.result.forces, reference.forces) / scale).toBeLessThan(2e-6);
    expect(largest(engine.result.atomEnergies, reference.atomEnergies)).toBeLessThan(1e-5);
    engine.dispose();
  });
});
