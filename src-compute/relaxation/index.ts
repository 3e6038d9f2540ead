/** Relaxation of structures: to the nearest minimum of energy, or of enthalpy when the cell may change. */
export { relax } from './relax.ts';
export {
  FULL_CELL,
  RELAXATION_METHODS,
  type RelaxationEnd,
  type RelaxationMethod,
  type RelaxationResult,
  type RelaxationSettings,
  type RelaxationStep,
} from './settings.ts';
