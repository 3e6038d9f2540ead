/** Which kernels compute which potential: programs (src-compute/programs) first, then those written by hand. */
import { BackendError } from '../../../errors.ts';
import type { PotentialModelBase } from '../../../potentials/potential.ts';
import { manyBodyProgramOf, whyNoProgram } from '../../../programs/index.ts';
import { PairProgram } from '../../../programs/pair/program.ts';
import { ManyBodyKernel } from '../../../programs/wasm/many-body-kernel.ts';
import { PairKernel } from '../../../programs/wasm/pair-kernel.ts';
import { isForm } from '../../form.ts';
import type { Lanes } from '../encoder/index.ts';
import type { Kernel } from './kernel.ts';
import { TensorRegressionKernel } from './tensor-regression/kernel.ts';

/** How kernels are made. */
export interface KernelSettings {
  readonly lanes: Lanes;
  /** Order in which the backend numbers species; a model may know more. */
  readonly species: readonly string[];
  /** Largest number of products of a moment tensor (or functions of a tensor-regression) potential that becomes straight-line code. */
  readonly straightLineProducts?: number;
}

/** Why the WebAssembly backend cannot compute a model; undefined when it can. */
export function whyNoKernels(model: PotentialModelBase): string | undefined {
  if (isForm(model, 'sum')) {
    return model.terms.map(whyNoKernels).find((reason) => reason !== undefined);
  }
  if (isForm(model, 'tensor-regression')) return undefined;
  return whyNoProgram(model);
}

/** The models that the kernels of a model compute, in the order of kernelsOf. */
export function termsOfKernels(model: PotentialModelBase): PotentialModelBase[] {
  return isForm(model, 'sum') ? model.terms.flatMap(termsOfKernels) : [model];
}

/**
 * Kernels of a model.
 * @throws BackendError when it has none
 */
export function kernelsOf(model: PotentialModelBase, settings: KernelSettings): Kernel[] {
  const missing = whyNoKernels(model);
  if (missing !== undefined) {
    throw new BackendError(`This potential cannot be computed here: ${missing}.`, {
      remedy: 'Use --backend reference.',
    });
  }
  const { lanes, species, straightLineProducts } = settings;
  if (isForm(model, 'sum')) return model.terms.flatMap((term) => kernelsOf(term, settings));
  const program = manyBodyProgramOf(model, species, { straightLineProducts });
  if (program instanceof PairProgram) return [new PairKernel(program, lanes, species.length)];
  if (program) return [new ManyBodyKernel(program, lanes, species.length)];
  if (isForm(model, 'tensor-regression')) {
    return [new TensorRegressionKernel(model, lanes, species, straightLineProducts)];
  }
  return [];
}
