/**
 * How large the error of a prediction is, by kind of label. A fit minimises one weighted sum over energies, forces and
 * virials, so that one σ² for all of them says nothing about any: weights set it. Here every kind has a model of its own,
 *
 *   σ²(label) = n² N^γ + s² d²,    d² = aᵀ(AᵀA + λΠ)⁻¹a,
 *
 * N atoms, a the label's design row: a part that all labels of a kind share (noise, and what the form cannot describe),
 * which grows with the number of atoms, and the uncertainty of the coefficients, which grows where the data are thin
 * (docs/physics.md §1). n, s and γ are those of the largest likelihood of the errors on configurations that a fit has not seen
 * (cross-validation), with Student's t of four degrees of freedom, since these errors have heavy tails. A factor on both
 * then makes σ hold 68.3 % and 2σ 95.4 % of these errors at least.
 */

/** One kind of label: energies of configurations, components of forces, components of virials. */
export interface KindModel {
  /** n: eV, eV/Å, eV. */
  readonly noise: number;
  /** s: factor on d. */
  readonly scale: number;
  /** γ: 0 for forces; 1 where the errors of atoms are independent, 2 where all atoms of a structure err alike. */
  readonly exponent: number;
  /** Errors that it was made from. */
  readonly labels: number;
  /** Shares of these errors within σ and within 2σ. */
  readonly withinOne: number;
  readonly withinTwo: number;
}

/** An error on a configuration that the fit has not seen. */
export interface HeldOutError {
  /** Label less prediction. */
  readonly error: number;
  /** d */
  readonly spread: number;
  readonly atoms: number;
}

/** σ of a label. */
export function deviationOf(model: KindModel, spread: number, atoms: number): number {
  return Math.hypot(model.noise * atoms ** (model.exponent / 2), model.scale * spread);
}

/** Fewer errors than this say nothing. */
const FEWEST = 5;
/** Degrees of freedom of the likelihood. */
const TAIL = 4;
/** Shares of s² d² in the variance that are tried, at the median of d and N. */
const SHARES = [0, 0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97];
export const ONE_SIGMA = 0.6827;
export const TWO_SIGMA = 0.9545;

/**
 * The model of a kind, or undefined for fewer than five errors.
 * @param exponents γ that are possible; more than one is tried only where the numbers of atoms differ
 */
export function fitKind(
  errors: readonly HeldOutError[],
  exponents: readonly number[],
): KindModel | undefined {
  if (errors.length < FEWEST) return undefined;
  const atoms = errors.map((e) => e.atoms).sort((a, b) => a - b);
  const varied = atoms[atoms.length - 1] >= 2 * atoms[0];
  const middle = { atoms: median(atoms), square: median(errors.map(({ spread }) => spread * spread)) };
  let best: { likelihood: number; shape: Shape; variance: number } | undefined;
  for (const exponent of varied ? exponents : exponents.slice(0, 1)) {
    for (const share of SHARES) {
      if (share > 0 && !(middle.square > 0)) break;
      const ratio = share > 0 ? (share / (1 - share)) * (middle.atoms ** exponent / middle.square) : 0;
      const shape = { exponent, ratio };
      const found = likelihoodOf(errors, shape);
      if (!best || found.likelihood > best.likelihood + 1e-9) best = { ...found, shape };
    }
  }
  if (!best) return undefined;
  const { shape, variance } = best;
  const z = errors
    .map((e) => Math.abs(e.error) / Math.sqrt(variance * shapeOf(e, shape)))
    .sort((a, b) => a - b);
  const factor = Math.max(quantile(z, ONE_SIGMA), quantile(z, TWO_SIGMA) / 2);
  const sigma = factor * Math.sqrt(variance);
  return {
    noise: sigma,
    scale: sigma * Math.sqrt(shape.ratio),
    exponent: shape.exponent,
    labels: errors.length,
    withinOne: z.filter((value) => value <= factor).length / z.length,
    withinTwo: z.filter((value) => value <= 2 * factor).length / z.length,
  };
}

interface Shape {
  readonly exponent: number;
  /** s²/n² */
  readonly ratio: number;
}

function shapeOf({ spread, atoms }: HeldOutError, { exponent, ratio }: Shape): number {
  return atoms ** exponent + ratio * spread * spread;
}

/** Largest ln likelihood of a shape over the variance, by iteratively reweighted means. */
function likelihoodOf(
  errors: readonly HeldOutError[],
  shape: Shape,
): { likelihood: number; variance: number } {
  const shapes = errors.map((e) => Math.max(shapeOf(e, shape), Number.MIN_VALUE));
  const squares = errors.map(({ error }, k) => (error * error) / shapes[k]);
  // exact predictions have no variance: stay away from ln 0
  const floor = 1e-30;
  let variance = Math.max(mean(squares), floor);
  for (let k = 0; k < 30; k++) {
    const now = variance;
    variance = Math.max(mean(squares.map((square) => (square * (TAIL + 1)) / (TAIL + square / now))), floor);
  }
  let likelihood = 0;
  squares.forEach((square, k) => {
    likelihood -=
      0.5 * Math.log(variance * shapes[k]) + ((TAIL + 1) / 2) * Math.log1p(square / (TAIL * variance));
  });
  return { likelihood, variance };
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * The value below which a new one lies with at least this probability, for exchangeable values: the ⌈(n + 1) p⌉-th of
 * them (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005), §2.2); the largest where there are
 * too few.
 */
function quantile(sorted: readonly number[], probability: number): number {
  const rank = Math.ceil((sorted.length + 1) * probability);
  return sorted[Math.min(rank, sorted.length) - 1];
}

/** What a share of `labels` errors may be by chance when it should be p: three standard deviations below. */
export function leastShare(probability: number, labels: number): number {
  return probability - 3 * Math.sqrt((probability * (1 - probability)) / Math.max(labels, 1));
}
