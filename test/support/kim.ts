/** Whether this machine can build and run exported KIM models, and potentials to do it with. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import { parseMtp } from '../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { requireProgram } from './real-part.ts';
import { hasShared, sharedPath } from './shared.ts';

const INSTALL = 'apt-get install lammps lammps-data libkim-api-dev cmake make g++ wget openmpi-bin';

/** LAMMPS, the tools to build a model, and the reference potentials. */
export function canRunKimModels(): boolean {
  const programs = ['lmp', 'cmake', 'make', 'c++', 'pkg-config', 'mpirun'].every((name) =>
    requireProgram(name, INSTALL),
  );
  if (!programs || !hasShared()) return false;
  const headers = spawnSync('pkg-config', ['--exists', 'libkim-api']).status === 0;
  if (!headers && process.env.CI) throw new Error(`CI needs libkim-api-dev: ${INSTALL}`);
  return headers;
}

/** A potential of ../shared/references with names for its types. */
export function referencePotential(folder: string, species: readonly string[]): MomentTensorModel {
  return parseMtp(readFileSync(sharedPath('references', folder, 'pot.mtp'), 'utf8'), species);
}
