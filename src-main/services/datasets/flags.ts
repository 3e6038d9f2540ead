/**
 * Flags: what deserves a look before a fit. They are findings, not decisions: nothing is excluded by them.
 *
 * Outliers use the robust z-score z = (x − median) / (1.4826 · MAD), MAD the median absolute deviation (Hampel 1974):
 * of the energy per atom within each composition (or, where there are few of it, of the residual of a least-squares
 * fit of energies to compositions), of the logarithm of the largest force, and of the shortest distance.
 */
import { ColumnReader } from '../../store/columns.ts';
import { FLAG } from '../../store/configuration-row.ts';
import { replaceFlags, type Flagged } from '../../store/flags.ts';
import type { Project } from '../../store/project.ts';
import { elementCounts, reducedFormula } from './composition.ts';
import { findDuplicates } from './duplicates.ts';

export interface FlagOptions {
  /** Robust z-score beyond which a value is an outlier; 8 by default. */
  readonly threshold?: number;
  /** Structures whose atoms differ by less than this are near-identical, Å; 1e-3 by default. */
  readonly tolerance?: number;
}

/** Compositions with fewer configurations are judged together. */
const FEWEST_OF_A_KIND = 8;

/**
 * Finds duplicates and outliers of a dataset and saves them, instead of those found before.
 * @returns how many of each, in sentences
 */
export function flagDataset(
  project: Project,
  datasetId: number,
  options: FlagOptions = {},
): { count: number; sentences: string[] } {
  const threshold = options.threshold ?? 8;
  const duplicates = findDuplicates(project, datasetId, options.tolerance ?? 1e-3);
  const found: Flagged[] = [
    ...duplicates.flags,
    ...energyOutliers(project, datasetId, threshold),
    ...columnOutliers(project, datasetId, threshold),
  ];
  replaceFlags(project, datasetId, found);
  const kinds: [number, string, string][] = [
    [FLAG.duplicate, 'is the same as an earlier one', 'are the same as earlier ones'],
    [FLAG.nearDuplicate, 'is nearly the same as an earlier one', 'are nearly the same as earlier ones'],
    [FLAG.conflictingLabels, 'repeats a structure with other labels', 'repeat a structure with other labels'],
    [FLAG.energyOutlier, 'has an unusual energy', 'have an unusual energy'],
    [FLAG.forceOutlier, 'has unusually large forces', 'have unusually large forces'],
    [FLAG.closeAtoms, 'has atoms unusually close together', 'have atoms unusually close together'],
  ];
  const sentences: string[] = [];
  for (const [flag, one, many] of kinds) {
    const count = found.filter((item) => item.flag === flag).length;
    if (count > 0)
      sentences.push(`${count} ${count === 1 ? `configuration ${one}` : `configurations ${many}`}.`);
  }
  if (!duplicates.complete) {
    sentences.push('So many configurations are alike that not all were compared for near-identical ones.');
  }
  return { count: found.length, sentences };
}

function energyOutliers(project: Project, datasetId: number, threshold: number): Flagged[] {
  const { energies, compositions } = energiesByComposition(project, datasetId);
  const found: Flagged[] = [];
  const few: { position: number; formula: string; atoms: number; energy: number }[] = [];
  for (const [composition, { positions, formulas }] of compositions) {
    if (positions.length < FEWEST_OF_A_KIND) {
      for (const [k, position] of positions.entries())
        few.push({ position, energy: energies[position], ...formulas[k] });
      continue;
    }
    const values = new Float64Array(positions.length);
    positions.forEach((position, k) => (values[k] = energies[position]));
    const { median, score } = robustScale(values);
    positions.forEach((position) => {
      const energy = energies[position];
      const z = score(energy);
      if (Math.abs(z) <= threshold) return;
      const side = z > 0 ? 'above' : 'below';
      found.push({
        position,
        flag: FLAG.energyOutlier,
        score: z,
        message: `Energy ${energy.toFixed(3)} eV/atom: ${Math.abs(energy - median).toFixed(3)} eV/atom ${side} the middle of ${composition}.`,
      });
    });
  }
  if (few.length >= FEWEST_OF_A_KIND) {
    const residuals = Float64Array.from(compositionResiduals(few));
    const scores = robustScores(residuals);
    few.forEach((row, k) => {
      if (Math.abs(scores.values[k]) <= threshold) return;
      found.push({
        position: row.position,
        flag: FLAG.energyOutlier,
        score: scores.values[k],
        message: `Energy ${row.energy.toFixed(3)} eV/atom: ${residuals[k].toFixed(3)} eV/atom from what its composition suggests.`,
      });
    });
  }
  return found;
}

interface Composition {
  positions: Uint32Array;
  /** How many of them there are, or are written already. */
  count: number;
  /** Of the first few: a composition with more is judged by itself and needs them no more. */
  readonly formulas: { readonly formula: string; readonly atoms: number }[];
}

const NO_POSITIONS = new Uint32Array(0);

/** Energies per atom by position, and which positions have them, in order; numbers only, for millions of rows. */
function energiesByComposition(project: Project, datasetId: number) {
  const columns = new ColumnReader(project);
  const energies = columns.numbers(datasetId, 'energyPerAtom');
  const atoms = columns.numbers(datasetId, 'atoms');
  const { codes, words } = columns.words(datasetId, 'formula');
  const compositions = new Map<string, Composition>();
  const ofCode = words.map((formula) => {
    const name = reducedFormula(formula ?? '');
    const composition = compositions.get(name) ?? { positions: NO_POSITIONS, count: 0, formulas: [] };
    compositions.set(name, composition);
    return composition;
  });
  for (let position = 0; position < codes.length; position++)
    if (!Number.isNaN(energies[position])) ofCode[codes[position]].count++;
  for (const composition of compositions.values()) {
    composition.positions = new Uint32Array(composition.count);
    composition.count = 0;
  }
  for (let position = 0; position < codes.length; position++) {
    if (Number.isNaN(energies[position])) continue;
    const composition = ofCode[codes[position]];
    const { formulas } = composition;
    composition.positions[composition.count++] = position;
    if (formulas.length < FEWEST_OF_A_KIND)
      formulas.push({ formula: words[codes[position]] ?? '', atoms: atoms[position] });
  }
  return { energies, compositions };
}

function columnOutliers(project: Project, datasetId: number, threshold: number): Flagged[] {
  const columns = new ColumnReader(project);
  const column = new Float64Array(columns.count(datasetId));
  const found: Flagged[] = [];
  {
    const logarithm = (force: number) => (force > 1e-6 ? Math.log(force) : NaN);
    columns.numbersInto(datasetId, 'maxForce', column);
    const { median, score } = robustScale(column, logarithm);
    column.forEach((force, position) => {
      const z = score(logarithm(force));
      if (z <= threshold || Number.isNaN(z)) return;
      found.push({
        position,
        flag: FLAG.forceOutlier,
        score: z,
        message: `Largest force ${force.toPrecision(3)} eV/Å: ${(force / Math.exp(median)).toPrecision(2)} times the usual.`,
      });
    });
  }
  columns.numbersInto(datasetId, 'minimumDistance', column);
  const { median, score } = robustScale(column);
  column.forEach((distance, position) => {
    const z = score(distance);
    if (z >= -threshold || Number.isNaN(z)) return;
    found.push({
      position,
      flag: FLAG.closeAtoms,
      score: z,
      message: `Two atoms are ${distance.toFixed(3)} Å apart; usual is ${median.toFixed(2)} Å and more.`,
    });
  });
  return found;
}

/** Robust z-scores; NaN stays NaN. Without any spread nothing is an outlier unless it differs at all. */
export function robustScores(values: Float64Array): { median: number; values: Float64Array } {
  const { median, score } = robustScale(values);
  return { median, values: values.map(score) };
}

/**
 * The same as a function of a value, of what `of` makes of each. One array as long as the values is held meanwhile, whatever is looked at: there may
 * be millions.
 */
function robustScale(
  values: Float64Array,
  of: (value: number) => number = (value) => value,
): { median: number; score: (value: number) => number } {
  const work = new Float64Array(values.length);
  let count = 0;
  for (const each of values) {
    const value = of(each);
    if (Number.isFinite(value)) work[count++] = value;
  }
  const finite = work.subarray(0, count);
  const middle = median(finite);
  for (let k = 0; k < count; k++) finite[k] = Math.abs(finite[k] - middle);
  const meanDeviation = mean(finite);
  const deviation = median(finite);
  // more than half the values equal: take the mean deviation instead, so that scores stay finite
  const spread = deviation > 0 ? 1.4826 * deviation : 1.2533 * meanDeviation;
  return {
    median: middle,
    score: (value) => (spread > 0 ? (value - middle) / spread : value - middle === 0 ? 0 : NaN),
  };
}

/** Sorts the values. */
function median(values: Float64Array): number {
  if (values.length === 0) return NaN;
  const sorted = values.sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** E/N − Σ_z c_z e_z with concentrations c and per-element energies e from least squares with a touch of ridge. */
function compositionResiduals(rows: readonly { formula: string; atoms: number; energy: number }[]): number[] {
  const parsed = rows.map(
    (row) => new Map([...elementCounts(row.formula)].map(([symbol, count]) => [symbol, count / row.atoms])),
  );
  const elements = [...new Set(parsed.flatMap((map) => [...map.keys()]))];
  const n = elements.length;
  const matrix = elements.map((a, i) =>
    elements.map((b, j) => sumOver(parsed, (c) => (c.get(a) ?? 0) * (c.get(b) ?? 0)) + (i === j ? 1e-9 : 0)),
  );
  const right = elements.map((a) => sumOver(parsed, (c, k) => (c.get(a) ?? 0) * rows[k].energy));
  // Gaussian elimination; the matrix is positive definite
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const factor = matrix[j][i] / matrix[i][i];
      for (let k = i; k < n; k++) matrix[j][k] -= factor * matrix[i][k];
      right[j] -= factor * right[i];
    }
  }
  const energies = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i];
    for (let k = i + 1; k < n; k++) sum -= matrix[i][k] * energies[k];
    energies[i] = sum / matrix[i][i];
  }
  return rows.map(
    (row, k) => row.energy - elements.reduce((sum, a, i) => sum + (parsed[k].get(a) ?? 0) * energies[i], 0),
  );
}

function sumOver<T>(items: readonly T[], value: (item: T, index: number) => number): number {
  return items.reduce((sum, item, index) => sum + value(item, index), 0);
}
