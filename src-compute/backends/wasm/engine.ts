/**
 * Force engine of the WebAssembly backend: neighbour list with Verlet skin, generated kernels, sums.
 *
 * Atoms are sorted and copied into periodic images (structure/periodic-images.ts), so that kernels see plain Cartesian
 * differences. The work is cut into slices of the sorted atoms (layout.ts), each with forces of its own, which are
 * added up slice by slice at the end: the result does not depend on the number of threads, bit for bit.
 */
import { BackendError, StructureError } from '../../errors.ts';
import { emptyEvaluation } from '../../potentials/potential.ts';
import type { BackendName, Evaluation, ForceEngine, PotentialModelBase } from '../../potentials/potential.ts';
import { VerletSkin } from '../../structure/verlet-skin.ts';
import type { WorkerTeam } from '../../workers/team.ts';
import type { AtomsOfEngine } from '../atoms.ts';
import { speciesOfAtoms } from '../species.ts';
import { AtomTables } from './atom-tables.ts';
import { COLLECT_CHUNK, PHASE } from './chunks.ts';
import { termsOfKernels } from './kernels/index.ts';
import { SLICE } from './layout.ts';
import type { Program } from './program.ts';

/** Threads of an engine: how many, and the team that they belong to. */
export interface EngineThreads {
  readonly count: number;
  readonly team: WorkerTeam;
}

export class WasmForceEngine implements ForceEngine {
  readonly backend: BackendName;
  private readonly wantedThreads: number;
  result: Evaluation;
  neighbourListBuilds = 0;

  private readonly model: PotentialModelBase;
  private readonly program: Program;
  /** The summands of the model that the kernels compute now. */
  private terms: readonly PotentialModelBase[];
  private readonly skin: number;
  private readonly tables: AtomTables;
  private team: WorkerTeam | undefined;
  private readonly teamId: number = 0;
  private verlet: VerletSkin;
  private atoms: AtomsOfEngine;
  private species: Int32Array;

  /**
   * @param skin Å
   * @param threads several only for programs on shared memory
   */
  constructor(
    model: PotentialModelBase,
    program: Program,
    atoms: AtomsOfEngine,
    skin: number,
    threads?: EngineThreads,
  ) {
    this.model = model;
    this.skin = skin;
    this.backend = program.lanes.bytes === 8 ? 'wasm' : 'wasm-f32';
    this.wantedThreads = program.shared ? (threads?.count ?? 1) : 1;
    this.program = program;
    this.terms = termsOfKernels(model);
    this.species = this.speciesOf(atoms);
    this.atoms = atoms;
    this.result = emptyEvaluation(atoms.kinds.length);
    this.verlet = new VerletSkin(model.cutoff, skin, atoms.periodic);
    this.tables = new AtomTables(program, this.wantedThreads);
    const { memory } = this.tables;
    program.kernels.forEach((kernel, k) =>
      kernel.writeCoefficients(memory.buffer, program.coefficientAddresses[k]),
    );
    if (threads && this.wantedThreads > 1) {
      this.team = threads.team;
      this.team.require(this.wantedThreads);
      this.teamId = this.team.addEngine(program.module, memory.memory);
    }
  }

  /** Threads that compute: 1 after a worker has failed. */
  get threads(): number {
    return this.team ? this.wantedThreads : 1;
  }

  /** Bytes of linear memory for the present atoms. */
  get memoryBytes(): number {
    return this.tables.memory.bytes;
  }

  /** Mean number of neighbours within the cutoff plus the skin. */
  get listedNeighboursPerAtom(): number {
    return this.tables.listed / Math.max(1, this.species.length);
  }

  /** Goes over to other atoms; the next compute builds a new list. */
  setAtoms(atoms: AtomsOfEngine): void {
    this.species = this.speciesOf(atoms);
    this.atoms = atoms;
    this.result = emptyEvaluation(atoms.kinds.length);
    this.verlet = new VerletSkin(this.model.cutoff, this.skin, atoms.periodic);
  }

  setKinds(kinds: Uint16Array): void {
    if (kinds.length !== this.species.length) {
      throw new StructureError(`${this.species.length} kinds were expected, and ${kinds.length} were given.`);
    }
    const atoms = { ...this.atoms, kinds: kinds.slice() };
    this.species = this.speciesOf(atoms);
    this.atoms = atoms;
    // the list knows no species, so that it stays valid
    if (this.neighbourListBuilds > 0) this.tables.writeSpecies(this.species);
  }

  forgetNeighbours(): void {
    this.verlet.invalidate();
  }

  updateParameters(model: PotentialModelBase): void {
    const terms = termsOfKernels(model);
    const { kernels, coefficientAddresses } = this.program;
    if (terms.length !== kernels.length) {
      throw new BackendError(`${kernels.length} terms were expected, and ${terms.length} were given.`);
    }
    kernels.forEach((kernel, k) => {
      if (kernel.updateCoefficients) {
        kernel.updateCoefficients(this.tables.memory.buffer, coefficientAddresses[k], terms[k]);
      } else if (terms[k] !== this.terms[k]) {
        throw new BackendError(
          `The parameters of a ${terms[k].form} potential cannot be changed while it is in use.`,
          { remedy: 'Create a new force engine.' },
        );
      }
    });
    this.terms = terms;
  }

  compute(positions: Float64Array, cell: Float64Array): void {
    const n = this.species.length;
    if (positions.length !== 3 * n) {
      throw new StructureError(`${n} atoms need ${3 * n} coordinates, and ${positions.length} were given.`);
    }
    if (n === 0) return;
    const { tables } = this;
    if (this.verlet.outdated(positions, cell)) this.rebuild(positions, cell);
    else tables.refresh(positions, cell, this.atoms.periodic, this.runPhase);
    // done again from the beginning if a worker fails
    while (!this.run(PHASE.forces, tables.slices.length));
    this.checkDistances(positions);
    while (!this.run(PHASE.collect, Math.ceil(n / COLLECT_CHUNK)));
    this.readResult();
  }

  dispose(): void {
    this.team?.removeEngine(this.teamId);
  }

  /** Species of atoms, after every term has accepted them. */
  private speciesOf(atoms: AtomsOfEngine): Int32Array {
    const species = speciesOfAtoms(this.model.species, atoms);
    for (const kernel of this.program.kernels) kernel.checkAtoms?.(species);
    return species;
  }

  private rebuild(positions: Float64Array, cell: Float64Array): void {
    // until the new list is there, none is valid
    this.verlet.invalidate();
    const range = this.model.cutoff + this.skin;
    this.tables.build(positions, cell, this.atoms.periodic, range, this.species, this.runPhase);
    this.verlet.remember(positions, cell);
    this.neighbourListBuilds++;
  }

  private readonly runPhase = (phase: number, chunks: number) => this.run(phase, chunks);

  /**
   * Computes a phase on all threads. When a worker fails, the engine goes on without workers: false then, and the phase
   * must be done again from its beginning.
   */
  private run(phase: number, chunks: number): boolean {
    if (this.team && chunks > 1) {
      const done = this.team.attempt(this.teamId, phase, chunks, this.threads, (chunk) => {
        this.tables.runner.run(phase, chunk, 0);
      });
      if (done) return true;
      this.team.removeEngine(this.teamId);
      this.team = undefined;
      return false;
    }
    for (let chunk = 0; chunk < chunks; chunk++) this.tables.runner.run(phase, chunk, 0);
    return true;
  }

  private checkDistances(positions: Float64Array): void {
    const { slices, memory, images } = this.tables;
    for (const { base } of slices) {
      const tooClose = memory.int32(base + SLICE.tooClose, 1)[0];
      if (tooClose > 0) throw this.overlap(positions, images.locals[tooClose - 1]);
    }
  }

  /** Copies forces and energies out, and adds up what the slices sum. */
  private readResult(): void {
    const { result, tables } = this;
    const { virial, atomEnergies } = result;
    result.forces.set(tables.atomForces);
    atomEnergies.set(tables.atomEnergies);
    let energy = 0;
    for (let i = 0; i < atomEnergies.length; i++) energy += atomEnergies[i];
    result.energy = energy;
    const sums = new Float64Array(6);
    for (const { base } of tables.slices) {
      const virialOfSlice = tables.memory.float64(base + SLICE.virial, 6);
      for (let k = 0; k < 6; k++) sums[k] += virialOfSlice[k];
    }
    // W_ab = −Σ r_a ∂E/∂r_b
    const [xx, yy, zz, yz, xz, xy] = sums;
    virial.set([-xx, -xy, -xz, -xy, -yy, -yz, -xz, -yz, -zz]);
    // every gradient is part of the virial, so that it tells of any of them
    if (!Number.isFinite(result.energy) || !virial.every(Number.isFinite)) {
      throw new StructureError(
        'The energy or a force is not finite: the potential overflows for this structure.',
        {
          remedy: 'Check for atoms that are much too close, and the coefficients of the potential.',
        },
      );
    }
  }

  /** The error that names two atoms on top of each other. */
  private overlap(positions: Float64Array, self: number): StructureError {
    const { images, entryPositions: x } = this.tables;
    const atom = images.owners[self];
    let nearest = Infinity;
    let other = -1;
    for (let k = 0; k < images.entryCount; k++) {
      if (k === self) continue;
      const distance = Math.hypot(
        x[4 * k] - x[4 * self],
        x[4 * k + 1] - x[4 * self + 1],
        x[4 * k + 2] - x[4 * self + 2],
      );
      if (distance < nearest) [nearest, other] = [distance, images.owners[k]];
    }
    const whom = other === atom ? 'its own periodic image' : `atom ${other + 1}`;
    const where = Array.from(positions.subarray(3 * atom, 3 * atom + 3), (p) => p.toFixed(3)).join(', ');
    return new StructureError(
      `Atom ${atom + 1} at (${where}) Å and ${whom} are ${nearest.toPrecision(2)} Å apart: they overlap.`,
      {
        remedy:
          'Remove one of them, or check the cell and its units (Å); in a simulation use a smaller time step.',
      },
    );
  }
}
