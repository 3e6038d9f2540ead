/** A potential that was learned on the fly, as it is saved. */
import { expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
} from '../../../../src-compute/fitting/online/index.ts';
import { onTheFlyViewSchema } from '../../../../src-main/services/on-the-fly/view.ts';
import { learnedDocument } from '../../../../src-main/services/on-the-fly/document.ts';
import { siliconTrajectory } from '../../../support/trajectories.ts';

const view = onTheFlyViewSchema.parse({
  kind: 'on-the-fly',
  step: 40,
  steps: 40,
  time: 0.04,
  reference: 'Stillinger–Weber',
  phase: 'model',
  reason: null,
  parameters: 10,
  referenceCalls: 40,
  modelSteps: 0,
  saving: 1,
  tookOverAt: null,
  updates: 4,
  handedBack: 0,
  uncertainCalls: 0,
  error: null,
  tolerance: 0.05,
  uncertainty: null,
  atomTolerance: 0.1,
  calibration: 1,
  lastComparison: null,
  checks: { count: 0, forceMae: null, forceRmse: null, energyMae: null },
  milliseconds: { reference: null, model: null, update: null, longestUpdate: null },
  temperature: null,
  potential: null,
  conserved: null,
  distances: { kind: 'g', r: [], reference: [], model: [], referenceFrames: 0, modelFrames: 0 },
});

it('is what was learned for the learned frames, and repels below their distances', async () => {
  const { structure, frames } = await siliconTrajectory(1, { steps: 40, seed: 4 });
  const settings = completeOnlineLearnerSettings({ radial: 4, angular: 2, cutoff: 4 });
  const learner = createOnlineLearner(structure, settings);
  for (const frame of frames) learner.add(frame);
  learner.solve();
  const { model } = learnedDocument(learner, view, settings);
  expect(model.form).toBe('sum');
  for (const { positions, cell } of frames) {
    const learned = evaluateReference(learner.model(), { ...structure, positions, cell });
    expect(evaluateReference(model, { ...structure, positions, cell })).toEqual(learned);
  }
  const dimer = (distance: number) =>
    evaluateReference(model, {
      symbols: ['Si'],
      kinds: Uint16Array.of(0, 0),
      positions: Float64Array.of(0, 0, 0, distance, 0, 0),
      cell: new Float64Array(9),
      periodic: [false, false, false],
    }).energy;
  const inner = 0.85 * learner.shortest[0];
  expect(inner).toBeGreaterThan(1.5);
  // from there on bare nuclei decide, whatever the learned part says
  expect(dimer(1)).toBeGreaterThan(dimer(inner) + 10);
  expect(dimer(0.5)).toBeGreaterThan(dimer(1) + 100);
  // the distances go with the state, and with what is merged
  const other = createOnlineLearner(structure, settings);
  other.restore(learner.save());
  expect(other.shortest).toEqual(learner.shortest);
  const third = createOnlineLearner(structure, settings);
  third.add(frames[0]);
  third.merge(learner.save());
  expect(third.shortest).toEqual(learner.shortest);
});
