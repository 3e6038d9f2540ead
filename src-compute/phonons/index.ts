/** Phonons of crystals from finite displacements. */
export { bandPath, pathPoints, type BandPath, type PathPoint } from './band-path.ts';
export { PhononCrystal } from './crystal.ts';
export {
  densityOfStates,
  frequencyMesh,
  instability,
  meshCounts,
  thermodynamics,
  type FrequencyMesh,
  type Thermodynamics,
} from './density.ts';
export { chooseDisplacements, type Displacement } from './displacements.ts';
export { DynamicalMatrix, THZ, type Modes } from './dynamical-matrix.ts';
export { displacedForces, forceConstants, type ForceConstants } from './force-constants.ts';
