/**
 * Moment tensor potential for the WASM backend: code generated for one structure of the potential (graph, radial basis,
 * number of species, cutoff), coefficients read from memory so that they may change.
 *
 * Atoms are computed in groups of one or two vectors: the first pass over the neighbours of each, the product graph for all of
 * them at once, the second pass over the neighbours of each.
 */
import { basicCount, productCount, radialOffset } from '../../../../potentials/moment-tensor/model.ts';
import type { MomentTensorModel } from '../../../../potentials/moment-tensor/model.ts';
import { f32, f64, i32 } from '../../encoder/index.ts';
import type { FunctionBody, Lanes, Local, ModuleBuilder } from '../../encoder/index.ts';
import { align, CONTEXT } from '../../layout.ts';
import { HANDOVER_NUMBERS } from '../../../../potentials/handover.ts';
import { writeHandover } from '../handover.ts';
import { coefficientView } from '../kernel.ts';
import type { Kernel } from '../kernel.ts';
import { zeroFill } from '../loops.ts';
import { generateGather, RecordLayout } from '../neighbour-records.ts';
import { speciesOf } from '../pair-sums.ts';
import { GraphTables, generateTableGraph, TABLE_VECTORS } from './graph-table.ts';
import { generateStraightGraph } from './graph.ts';
import { monomialTree } from './monomials.ts';
import { extraFields, generateFirstPass, generateSecondPass, pairCoefficientCount } from './passes.ts';
import type { PassShape } from './passes.ts';

/** Above so many products a loop over tables is faster than straight-line code, and compiles at once. */
const STRAIGHT_LINE_PRODUCTS = 5000;

export class MomentTensorKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = true;
  private readonly model: MomentTensorModel;
  /** The model's own index of each of the backend's species. */
  private readonly own: readonly number[];
  private readonly lanes: Lanes;
  private readonly shape: PassShape;
  private readonly fieldBytes: number;
  /** Tables of a large graph. */
  private readonly tables: GraphTables | undefined;
  /** Atoms of a group. */
  private readonly groupWidth: number;

  /**
   * @param species order in which the backend numbers species; the model may know more
   * @param straightLine largest number of products for straight-line code
   */
  constructor(
    model: MomentTensorModel,
    lanes: Lanes,
    species: readonly string[],
    straightLine = STRAIGHT_LINE_PRODUCTS,
  ) {
    if (productCount(model) > straightLine) this.tables = new GraphTables(model, lanes);
    this.groupWidth = lanes.width * (this.tables ? TABLE_VECTORS : 1);
    this.own = species.map((name) => model.species.indexOf(name));
    this.model = model;
    this.lanes = lanes;
    this.cutoff = model.cutoff;
    this.fieldBytes = lanes.width * lanes.bytes;
    this.shape = {
      lanes,
      records: new RecordLayout(lanes, species.length, extraFields(model.radialFunctionCount)),
      tree: monomialTree(model),
      basicCount: basicCount(model),
      radialFunctions: model.radialFunctionCount,
      radialSize: model.radialBasisSize,
      minimumDistance: model.minimumDistance,
      cutoff: model.cutoff,
      speciesCount: species.length,
      adjointBytes: this.groupWidth * lanes.bytes,
      handsOver: model.handover !== undefined,
    };
  }

  /** Coefficients: e_z as f64, then in lane precision ξ and the radial functions by pair of species. */
  private get places() {
    const { model, lanes, own } = this;
    const xi = align(8 * own.length, 16);
    const radial = align(xi + model.momentCoefficients.length * lanes.bytes, 16);
    const speciesRow = own.length * pairCoefficientCount(this.shape) * lanes.bytes;
    const tables = align(radial + own.length * speciesRow, 16);
    return { xi, radial, speciesRow, tables, end: tables + (this.tables?.bytes ?? 0) };
  }

  get coefficientBytes(): number {
    return this.places.end;
  }

  /** Work space: energies, accumulators, adjoints (and all moments) of a group, then the slots. */
  private get work() {
    const { fieldBytes, groupWidth, shape } = this;
    const momentBytes = shape.adjointBytes;
    const stored = this.tables ? this.model.momentCount : shape.basicCount;
    const accumulators = momentBytes;
    const adjoints = accumulators + groupWidth * shape.basicCount * fieldBytes;
    const moments = adjoints + stored * momentBytes;
    const slots = moments + (this.tables ? stored * momentBytes : 0);
    return { accumulators, adjoints, moments, slots };
  }

  scratchBytes(longestRow: number): number {
    return this.work.slots + this.groupWidth * this.shape.records.slotBytes(longestRow);
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { lanes, shape, work, places, groupWidth } = this;
    const gather = generateGather(module, shape.records, this.cutoff);
    const firstPass = generateFirstPass(module, shape);
    const graph = this.generateGraph(module, coefficients);
    const secondPass = generateSecondPass(module, shape);
    const accumulatorBytes = shape.basicCount * this.fieldBytes;
    return module.function(
      { parameters: ['i32', 'i32', 'i32', 'i32'] },
      (code, slice, scratch, first, last) => {
        const [group, atom, local, slot] = [0, 1, 2, 3].map(() => code.local('i32'));
        const species = code.local('i32');
        const slotBytes = code.let(
          i32.add(shape.records.headerBytes, i32.mul(shape.records.bucketBytesCode(), shape.speciesCount)),
        );
        const slots = code.let(i32.add(scratch, work.slots));
        const eachAtom = (body: () => void) =>
          code.for(atom, 0, groupWidth, 1, () => {
            code.set(local, i32.add(group, atom));
            code.if(i32.lt(local, last), () => {
              code.set(slot, i32.add(slots, i32.mul(atom, slotBytes)));
              body();
            });
          });
        code.for(group, first, last, groupWidth, () => {
          zeroFill(code, lanes, i32.add(scratch, work.accumulators), groupWidth * accumulatorBytes);
          eachAtom(() => {
            code.set(species, speciesOf(local));
            code.call(gather, slice, slot, local);
            const accumulators = i32.add(
              i32.add(scratch, work.accumulators),
              i32.mul(atom, accumulatorBytes),
            );
            code.call(
              firstPass,
              slot,
              accumulators,
              i32.add(coefficients + places.radial, i32.mul(species, places.speciesRow)),
            );
          });
          graph(code, scratch);
          eachAtom(() => {
            this.addEnergy(code, coefficients, species, scratch, atom, local);
            const adjoints = i32.add(i32.add(scratch, work.adjoints), i32.mul(atom, lanes.bytes));
            code.call(secondPass, slot, adjoints, slice, local);
          });
        });
      },
    );
  }

  /** The graph's code, and how to call it. */
  private generateGraph(
    module: ModuleBuilder,
    coefficients: number,
  ): (code: FunctionBody, scratch: Local<'i32'>) => void {
    const { lanes, model, work, places, tables } = this;
    const xi = coefficients + places.xi;
    const graph = tables
      ? generateTableGraph(module, lanes, model, tables)
      : generateStraightGraph(module, lanes, model);
    return (code, scratch) => {
      const at = (offset: number) => i32.add(scratch, offset);
      const common = [at(work.accumulators), xi, at(work.adjoints), scratch];
      if (tables) code.call(graph, ...common, coefficients + places.tables, at(work.moments));
      else code.call(graph, ...common);
    };
  }

  /** Energy of the atom += e_z + Σ ξ B. */
  private addEnergy(
    code: FunctionBody,
    coefficients: number,
    species: Local<'i32'>,
    scratch: Local<'i32'>,
    atom: Local<'i32'>,
    local: Local<'i32'>,
  ): void {
    code.set(species, speciesOf(local));
    const address = code.let(i32.add(i32.load(CONTEXT.energies), i32.shl(local, 3)));
    const own = f64.load(i32.shl(species, 3), coefficients);
    const laneAddress = i32.add(scratch, i32.mul(atom, this.lanes.bytes));
    const lane = this.lanes.bytes === 8 ? f64.load(laneAddress) : f64.promoteF32(f32.load(laneAddress));
    code.store(f64, address, f64.add(f64.load(address), f64.add(own, lane)));
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    const { model, lanes, own, places, shape } = this;
    const energies = own.map((species) => model.speciesCoefficients[species]);
    new Float64Array(memory, address, own.length).set(energies);
    coefficientView(lanes, memory, address + places.xi, model.momentCoefficients.length).set(
      model.momentCoefficients,
    );
    this.tables?.write(memory, address + places.tables, lanes);
    const perPair = pairCoefficientCount(shape);
    const radial = coefficientView(lanes, memory, address + places.radial, own.length ** 2 * perPair);
    const size = model.radialBasisSize;
    const stride = Math.max(1, 2 * size - 1);
    const slope = 2 / (model.cutoff - model.minimumDistance);
    let to = 0;
    for (const zi of own) {
      for (const zj of own) {
        for (let mu = 0; mu < model.radialFunctionCount; mu++, to += stride) {
          const from = radialOffset(model, zi, zj, mu);
          const c = model.radialCoefficients.subarray(from, from + size);
          for (let k = 0; k < size; k++) radial[to + k] = model.scaling * c[k];
          chebyshevDerivative(c).forEach((d, k) => (radial[to + size + k] = model.scaling * slope * d));
        }
        if (!model.handover) continue;
        writeHandover(radial, to, model.handover, model.species.length, zi, zj);
        to += HANDOVER_NUMBERS;
      }
    }
  }
}

/** Coefficients d of Σ_k d_k T_k = d/dx Σ_k c_k T_k; one fewer than c. */
export function chebyshevDerivative(c: ArrayLike<number>): Float64Array {
  const d = new Float64Array(c.length + 1);
  for (let k = c.length - 1; k >= 1; k--) d[k - 1] = d[k + 1] + 2 * k * c[k];
  d[0] /= 2;
  return d.subarray(0, Math.max(0, c.length - 1));
}
