/** Design rows of the coefficients that an error model speaks of, from a fit or from a stored potential. */
import { PotentialError } from '../../errors.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import { type PotentialModel, partOf } from '../../potentials/registry.ts';
import { descriptorsOfModel } from '../../forms/ace/fit.ts';
import { componentsOfModel } from '../../forms/snap/component-settings.ts';
import type { AceModel } from '../../potentials/ace/model.ts';
import type { SnapModel } from '../../potentials/snap/model.ts';
import type { PotentialUncertainty } from '../../potentials/uncertainty.ts';
import type { TensorRegressionModel } from '../../potentials/tensor-regression/index.ts';
import { descriptorCount, type FamilySettings } from '../tensor-regression/families.ts';
import { DesignPass, type DesignPoint, type DesignSettings } from '../design-pass.ts';
import { TensorPass, type TensorPassSettings, type TensorPoint } from '../tensor-regression/tensor-pass.ts';
import { DEFAULT_WEIGHTS, type TrainingChunk } from '../training-set.ts';
import type { RowSource } from './held-out.ts';

/** Rows of a tensor-regression potential at a dense point, or along all cores of a tensor train. */
export class TensorRows implements RowSource {
  private readonly pass: TensorPass;

  constructor(settings: TensorPassSettings, point: TensorPoint) {
    this.pass = new TensorPass(settings);
    this.pass.begin(point, []);
  }

  get columns(): number {
    return this.pass.columnCount();
  }

  rowsOf(chunk: TrainingChunk, k: number): Float64Array {
    return this.pass.rowsOf(chunk, k).values;
  }

  /** ∂E_i/∂θ of every atom, atoms × columns. */
  atomRowsOf(chunk: TrainingChunk, k: number): Float64Array {
    return this.pass.atomRows(chunk, k);
  }
}

/** Rows of a moment tensor potential: energies per species, scalars, and the radial coefficients where ξ is given. */
export class MomentTensorRows implements RowSource {
  readonly columns: number;
  private readonly pass: DesignPass;
  private readonly dropped: number;
  private rows = new Float64Array(0);

  /** @param dropped columns at the start that take no part (reference energies of isolated atoms) */
  constructor(settings: DesignSettings, point: DesignPoint, dropped: number) {
    this.pass = new DesignPass(settings);
    this.pass.begin(point);
    this.dropped = dropped;
    const radial = point.momentCoefficients ? point.radialCoefficients.length : 0;
    this.columns = settings.species + settings.graph.scalarMoments.length + radial - dropped;
  }

  rowsOf(chunk: TrainingChunk, k: number): Float64Array {
    const { rows, columns, values } = this.pass.rowsOf(chunk, k, false);
    const n = this.columns;
    if (this.rows.length < rows * n) this.rows = new Float64Array(rows * n);
    for (let r = 0; r < rows; r++) {
      const start = r * columns + this.dropped;
      this.rows.set(values.subarray(start, start + n), r * n);
    }
    return this.rows.subarray(0, rows * n);
  }

  /** ∂E_i/∂θ of every atom, atoms × columns. */
  atomRowsOf(chunk: TrainingChunk, k: number): Float64Array {
    const values = this.pass.atomRows(chunk, k);
    const n = this.columns;
    const atoms = values.length / (n + this.dropped);
    const rows = new Float64Array(atoms * n);
    for (let i = 0; i < atoms; i++) {
      const start = i * (n + this.dropped) + this.dropped;
      rows.set(values.subarray(start, start + n), i * n);
    }
    return rows;
  }
}

/**
 * Rows ∂E_i/∂θ of every parameter of a fitted potential: linear coefficients, and of moment tensors radial ones, too.
 * @throws PotentialError for potentials whose energy no fit of this program is linear in
 */
export function parameterRowsOf(model: PotentialModel): TensorRows | MomentTensorRows {
  const tensor = partOf(model, 'tensor-regression');
  const moment = partOf(model, 'moment-tensor');
  const snap = partOf(model, 'snap');
  const ace = partOf(model, 'ace');
  // any standard serves: the span of the rows is the same
  const plain = (size: number) => ({ shift: new Float64Array(size), scale: new Float64Array(size).fill(1) });
  const count = (settings: FamilySettings | undefined) =>
    settings ? settings.species.length * descriptorCount(settings) : 0;
  const source = tensor
    ? tensorRows(tensor)
    : moment
      ? momentRows(
          moment,
          moment.species.length + moment.scalarMoments.length + moment.radialCoefficients.length,
        )
      : snap
        ? snapRows(snap, plain(count(componentsOfModel(snap))))
        : ace && aceRows(ace, plain(count(descriptorsOfModel(ace))));
  if (!source)
    throw new PotentialError(
      'Extrapolation grades need the parameters of a moment tensor, tensor-regression, SNAP or linear ACE potential.',
      { remedy: 'Measure novelty instead: forcewright entropy --reference.' },
    );
  return source;
}

/**
 * The design rows that belong to the posterior of a stored potential.
 * @param uncertainty its columns, and what its descriptors are standardised by
 * @throws PotentialError when the potential has no such columns
 */
export function rowSourceOf(
  model: PotentialModel,
  { columns, standard }: Pick<PotentialUncertainty, 'columns' | 'standard'>,
): RowSource {
  const tensor = partOf(model, 'tensor-regression');
  const moment = partOf(model, 'moment-tensor');
  const snap = partOf(model, 'snap');
  const ace = partOf(model, 'ace');
  const source = tensor
    ? tensorRows(tensor)
    : moment
      ? momentRows(moment, columns)
      : standard && (snap ? snapRows(snap, standard) : ace && aceRows(ace, standard));
  if (source?.columns !== columns) {
    throw new PotentialError('The uncertainty of this potential does not belong to its parameters.', {
      remedy: 'Fit it again, or take the field "uncertainty" out of its file.',
    });
  }
  return source;
}

function snapRows(
  model: SnapModel,
  standard: { readonly shift: Float64Array; readonly scale: Float64Array },
): TensorRows {
  return new TensorRows(
    {
      descriptors: componentsOfModel(model),
      mode: 'shared',
      heads: model.species.length,
      weights: DEFAULT_WEIGHTS,
    },
    { kind: 'dense', ...standard, rank: model.quadratic ? 2 : 1 },
  );
}

function aceRows(
  model: AceModel,
  standard: { readonly shift: Float64Array; readonly scale: Float64Array },
): TensorRows | undefined {
  const descriptors = descriptorsOfModel(model);
  if (!descriptors) return undefined;
  return new TensorRows(
    { descriptors, mode: 'shared', heads: model.species.length, weights: DEFAULT_WEIGHTS },
    { kind: 'dense', ...standard, rank: 1 },
  );
}

function tensorRows(model: TensorRegressionModel): TensorRows {
  const { species, cutoff, minimumDistance, radialSize, angularSize, angularRadial, elementWeighting } =
    model;
  const { mode, atomSpecies, shift, scale, head } = model;
  const settings: TensorPassSettings = {
    descriptors: {
      ...model,
      species,
      cutoff,
      minimumDistance,
      radialSize,
      angularSize,
      angularRadial,
      elementWeighting,
    },
    mode,
    heads: atomSpecies?.length ?? species.length,
    weights: DEFAULT_WEIGHTS,
  };
  const standard = { shift, scale };
  return new TensorRows(
    settings,
    head.kind === 'dense'
      ? { kind: 'dense', ...standard, rank: head.rank }
      : { kind: 'core', ...standard, bonds: head.bonds, cores: head.cores },
  );
}

function momentRows(model: MomentTensorModel, columns: number): MomentTensorRows | undefined {
  const { species, radialBasisSize, minimumDistance, cutoff, scaling } = model;
  const { radialCoefficients, momentCoefficients } = model;
  const settings: DesignSettings = {
    ...model,
    graph: model,
    species: species.length,
    radialBasisSize,
    minimumDistance,
    cutoff,
    scaling,
    weights: DEFAULT_WEIGHTS,
  };
  const linear = species.length + model.scalarMoments.length;
  const radial = radialCoefficients.length;
  for (const dropped of [0, species.length]) {
    if (columns === linear - dropped) return new MomentTensorRows(settings, { radialCoefficients }, dropped);
    if (columns === linear + radial - dropped)
      return new MomentTensorRows(settings, { radialCoefficients, momentCoefficients }, dropped);
  }
  return undefined;
}
