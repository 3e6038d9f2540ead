/** The reference evaluation as a force engine: O(N²) per step, for tests and for comparison. */
import { StructureError } from '../../errors.ts';
import { emptyEvaluation } from '../../potentials/potential.ts';
import type { Evaluation, ForceEngine, PotentialModelBase } from '../../potentials/potential.ts';
import type { AtomsOfEngine } from '../atoms.ts';
import { speciesOfAtoms } from '../species.ts';
import { evaluateReference } from './evaluate.ts';

export class ReferenceForceEngine implements ForceEngine {
  readonly backend = 'reference';
  readonly threads = 1;
  readonly result: Evaluation;
  neighbourListBuilds = 0;
  private model: PotentialModelBase;
  private atoms: AtomsOfEngine;

  constructor(model: PotentialModelBase, atoms: AtomsOfEngine) {
    speciesOfAtoms(model.species, atoms);
    this.model = model;
    this.atoms = atoms;
    this.result = emptyEvaluation(atoms.kinds.length);
  }

  compute(positions: Float64Array, cell: Float64Array): void {
    if (positions.length !== this.result.forces.length) {
      throw new StructureError(
        `${this.atoms.kinds.length} atoms need ${this.result.forces.length} coordinates, and ${positions.length} were given.`,
      );
    }
    const fresh = evaluateReference(this.model, { ...this.atoms, positions, cell });
    this.result.energy = fresh.energy;
    this.result.atomEnergies.set(fresh.atomEnergies);
    this.result.forces.set(fresh.forces);
    this.result.virial.set(fresh.virial);
    this.neighbourListBuilds++;
  }

  forgetNeighbours(): void {
    // pairs are searched anew in every compute
  }

  setKinds(kinds: Uint16Array): void {
    const atoms = { ...this.atoms, kinds: kinds.slice() };
    speciesOfAtoms(this.model.species, atoms);
    this.atoms = atoms;
  }

  updateParameters(model: PotentialModelBase): void {
    speciesOfAtoms(model.species, this.atoms);
    this.model = model;
  }

  dispose(): void {
    // holds nothing
  }
}
