/** LAMMPS as an engine: find it, evaluate structures, run dynamics. */
export { findLammps, requirePackage, type LammpsProgram } from './program.ts';
export { classicalInteraction, kimInteraction, type LammpsInteraction } from './interaction.ts';
export { lammpsSinglePoints, type SinglePoint, type SinglePointOptions } from './single-points.ts';
export {
  lammpsDynamics,
  type LammpsDynamicsOptions,
  type LammpsDynamicsResult,
  type LammpsDynamicsSettings,
  type LammpsEnsemble,
  type ThermoRow,
} from './dynamics.ts';
export { LammpsForceEngine } from './force-engine.ts';
export type { DynamicsFrame } from './dump.ts';
export { LammpsError } from './lammps-error.ts';
export type { RunOptions } from './runner.ts';
