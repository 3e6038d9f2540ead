/** Plain evaluation of any potential: what every other backend is tested against. A new form is one line here. */
import { PotentialError } from '../../errors.ts';
import { evaluateAce, type AceModel } from '../../potentials/ace/index.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import { evaluateCrowding, type CrowdingModel } from '../../potentials/crowding/model.ts';
import { evaluateMomentTensor } from '../../potentials/moment-tensor/reference.ts';
import { evaluatePairFunctions, pairFunctions } from '../../potentials/pair/index.ts';
import type { Evaluation, PotentialModelBase } from '../../potentials/potential.ts';
import { evaluateEmbeddedAtom, type EmbeddedAtomModel } from '../../potentials/embedded-atom/index.ts';
import { evaluateSnap, type SnapModel } from '../../potentials/snap/index.ts';
import { evaluateStillingerWeber } from '../../potentials/stillinger-weber/index.ts';
import type { StillingerWeberModel } from '../../potentials/stillinger-weber/index.ts';
import { evaluateSum } from '../../potentials/sum/sum.ts';
import type { SumModel } from '../../potentials/sum/sum.ts';
import { evaluateTensorRegression } from '../../potentials/tensor-regression/index.ts';
import type { TensorRegressionModel } from '../../potentials/tensor-regression/index.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { isForm, isPairModel } from '../form.ts';

/**
 * Energy, per-atom energies, forces and virial.
 * @throws PotentialError for forms and species that are not known; StructureError for unusable structures
 */
export function evaluateReference(model: PotentialModelBase, configuration: Configuration): Evaluation {
  if (isForm<MomentTensorModel>(model, 'moment-tensor')) return evaluateMomentTensor(model, configuration);
  if (isForm<TensorRegressionModel>(model, 'tensor-regression'))
    return evaluateTensorRegression(model, configuration);
  if (isForm<StillingerWeberModel>(model, 'stillinger-weber'))
    return evaluateStillingerWeber(model, configuration);
  if (isForm<EmbeddedAtomModel>(model, 'embedded-atom')) return evaluateEmbeddedAtom(model, configuration);
  if (isForm<SnapModel>(model, 'snap')) return evaluateSnap(model, configuration);
  if (isForm<AceModel>(model, 'ace')) return evaluateAce(model, configuration);
  if (isForm<CrowdingModel>(model, 'crowding')) return evaluateCrowding(model, configuration);
  if (isForm<SumModel>(model, 'sum')) return evaluateSum(model, configuration, evaluateReference);
  if (isPairModel(model)) {
    return evaluatePairFunctions(model.species, pairFunctions(model), model.cutoff, configuration);
  }
  throw new PotentialError(`There is no evaluation of potentials of the form ${model.form}.`);
}
