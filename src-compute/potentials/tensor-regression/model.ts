/**
 * Tensor-regression potential: the model as data. docs/physics.md §2.
 *
 *   E = Σ_i E_{h(i)}(v′_i),   v′_d = (v_d − shift_d)·scale_d,   v′_0 = 1
 *
 * with the descriptors v of layout.ts and a head (heads.ts) per element (`shared`: h(i) is the species of i) or per atom
 * (`per-atom`: h(i) = i, for atoms that keep their identity). The constant of a head is its reference energy.
 *
 * | symbol | field | shape | unit |
 * |---|---|---|---|
 * | r_min, r_c | minimumDistance, cutoff | scalar | Å |
 * | P, Q, angularRadial | radialSize, angularSize, angularRadial | scalar | – |
 * | shift, scale | shift, scale | species × m (of the central atom's species); entry 0 is 0 and 1 | – |
 * | A | head.coefficients | heads × C(m+n−1, n) | eV |
 * | G | head.cores | heads × Σ_k χ_{k−1} m χ_k | eV as a product |
 * | E_0 | head.constants (tensor trains) | heads | eV |
 */
import { PotentialError } from '../../errors.ts';
import { handoverFault } from '../handover.ts';
import type { PotentialModelBase } from '../potential.ts';
import { denseCount, evaluateDense, evaluateTrain, trainCount } from './heads.ts';
import { descriptorLayout, type DescriptorSettings } from './layout.ts';

export interface DenseHead {
  readonly kind: 'dense';
  readonly rank: 1 | 2 | 3;
  readonly coefficients: Float64Array;
}

export interface TensorTrainHead {
  readonly kind: 'tensor-train';
  /** χ_0 … χ_n; first and last are 1, the same for every head. */
  readonly bonds: Int32Array;
  readonly cores: Float64Array;
  /** Added to the energy of each head, eV: what the reference energies are, kept apart so that cores stay small. */
  readonly constants: Float64Array;
}

export interface TensorRegressionModel extends PotentialModelBase, DescriptorSettings {
  readonly form: 'tensor-regression';
  readonly mode: 'shared' | 'per-atom';
  /** Species of every atom, in order; only in per-atom mode. */
  readonly atomSpecies?: Int32Array;
  readonly shift: Float64Array;
  readonly scale: Float64Array;
  readonly head: DenseHead | TensorTrainHead;
}

/** Rank n of a head. */
export function rankOf(head: DenseHead | TensorTrainHead): number {
  return head.kind === 'dense' ? head.rank : head.bonds.length - 1;
}

/** Coefficients per head. */
export function headSize(head: DenseHead | TensorTrainHead, m: number): number {
  return head.kind === 'dense' ? denseCount(m, head.rank) : trainCount(m, head.bonds);
}

/** Number of heads: one per species or one per atom. */
export function headCount(model: TensorRegressionModel): number {
  return model.mode === 'shared' ? model.species.length : (model.atomSpecies?.length ?? 0);
}

/** All fitted numbers. */
export function tensorParameterCount(model: TensorRegressionModel): number {
  const { head } = model;
  return head.kind === 'dense' ? head.coefficients.length : head.cores.length + head.constants.length;
}

/**
 * Energy of one head for standardised descriptors v′ and its gradient by them.
 * @param index of the head
 * @param gradient overwritten, m
 */
export function evaluateHead(
  head: DenseHead | TensorTrainHead,
  index: number,
  v: Float64Array,
  gradient: Float64Array,
): number {
  const start = index * headSize(head, v.length);
  return head.kind === 'dense'
    ? evaluateDense(head.rank, head.coefficients, start, v, gradient)
    : head.constants[index] + evaluateTrain(head.bonds, head.cores, start, v, gradient);
}

/**
 * Head of every atom of a structure.
 * @param species index among the model's species per atom
 * @throws PotentialError in per-atom mode, when number or order of the atoms are not those of the fit
 */
export function headsOfAtoms(model: TensorRegressionModel, species: ArrayLike<number>): Int32Array {
  if (model.mode === 'shared') return Int32Array.from(species);
  const atoms = model.atomSpecies ?? new Int32Array(0);
  if (species.length !== atoms.length) {
    throw new PotentialError(
      `This per-atom potential was made for ${atoms.length} atoms, and the structure has ${species.length}.`,
      { remedy: 'Use the system that it was fitted to, or fit a shared potential (without --per-atom).' },
    );
  }
  const other = atoms.findIndex((z, i) => species[i] !== z);
  if (other >= 0) {
    throw new PotentialError(
      `This per-atom potential expects ${model.species[atoms[other]]} as atom ${other + 1}, and the structure has ${model.species[species[other]]} there.`,
      {
        remedy: 'Bring the atoms into the order of the fit, or fit a shared potential (without --per-atom).',
      },
    );
  }
  return Int32Array.from(atoms, (_, i) => i);
}

/**
 * Checks that the tables fit together.
 * @throws PotentialError with the first broken invariant
 */
export function validateTensorRegressionModel(model: TensorRegressionModel): void {
  const fail = (what: string): never => {
    throw new PotentialError(`This tensor-regression potential is inconsistent: ${what}.`, {
      remedy: 'The file may be cut short or edited; save it again.',
    });
  };
  if (!(model.cutoff > model.minimumDistance) || !(model.minimumDistance >= 0)) {
    fail(`the cutoff ${model.cutoff} Å must be larger than the minimum distance ${model.minimumDistance} Å`);
  }
  const fault = model.handover && handoverFault(model.handover, model.species.length, model.cutoff);
  if (fault) fail(fault);
  const m = descriptorLayout(model).size;
  for (const numbers of [model.shift, model.scale]) {
    if (numbers.length !== model.species.length * m) {
      fail(`${model.species.length} × ${m} shifts and scales were expected and ${numbers.length} found`);
    }
  }
  model.species.forEach((_, z) => {
    if (model.shift[z * m] !== 0 || model.scale[z * m] !== 1) fail('the leading descriptor must stay 1');
  });
  if ((model.mode === 'per-atom') !== (model.atomSpecies !== undefined)) {
    fail('per-atom mode, and only it, needs the species of every atom');
  }
  if (model.atomSpecies?.some((z) => z < 0 || z >= model.species.length)) fail('an atom has no species');
  const { head } = model;
  if (head.kind === 'tensor-train') {
    const { bonds } = head;
    if (bonds.length < 2 || bonds[0] !== 1 || bonds[bonds.length - 1] !== 1 || bonds.some((chi) => chi < 1)) {
      fail('bond dimensions must be at least 1, and 1 at both ends');
    }
    if (head.constants.length !== headCount(model)) fail('one constant per head was expected');
    if (!head.constants.every(Number.isFinite)) fail('a constant is not a finite number');
  }
  const expected = headCount(model) * headSize(head, m);
  const numbers = head.kind === 'dense' ? head.coefficients : head.cores;
  if (numbers.length !== expected) {
    fail(`${expected} coefficients were expected and ${numbers.length} found`);
  }
  for (const list of [model.shift, model.scale, numbers]) {
    if (!list.every(Number.isFinite)) fail('a coefficient is not a finite number');
  }
}
