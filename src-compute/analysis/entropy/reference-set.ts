/** A reference set that many small sets of environments are compared with: packed once, asked often. */
import { selectRows, type DescriptorMatrix } from '../descriptors/descriptor.ts';
import { PassMemory } from './block-pass.ts';
import { checkKernelInput } from './kernel-engine.ts';
import { BLOCK } from './kernel-program.ts';
import { packingAxes, packPoints, type PackedPoints } from './packed-points.ts';
import type { PrincipalAxes } from './principal-axes.ts';
import { EXACT_TOLERANCE } from './wasm-engine.ts';

/** Sums below this are done again with the nearest distance taken out: what was left out would count. */
const RELIABLE = 1e12 * EXACT_TOLERANCE;

export class ReferenceSet {
  readonly references: DescriptorMatrix;
  readonly bandwidth: number;
  private readonly axes: PrincipalAxes;
  private readonly packed: PackedPoints;
  private pass: PassMemory | undefined;

  /** @throws StructureError for an impossible bandwidth or descriptors that are not finite */
  constructor(references: DescriptorMatrix, bandwidth: number) {
    checkKernelInput(references, references, bandwidth);
    this.references = references;
    this.bandwidth = bandwidth;
    this.axes = packingAxes(references);
    const spread = Math.sqrt(this.axes.variances.reduce((sum, value) => sum + value, 0));
    this.packed = packPoints(references, this.axes, 'f64', 1e3 * (1e3 * spread + 100 * bandwidth));
  }

  /** ln Σ_r K(y, r) of every query; −∞ when there are no references. Exact, on this thread. */
  logSums(queries: DescriptorMatrix): Float64Array {
    checkKernelInput(queries, this.references, this.bandwidth);
    if (this.references.rows === 0) return new Float64Array(queries.rows).fill(-Infinity);
    const result = this.run('oneSided', queries).map(Math.log);
    const far: number[] = [];
    const reliable = Math.log(RELIABLE);
    result.forEach((value, row) => {
      if (!(value >= reliable)) far.push(row);
    });
    if (far.length > 0) {
      const distant = selectRows(queries, far);
      const nearest = this.run('nearest', distant);
      const sums = this.run('oneSided', distant, nearest);
      const factor = 1 / (2 * this.bandwidth * this.bandwidth);
      far.forEach((row, k) => (result[row] = Math.log(sums[k]) - factor * nearest[k]));
    }
    return result;
  }

  private run(mode: 'oneSided' | 'nearest', queries: DescriptorMatrix, shifts?: Float64Array): Float64Array {
    const packed = packPoints(queries, this.axes, 'f64', 0);
    const pass = this.memoryFor(packed.blocks);
    pass.setQueries(packed);
    const { bandwidth } = this;
    const limit = 2 * bandwidth * bandwidth * Math.log(Math.max(2, this.references.rows) / EXACT_TOLERANCE);
    const rows = pass.shape.queryBlocks * BLOCK;
    const packedShifts = new Float64Array(rows);
    if (shifts) {
      packed.order.forEach((row, place) => {
        if (row >= 0) packedShifts[place] = shifts[row];
      });
    }
    pass.begin(mode, this.packed.blocks, bandwidth, limit, packedShifts);
    pass.setFirstRow(0);
    for (let row = 0; row < packed.blocks; row++) pass.runChunk(mode, row);
    const values = pass.results();
    const result = new Float64Array(queries.rows);
    packed.order.forEach((row, place) => {
      if (row >= 0) result[row] = values[place];
    });
    return result;
  }

  private memoryFor(queryBlocks: number): PassMemory {
    if (!this.pass || this.pass.shape.queryBlocks < queryBlocks) {
      this.pass = new PassMemory({
        precision: 'f64',
        dimension: this.packed.dimension,
        queryBlocks,
        referenceBlocks: this.packed.blocks,
        same: false,
        threads: 1,
        shared: false,
      });
      this.pass.setReferences(this.packed);
    }
    return this.pass;
  }
}
