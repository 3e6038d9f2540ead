/** Runs in which atoms come closer than the data of their potential say so. */
import { describe, expect, it } from 'vitest';
import { closeAtomsWarning, closePairFinder } from '../../../../src-compute/potentials/distances.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { repulsionRadii } from '../../../../src-compute/fitting/repulsion/radii.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { runHybridMonteCarlo } from '../../../../src-main/services/simulations/hybrid-monte-carlo-run.ts';
import { runMolecularDynamics } from '../../../../src-main/services/simulations/molecular-dynamics-run.ts';
import { randomMomentTensor } from '../../../conformance/potentials.ts';

const species = ['O', 'Si'];
const learnt = randomMomentTensor(4, species, 3);
// O–O of the data from 2.0 Å on, O–Si from 1.6, no Si–Si
const { handover, zbl } = repulsionRadii(species, Float64Array.of(2, 1.6, 1.6, Infinity), learnt.cutoff);
const model = sumModel<PotentialModelBase>([{ ...learnt, handover } as typeof learnt, zbl]);

const pair = (symbols: [string, string], distance: number): Configuration => ({
  symbols,
  kinds: Uint16Array.of(0, 1),
  positions: Float64Array.of(0, 0, 0, distance, 0, 0),
  cell: new Float64Array(9),
  periodic: [false, false, false],
});

describe('a potential with a hand-over', () => {
  const find = closePairFinder(model);
  it.each<[[string, string], number, boolean]>([
    [['O', 'O'], 1.95, false],
    [['O', 'O'], 1.85, true],
    [['O', 'Si'], 1.6, false],
    [['Si', 'O'], 1.5, true],
    // 1 eV between bare nuclei is at 2.4 Å
    [['Si', 'Si'], 2.5, false],
    [['Si', 'Si'], 2.3, true],
  ])('knows what is close for every pair: %s at %d Å', (symbols, distance, isClose) => {
    const found = find?.(pair(symbols, distance));
    expect(found !== undefined).toBe(isClose);
    if (found) expect(found).toMatchObject({ pair: symbols.join('–'), distance });
    expect(closeAtomsWarning(model, pair(symbols, distance)) !== undefined).toBe(isClose);
  });

  it('names pairs that its data never had', () => {
    expect(closeAtomsWarning(model, pair(['Si', 'Si'], 2.3))).toMatch(/data have no Si–Si pairs/);
    expect(closeAtomsWarning(model, pair(['O', 'Si'], 1.4))).toMatch(/closer than any O–Si pair/);
  });
});

it('a run that comes closer than the data says where, and keeps it in its result', async () => {
  const notes: string[] = [];
  // 60 eV in the frame of the centre of mass
  const velocities = Float64Array.of(0, 0, 0, -0.27, 0, 0);
  const result = await runMolecularDynamics({
    model,
    configuration: { ...pair(['O', 'O'], 3), velocities },
    settings: { ensemble: 'nve', timestep: 0.05, steps: 120, temperature: 0, keepVelocities: true, seed: 1 },
    engine: { backend: 'reference' },
    onNote: (note) => notes.push(note),
  });
  const said = notes.filter((note) => note.includes('closer than any O–O'));
  expect(said).toHaveLength(2);
  expect(said[0]).toMatch(/^Warning: At step \d+:/);
  expect(said[1]).toContain(`closest at step ${result.closest?.step}`);
  expect(result.closest?.distance).toBeLessThan(1.5);
});

it('a Monte Carlo run says so at its end, too, whichever trajectory it was', async () => {
  const notes: string[] = [];
  const result = await runHybridMonteCarlo({
    model,
    configuration: {
      ...pair(['O', 'O'], 2.2),
      cell: Float64Array.of(4.4, 0, 0, 0, 4.4, 0, 0, 0, 4.4),
      periodic: [true, true, true],
    },
    settings: {
      temperature: 40_000,
      timestep: 0.5,
      leapfrogSteps: 10,
      trajectories: 150,
      burnIn: 0,
      seed: 2,
    },
    engine: { backend: 'reference' },
    onNote: (note) => notes.push(note),
  });
  const said = notes.filter((note) => note.includes('closer than any O–O'));
  expect(said).toHaveLength(2);
  expect(said[0]).toMatch(/^Warning: At trajectory \d+:/);
  expect(said[1]).toContain(`closest at trajectory ${result.closest?.step}`);
  expect(result.closest?.distance).toBeLessThan(1.9);
});
