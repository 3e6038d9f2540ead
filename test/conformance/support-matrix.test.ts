/**
 * Which backend computes which form: written down, so that a form that loses a backend, or gains one without being tested
 * there, is noticed. The KIM model's column is tested in test/src-main/services/export/kim-*.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { termsOf } from '../../src-compute/backends/gpu/terms.ts';
import { whyNoKernels } from '../../src-compute/backends/wasm/kernels/index.ts';
import { BackendError, PotentialError } from '../../src-compute/errors.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { FORM_NAMES, type PotentialModel } from '../../src-compute/potentials/registry.ts';
import { formatParameterFile } from '../../src-main/services/export/parameter-file.ts';
import { potentials } from './potentials.ts';

type Backend = 'wasm' | 'webgpu' | 'kim';

/** Backends besides the reference, which computes all. The compiler asks for a row of every form. */
const SUPPORT: Readonly<Record<PotentialModel['form'], readonly Backend[]>> = {
  'moment-tensor': ['wasm', 'webgpu', 'kim'],
  'tensor-regression': ['wasm', 'kim'],
  'lennard-jones': ['wasm', 'webgpu', 'kim'],
  morse: ['wasm', 'webgpu', 'kim'],
  zbl: ['wasm', 'webgpu', 'kim'],
  'tabulated-pair': ['wasm', 'webgpu', 'kim'],
  'stillinger-weber': ['wasm', 'webgpu', 'kim'],
  'embedded-atom': ['wasm', 'webgpu', 'kim'],
  snap: ['wasm', 'webgpu', 'kim'],
  ace: ['wasm', 'webgpu', 'kim'],
  crowding: ['wasm', 'webgpu', 'kim'],
  // as far as its terms go
  sum: ['wasm', 'webgpu', 'kim'],
};

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (error instanceof BackendError || error instanceof PotentialError) return false;
    throw error;
  }
}

const COMPUTES: Readonly<Record<Backend, (model: PotentialModelBase) => boolean>> = {
  wasm: (model) => whyNoKernels(model) === undefined,
  webgpu: (model) => succeeds(() => termsOf(model)),
  kim: (model) => succeeds(() => formatParameterFile(model, [])),
};

describe('the support matrix', () => {
  const simple = potentials.filter(({ model }) => model.form !== 'sum');

  it.each(simple.map(({ name, model }) => [name, model] as const))('%s', (_, model) => {
    const found = (Object.keys(COMPUTES) as Backend[]).filter((backend) => COMPUTES[backend](model));
    expect(found).toEqual(SUPPORT[model.form as keyof typeof SUPPORT]);
  });

  it('has every form among the potentials of the suite', () => {
    const forms = new Set(potentials.map(({ model }) => model.form));
    expect([...forms].sort()).toEqual([...FORM_NAMES].sort());
  });
});
