/** The learned model as a potential document. */
import type { OnlineLearnerSettings, TensorLearner } from '../../../src-compute/fitting/online/index.ts';
import type { PotentialDocument, Provenance } from '../../../src-compute/potentials/document.ts';
import type { PotentialModel, TermModel } from '../../../src-compute/potentials/registry.ts';
import { sumModel } from '../../../src-compute/potentials/sum/sum.ts';
import { PROGRAM } from '../program.ts';
import type { OnTheFlyView } from './view.ts';

/**
 * @param view the state of the run at its end
 */
export function learnedDocument(
  learner: TensorLearner,
  view: OnTheFlyView,
  settings: OnlineLearnerSettings,
  name = `learned on the fly from ${view.reference}`,
): PotentialDocument {
  const { checks } = view;
  const provenance: Provenance = {
    program: PROGRAM,
    created: new Date().toISOString(),
    data: [{ name: view.reference, role: 'train' }],
    settings: JSON.parse(JSON.stringify(settings)) as Provenance['settings'],
    report: {
      structures: learner.frames,
      steps: view.step,
      referenceCalls: view.referenceCalls,
      updates: view.updates,
      checks: checks.count,
      checkForceMaeMevPerA: checks.forceMae,
      checkForceRmseMevPerA: checks.forceRmse,
      checkEnergyMaeMevPerAtom: checks.energyMae,
    },
  };
  return { name, model: repelling(learner), provenance, metrics: {} };
}

/**
 * The learned model with its hand-over, as it acts in the run, and the repulsion of bare nuclei below the shortest
 * distances of what was learned. Without these where the distances or the elements are not known.
 */
function repelling(learner: TensorLearner): PotentialModel {
  const { zbl } = learner;
  return zbl ? sumModel<TermModel>([learner.model(), zbl]) : learner.model();
}
