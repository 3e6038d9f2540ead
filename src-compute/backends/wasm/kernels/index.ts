/** Which kernels compute which potential. A new form is one line here. */
import { BackendError } from '../../../errors.ts';
import type { MomentTensorModel } from '../../../potentials/moment-tensor/model.ts';
import type { PotentialModelBase } from '../../../potentials/potential.ts';
import type { Lanes } from '../encoder/index.ts';
import type { Kernel } from './kernel.ts';
import { MomentTensorKernel } from './moment-tensor/kernel.ts';

type KernelMaker = (model: never, lanes: Lanes, species: readonly string[]) => Kernel[];

const makers: Readonly<Record<string, KernelMaker>> = {
  'moment-tensor': (model: MomentTensorModel, lanes, species) => [
    new MomentTensorKernel(model, lanes, species),
  ],
};

/** Forms that the WebAssembly backend computes. */
export function hasKernels(model: PotentialModelBase): boolean {
  return model.form in makers;
}

/**
 * Kernels of a model.
 * @param species order in which the backend numbers species
 * @throws BackendError when the form has none
 */
export function kernelsOf(model: PotentialModelBase, lanes: Lanes, species = model.species): Kernel[] {
  const maker = makers[model.form] as
    ((model: PotentialModelBase, lanes: Lanes, species: readonly string[]) => Kernel[]) | undefined;
  if (!maker) {
    throw new BackendError(`The WebAssembly backend does not compute potentials of the form ${model.form}.`, {
      remedy: 'Use --backend reference.',
    });
  }
  return maker(model, lanes, species);
}
