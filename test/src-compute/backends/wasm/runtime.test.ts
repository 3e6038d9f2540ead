import { describe, expect, it } from 'vitest';
import { lanesOf } from '../../../../src-compute/backends/wasm/program.ts';
import {
  createMemory,
  ensureMemory,
  hasSharedMemory,
  hasSimd,
} from '../../../../src-compute/backends/wasm/runtime.ts';
import { BackendError } from '../../../../src-compute/errors.ts';

describe('what the machine can do', () => {
  it('is asked of the machine: Node 24 has vectors and shared memory', () => {
    expect(hasSimd()).toBe(true);
    expect(hasSharedMemory()).toBe(true);
  });

  it('decides between vectors and scalars', () => {
    expect(lanesOf('f64').name).toBe('f64x2');
    expect(lanesOf('f32').name).toBe('f32x4');
    expect(lanesOf('f64', false).name).toBe('f64');
    expect(lanesOf('f32', false).name).toBe('f32');
  });

  it('ends in a sentence when there is too little memory', () => {
    expect(() => createMemory(2 ** 33, 2 ** 33, false)).toThrow(BackendError);
    const small = createMemory(65536, 131072, false);
    ensureMemory(small, 131072);
    expect(small.buffer.byteLength).toBe(131072);
    expect(() => ensureMemory(small, 131073)).toThrow(/MiB of memory/);
  });
});
