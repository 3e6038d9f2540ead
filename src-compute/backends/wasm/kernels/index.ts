/** Which kernels compute which potential. A new form is one line in each function. */
import { BackendError } from '../../../errors.ts';
import type { PotentialModelBase } from '../../../potentials/potential.ts';
import { manyBodyProgramOf, whyNoProgram } from '../../../programs/index.ts';
import { ManyBodyKernel } from '../../../programs/wasm/many-body-kernel.ts';
import { isForm, isPairModel } from '../../form.ts';
import type { Lanes } from '../encoder/index.ts';
import { CrowdingKernel } from './crowding/kernel.ts';
import type { Kernel } from './kernel.ts';
import { MomentTensorKernel } from './moment-tensor/kernel.ts';
import { PairKernel } from './pair/kernel.ts';
import { TensorRegressionKernel } from './tensor-regression/kernel.ts';
import { StillingerWeberKernel, whyNotStillingerWeber } from './stillinger-weber/kernel.ts';

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
  if (isForm(model, 'stillinger-weber')) return whyNotStillingerWeber(model);
  if (isForm(model, 'moment-tensor') || isPairModel(model)) return undefined;
  if (isForm(model, 'tensor-regression')) return undefined;
  if (isForm(model, 'crowding')) return undefined;
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
  if (isForm(model, 'crowding')) return [new CrowdingKernel(model, lanes, species)];
  if (isPairModel(model)) return [new PairKernel(model, lanes, species)];
  if (isForm(model, 'stillinger-weber')) {
    return [new StillingerWeberKernel(model, lanes, species)];
  }
  const program = manyBodyProgramOf(model, species);
  if (program) return [new ManyBodyKernel(program, lanes, species.length)];
  if (isForm(model, 'moment-tensor')) {
    return [new MomentTensorKernel(model, lanes, species, straightLineProducts)];
  }
  if (isForm(model, 'tensor-regression')) {
    return [new TensorRegressionKernel(model, lanes, species, straightLineProducts)];
  }
  return [];
}
