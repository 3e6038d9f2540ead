/**
 * Memory of the design-matrix kernel: where tables and buffers lie, in bytes. Fixed for one graph, radial basis size
 * and number of species; panels and Gram tiles follow behind and depend on the structure.
 *
 * A block is four neighbours of one species; lanes are neighbours, so a quantity of a block is two v128 (32 bytes).
 */
import { basicCount, maximumRank, type MomentGraph } from '../../potentials/moment-tensor/model.ts';
import { monomialTable, type MonomialTable } from './monomials.ts';

export const LANES = 4;
export const LANE_BYTES = 32;
/** Bytes of a tangent: x, y, z times one block. */
export const TANGENT_BYTES = 3 * LANE_BYTES;

export interface DesignShape {
  readonly graph: MomentGraph;
  readonly species: number;
  readonly radialBasisSize: number;
}

/** Offsets inside a neighbour block. */
export interface BlockLayout {
  readonly unit: number;
  readonly inverse: number;
  readonly vector: number;
  readonly f: number;
  readonly fSlope: number;
  readonly phi: number;
  readonly phiSlope: number;
  /** i32: species of the block's neighbours, then four row addresses. */
  readonly species: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface DesignLayout extends DesignShape {
  readonly monomials: MonomialTable;
  /** Monomial of each basic moment. */
  readonly basicMonomial: readonly number[];
  /** First basic moment of each μ, and the end. */
  readonly basicStart: readonly number[];
  readonly block: BlockLayout;
  /** (termStart, termEnd, leaf) i32 per product moment. */
  readonly targets: number;
  /** (tangent of i, tangent of j, value of i, value of j) i32 addresses and the multiplicity f64, 24 bytes. */
  readonly terms: number;
  readonly scalarTangents: number;
  readonly basicSums: number;
  readonly columnOffsets: number;
  readonly columnCount: number;
  readonly coefficients: number;
  readonly momentCoefficients: number;
  readonly moments: number;
  readonly adjoints: number;
  readonly monomialValues: number;
  readonly monomialGradients: number;
  readonly laneSums: number;
  readonly sums: number;
  readonly tangents: number;
  readonly tangentAdjoints: number;
  readonly scratch: number;
  readonly blocks: number;
  readonly maximumBlocks: number;
  /** Where panels may begin. */
  readonly end: number;
}

/** Lays out the kernel's memory. */
export function designLayout(shape: DesignShape, maximumBlocks: number): DesignLayout {
  const { graph, species, radialBasisSize } = shape;
  const monomials = monomialTable(maximumRank(graph));
  const count = monomials.powers.length;
  const basics = basicCount(graph);
  const functions = graph.radialFunctionCount;
  const basicMonomial = Array.from({ length: basics }, (_, b) =>
    monomials.indexOf(graph.basics[4 * b + 1], graph.basics[4 * b + 2], graph.basics[4 * b + 3]),
  );
  const basicStart = Array.from({ length: functions + 1 }, (_, mu) => {
    let first = 0;
    while (first < basics && graph.basics[4 * first] < mu) first++;
    return first;
  });
  const block = blockLayout(functions, radialBasisSize);
  let next = 64;
  const take = (bytes: number): number => {
    const start = next;
    next = Math.ceil((next + bytes) / 64) * 64;
    return start;
  };
  const productMoments = graph.momentCount - basics;
  const columnCount =
    species + graph.scalarMoments.length + species * species * functions * radialBasisSize + 1;
  return {
    ...shape,
    monomials,
    basicMonomial,
    basicStart,
    block,
    targets: take(12 * productMoments),
    terms: take(24 * (graph.products.length / 4)),
    scalarTangents: take(4 * graph.scalarMoments.length),
    basicSums: take(4 * basics),
    columnOffsets: take(4 * columnCount),
    columnCount,
    coefficients: take(8 * species * species * functions * radialBasisSize),
    momentCoefficients: take(8 * graph.scalarMoments.length),
    moments: take(8 * graph.momentCount),
    adjoints: take(8 * graph.momentCount),
    monomialValues: take(LANE_BYTES * count),
    monomialGradients: take(TANGENT_BYTES * count),
    laneSums: take(16 * species * count * radialBasisSize),
    sums: take(8 * species * count * radialBasisSize),
    tangents: take(TANGENT_BYTES * graph.momentCount),
    tangentAdjoints: take(TANGENT_BYTES * graph.momentCount),
    scratch: take((LANE_BYTES + TANGENT_BYTES) * functions + TANGENT_BYTES),
    blocks: take(block.bytes * maximumBlocks),
    maximumBlocks,
    end: next,
  };
}

function blockLayout(functions: number, size: number): BlockLayout {
  const unit = 0;
  const inverse = unit + 3 * LANE_BYTES;
  const vector = inverse + LANE_BYTES;
  const f = vector + 3 * LANE_BYTES;
  const fSlope = f + functions * LANE_BYTES;
  const phi = fSlope + functions * LANE_BYTES;
  const phiSlope = phi + size * LANE_BYTES;
  const species = phiSlope + size * LANE_BYTES;
  const rows = species + 4;
  return { unit, inverse, vector, f, fSlope, phi, phiSlope, species, rows, bytes: species + LANE_BYTES };
}
