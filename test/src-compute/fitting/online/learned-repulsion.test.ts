/** A model that learns while a run goes on repels below the distances that it has been shown so far. */
import { describe, expect, it } from 'vitest';
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
  type LabelledFrame,
  type OnlineLearnerInput,
} from '../../../../src-compute/fitting/online/index.ts';
import { repulsionRadii } from '../../../../src-compute/fitting/repulsion/radii.ts';
import { evaluateZbl } from '../../../../src-compute/potentials/pair/zbl.ts';
import { neighbourPairs } from '../../../../src-compute/structure/neighbour-list.ts';
import { siliconTrajectory } from '../../../support/trajectories.ts';

const { structure, frames } = await siliconTrajectory(1, { steps: 30, seed: 4 });

/** Entries alike within a tolerance. */
function expectClose(a: Float64Array, b: Float64Array, tolerance: number): void {
  a.forEach((x, k) => expect(Math.abs(x - b[k])).toBeLessThan(tolerance));
}

/** The last frame with the nearest neighbour of atom 0 put so far from it, along their bond. */
const last = frames[frames.length - 1];
const list = neighbourPairs({ ...structure, ...last }, 4);
const length = (p: number) => Math.hypot(...list.vectors.subarray(3 * p, 3 * p + 3));
const nearest = Array.from({ length: list.start[1] }, (_, p) => p).reduce((a, b) =>
  length(b) < length(a) ? b : a,
);
const moving = list.neighbours[nearest];

function squeezed(distance: number): Pick<LabelledFrame, 'positions' | 'cell'> {
  const moved = last.positions.slice();
  for (let axis = 0; axis < 3; axis++) {
    moved[3 * moving + axis] =
      last.positions[axis] + (list.vectors[3 * nearest + axis] * distance) / length(nearest);
  }
  return { positions: moved, cell: last.cell };
}

describe.each<[string, OnlineLearnerInput]>([
  ['one head per element', { radial: 4, angular: 2, cutoff: 4 }],
  [
    'one head per atom, joint',
    { radial: 2, angular: 0, cutoff: 4, mode: 'per-atom', scheme: 'joint', rank: 1 },
  ],
  [
    'one head per atom, decoupled',
    { radial: 3, angular: 1, cutoff: 4, mode: 'per-atom', scheme: 'decoupled' },
  ],
])('learning on the fly, %s', (_, input) => {
  const settings = completeOnlineLearnerSettings(input);
  function learned() {
    const learner = createOnlineLearner(structure, settings);
    for (const frame of frames) learner.add(frame);
    learner.solve();
    return learner;
  }
  const copy = ({
    energy,
    forces,
    virial,
  }: {
    energy: number;
    forces: Float64Array;
    virial: Float64Array;
  }) => ({
    energy,
    forces: forces.slice(),
    virial: virial.slice(),
  });

  it('repels as bare nuclei do below its distances, by both ways of predicting, with forces that are its gradient', () => {
    const learner = learned();
    const shortest = learner.shortest[0];
    const { handover, zbl } = repulsionRadii(['Si'], learner.shortest, settings.cutoff);
    expect(learner.model().handover).toEqual(handover);
    for (const share of [1.02, 0.9, 0.6, 0.35]) {
      const { positions, cell } = squeezed(share * shortest);
      const quick = copy(learner.predict(positions, cell, false).evaluation);
      const slow = copy(learner.predict(positions, cell, true).evaluation);
      expect(quick.energy).toBeCloseTo(slow.energy, 7);
      expectClose(quick.forces, slow.forces, 1e-7);
      expectClose(quick.virial, slow.virial, 1e-6);
      const h = 1e-5;
      const at = (step: number) => {
        const moved = positions.slice();
        moved[3 * moving] += step;
        return learner.predict(moved, cell, true).evaluation.energy;
      };
      const force = slow.forces[3 * moving];
      expect(Math.abs((at(-h) - at(h)) / (2 * h) - force)).toBeLessThan(1e-6 * Math.abs(force) + 1e-4);
    }
    // far inside the repulsion decides
    const energies = [0.6, 0.3].map((share) => {
      const at = squeezed(share * shortest);
      const { energy } = learner.predict(at.positions, at.cell, false).evaluation;
      return { energy, bare: evaluateZbl(zbl, { ...structure, ...at }).energy };
    });
    const [far, near] = energies;
    expect(near.bare - far.bare).toBeGreaterThan(100);
    expect(near.energy - far.energy).toBeGreaterThan(0.7 * (near.bare - far.bare));
  });

  it('follows what it learns when a closer frame joins, and goes on from its state to the same bits', () => {
    const learner = learned();
    const before = learner.shortest[0];
    const close = squeezed(0.9 * before);
    learner.predict(close.positions, close.cell, true);
    const other = createOnlineLearner(structure, settings);
    other.restore(learner.save());
    for (const each of [learner, other]) {
      each.add({ ...last, ...close });
      each.solve();
    }
    expect(learner.shortest[0]).toBeCloseTo(0.9 * before, 9);
    expect(other.save()).toEqual(learner.save());
    for (const share of [0.93, 0.8]) {
      const { positions, cell } = squeezed(share * before);
      const [a, b] = [learner, other].map((each) => copy(each.predict(positions, cell, false).evaluation));
      expect(b).toEqual(a);
    }
    // the frame is learned as it is: without repulsion or hand-over in its rows
    expect(learner.zbl?.radii?.outer[0]).toBeLessThan(0.9 * before);
  });
});
