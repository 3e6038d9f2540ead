/** Whether this machine can build and run exported KIM models, and potentials to do it with. */
import { expect } from 'vitest';
import { readFileSync } from 'node:fs';
import { evaluateReference } from '../../src-compute/backends/reference/evaluate.ts';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import { parseMtp } from '../../src-compute/potentials/moment-tensor/mtp-text.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { atomCount, type Configuration } from '../../src-compute/structure/configuration.ts';
import {
  kimInteraction,
  lammpsSinglePoints,
  type LammpsProgram,
  type RunOptions,
} from '../../src-main/engines/lammps/index.ts';
import { requireProgram } from './real-part.ts';
import { hasShared, sharedPath } from './shared.ts';

const INSTALL = 'apt-get install lammps lammps-data libkim-api-dev cmake make g++ wget openmpi-bin';

/** LAMMPS, the tools to build a model, and the reference potentials. */
export function canRunKimModels(): boolean {
  // the last one comes with libkim-api-dev
  const programs = ['lmp', 'mpirun', 'cmake', 'make', 'c++', 'wget', 'kim-api-collections-management'];
  return programs.every((name) => requireProgram(name, INSTALL)) && hasShared();
}

/** A potential of ../shared/references with names for its types. */
export function referencePotential(folder: string, species: readonly string[]): MomentTensorModel {
  return parseMtp(readFileSync(sharedPath('references', folder, 'pot.mtp'), 'utf8'), species);
}

/** Largest differences between two evaluations of many structures, eV/atom, eV, eV/Å, eV. */
export interface KimDifferences {
  energy: number;
  atomEnergy: number;
  force: number;
  virial: number;
}

/**
 * Largest differences between a built model in LAMMPS and the reference.
 * @param folder of the model
 */
export async function kimDifferences(
  program: LammpsProgram,
  folder: string,
  potential: PotentialModelBase,
  structures: readonly Configuration[],
  options: RunOptions = {},
): Promise<KimDifferences> {
  // types in another order than the potential's species, so that the mapping is put to the test
  const interaction = kimInteraction(folder, [...potential.species].reverse());
  const results = await lammpsSinglePoints(program, interaction, structures, options);
  const largest: KimDifferences = { energy: 0, atomEnergy: 0, force: 0, virial: 0 };
  const compare = (key: keyof KimDifferences, a: Float64Array, b: Float64Array) =>
    a.forEach((x, k) => (largest[key] = Math.max(largest[key], Math.abs(x - b[k]))));
  structures.forEach((structure, k) => {
    const expected = evaluateReference(potential, structure);
    largest.energy = Math.max(
      largest.energy,
      Math.abs(expected.energy - results[k].energy) / atomCount(structure),
    );
    compare('atomEnergy', expected.atomEnergies, results[k].atomEnergies);
    compare('force', expected.forces, results[k].forces);
    compare('virial', expected.virial, results[k].virial);
  });
  return largest;
}

/** Differences of round-off. */
export function expectAgreement(largest: KimDifferences): void {
  expect(largest.energy).toBeLessThan(1e-9);
  expect(largest.atomEnergy).toBeLessThan(1e-9);
  expect(largest.force).toBeLessThan(1e-8);
  expect(largest.virial).toBeLessThan(1e-7);
}
