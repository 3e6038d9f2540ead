/** Which kernels compute which potential. A new form is one line here. */
import { BackendError } from '../../../errors.ts';
import type { MomentTensorModel } from '../../../potentials/moment-tensor/model.ts';
import type { PairModel } from '../../../potentials/pair/index.ts';
import type { StillingerWeberModel } from '../../../potentials/stillinger-weber/index.ts';
import type { SumModel } from '../../../potentials/sum/sum.ts';
import type { PotentialModelBase } from '../../../potentials/potential.ts';
import type { Lanes } from '../encoder/index.ts';
import type { Kernel } from './kernel.ts';
import { isForm } from '../../form.ts';
import { MomentTensorKernel } from './moment-tensor/kernel.ts';
import { PairKernel } from './pair/kernel.ts';
import { StillingerWeberKernel, whyNotStillingerWeber } from './stillinger-weber/kernel.ts';

type KernelMaker = (model: never, lanes: Lanes, species: readonly string[]) => Kernel[];

const pair: KernelMaker = (model: PairModel, lanes, species) => [new PairKernel(model, lanes, species)];

const makers: Readonly<Record<string, KernelMaker>> = {
  'lennard-jones': pair,
  morse: pair,
  zbl: pair,
  'tabulated-pair': pair,
  'stillinger-weber': (model: StillingerWeberModel, lanes, species) => [
    new StillingerWeberKernel(model, lanes, species),
  ],
  sum: (model: SumModel, lanes, species) => model.terms.flatMap((term) => kernelsOf(term, lanes, species)),
  'moment-tensor': (model: MomentTensorModel, lanes, species) => [
    new MomentTensorKernel(model, lanes, species),
  ],
};

/** Why the WebAssembly backend cannot compute a model; undefined when it can. */
export function whyNoKernels(model: PotentialModelBase): string | undefined {
  if (isForm<SumModel>(model, 'sum')) {
    return model.terms.map(whyNoKernels).find((reason) => reason !== undefined);
  }
  if (isForm<StillingerWeberModel>(model, 'stillinger-weber')) return whyNotStillingerWeber(model);
  return model.form in makers
    ? undefined
    : `the WebAssembly backend does not compute potentials of the form ${model.form}`;
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
