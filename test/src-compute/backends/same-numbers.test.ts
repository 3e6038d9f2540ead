/**
 * Potentials without a hand-over give, bit for bit, the numbers that they gave before there was one: WebAssembly computes
 * the same on every machine. A change that means to alter the order of sums alters these digests too (those of moment tensors
 * when they became programs: virials take the pair's vector itself, not the unit vector times r; forces kept their bits).
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import { randomMomentTensor, randomTensorRegression } from '../../conformance/potentials.ts';

const crystal = supercell(lattice('diamond', ['Si'], 5.43), [2, 2, 2]);
const positions = crystal.positions.map((x, k) => x + 0.1 * (((k * 7919) % 101) / 101 - 0.5));
const moments = randomMomentTensor(10, ['Si'], 5);
const tensor = randomTensorRegression(['Si'], 33, { radialSize: 6, angularSize: 5, angularRadial: 3 });

it.each([
  ['moment tensor', moments, 'wasm', -85.1413160396657, 'bbaaa58b519b0ed0'],
  ['moment tensor', moments, 'wasm-f32', -85.14131806790829, 'dc085f5baff43116'],
  ['tensor regression', tensor, 'wasm', -147.0969843326299, 'bc4192a4b766dbd0'],
  ['tensor regression', tensor, 'wasm-f32', -147.09699154817343, '0942baca072b2d75'],
] as const)('%s, case %#: energy, forces and virial', async (_, model, backend, energy, digest) => {
  const engine = createForceEngine(model, atomsOf(crystal), { backend, threads: 1, skin: 0 });
  await engine.compute(positions, crystal.cell);
  const { result } = engine;
  const bytes = [result.forces, result.virial].map((values) => Buffer.from(values.slice().buffer));
  expect(result.energy).toBe(energy);
  expect(createHash('sha256').update(Buffer.concat(bytes)).digest('hex').slice(0, 16)).toBe(digest);
  engine.dispose();
});
