/** Whether this machine can build and run exported KIM models, and potentials to do it with. */
import { readFileSync } from 'node:fs';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import { parseMtp } from '../../src-compute/potentials/moment-tensor/mtp-text.ts';
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
