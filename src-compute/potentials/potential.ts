/**
 * What every potential is, whatever its functional form: plain data (the model) that backends know how to evaluate.
 * Each form lives in a folder of its own and joins the union of models in `registry.ts`.
 */

/** Fields common to all models. */
export interface PotentialModelBase {
  /** Discriminator: 'moment-tensor', 'lennard-jones', … */
  readonly form: string;
  /** Species in the model's own order; parameters are indexed by position in this list. */
  readonly species: readonly string[];
  /** Largest distance at which atoms interact, Å. */
  readonly cutoff: number;
}

/** Energy and its derivatives for one configuration. docs/physics.md conventions. */
export interface Evaluation {
  /** Total energy, eV. */
  energy: number;
  /** Per-atom energies, eV; N. Their sum is `energy`. */
  readonly atomEnergies: Float64Array;
  /** F = −∂E/∂x, eV/Å; 3N. */
  readonly forces: Float64Array;
  /** W = −∂E/∂ε, eV; 9, row-major. */
  readonly virial: Float64Array;
}

/** Fresh zeroed evaluation for n atoms. */
export function emptyEvaluation(n: number): Evaluation {
  return {
    energy: 0,
    atomEnergies: new Float64Array(n),
    forces: new Float64Array(3 * n),
    virial: new Float64Array(9),
  };
}

/** Names of backends as users write them. */
export type BackendName = 'reference' | 'wasm' | 'wasm-f32' | 'webgpu';

/**
 * A potential bound to one set of atoms on one backend, for many evaluations (simulations, relaxations).
 * The engine owns its neighbour list (Verlet skin) and its result arrays, which every compute overwrites.
 */
export interface ForceEngine {
  /** A backend of our own, or another program. */
  readonly backend: BackendName | 'lammps' | 'on-the-fly';
  readonly threads: number;
  /** Overwritten by every compute. */
  readonly result: Evaluation;
  /** How often the neighbour list was built. */
  readonly neighbourListBuilds: number;
  /**
   * Evaluates energy, forces and virial. CPU backends return at once; GPU backends return a promise.
   * @param positions 3N, Å
   * @param cell 9, Å
   * @throws StructureError for NaN positions or a collapsed cell
   */
  compute(positions: Float64Array, cell: Float64Array): void | Promise<void>;
  /**
   * Drops the neighbour list: the next compute builds it afresh, so that its result depends on its arguments alone.
   * Simulations do this at checkpoints; a resumed run then equals the uninterrupted one bit for bit (which also
   * needs an order of summation that does not change from run to run).
   */
  forgetNeighbours(): void;
  /** Tells the engine that kinds changed (element swaps in Monte Carlo). */
  setKinds(kinds: Uint16Array): void;
  /**
   * Goes over to the parameters of another model of the same structure, or to those of the present one after they have
   * changed, without compiling again: for models that learn while they are used. Absent where a backend cannot.
   * @throws BackendError for a model of another structure
   */
  updateParameters?(model: PotentialModelBase): void;
  dispose(): void;
}
