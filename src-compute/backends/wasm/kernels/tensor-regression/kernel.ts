/**
 * Tensor-regression potential for the WASM backend: code generated for one structure of the potential (descriptors,
 * head, number of species, cutoff), all fitted numbers read from memory so that they may change while it runs.
 *
 * Atom by atom: neighbours to records, first pass over them, descriptors and head (atom.ts), second pass. Sums over
 * neighbours are in the precision of the lanes, everything once per atom in double precision.
 */
import {
  headsOfAtoms,
  headSize,
  type TensorRegressionModel,
} from '../../../../potentials/tensor-regression/index.ts';
import type { PotentialModelBase } from '../../../../potentials/potential.ts';
import { BackendError } from '../../../../errors.ts';
import { isForm } from '../../../form.ts';
import { call, f64, i32 } from '../../encoder/index.ts';
import type { Lanes, ModuleBuilder } from '../../encoder/index.ts';
import { align, CONTEXT } from '../../layout.ts';
import { HANDOVER_NUMBERS, handoverNumbers } from '../../../../potentials/handover.ts';
import { coefficientView } from '../kernel.ts';
import type { Kernel } from '../kernel.ts';
import { zeroFill } from '../loops.ts';
import { generateGather } from '../neighbour-records.ts';
import { speciesOf } from '../pair-sums.ts';
import { atomWork, generateAtom, paddedDescriptors, type AtomWork } from './atom.ts';
import type { Head } from './head-code.ts';
import { headCoefficients, headOf } from './head.ts';
import { generateFirstPass } from './first-pass.ts';
import { SPECIES_ENTRY } from './pass-code.ts';
import { generateSecondPass } from './second-pass.ts';
import { descriptorNorms, harmonicFactors, tensorShape, type TensorShape } from './shape.ts';

/** Bytes in front of a head's coefficients. */
const CONSTANT_BYTES = 16;

export class TensorRegressionKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = true;
  private readonly model: TensorRegressionModel;
  /** The model's own index of each of the backend's species. */
  private readonly own: readonly number[];
  private readonly shape: TensorShape;
  private readonly head: Head;
  private readonly work: AtomWork;
  private readonly heads: number;

  /**
   * @param species order in which the backend numbers species; the model may know more
   * @param straightLine see tensorShape
   */
  constructor(model: TensorRegressionModel, lanes: Lanes, species: readonly string[], straightLine?: number) {
    this.model = model;
    this.cutoff = model.cutoff;
    this.own = species.map((name) => model.species.indexOf(name));
    this.shape = tensorShape(model, lanes, species.length, straightLine);
    this.head = headOf(model, this.shape.layout.size, this.shape.atomLanes);
    this.work = atomWork(this.shape, this.head);
    this.heads = model.mode === 'shared' ? species.length : (model.atomSpecies?.length ?? 0);
  }

  /** Species entries, angular factors, shifts and scales by species, heads (a constant first); the latter three as f64. */
  private get places() {
    const { own, shape, head, heads } = this;
    const factors = own.length * SPECIES_ENTRY.bytes;
    const standard = factors + 8 * shape.harmonics;
    const standardBytes = 16 * paddedDescriptors(shape);
    const headStart = standard + own.length * standardBytes;
    const headBytes = CONSTANT_BYTES + align(8 * head.numbers, 16);
    const handover = align(headStart + heads * headBytes, 16);
    const end = shape.handsOver ? handover + own.length * this.handoverBytes : handover;
    return { factors, standard, standardBytes, headStart, headBytes, handover, end };
  }

  /** Bytes of the numbers of all pairs of one central species. */
  private get handoverBytes(): number {
    return this.own.length * HANDOVER_NUMBERS * this.shape.lanes.bytes;
  }

  get coefficientBytes(): number {
    return this.places.end;
  }

  scratchBytes(longestRow: number): number {
    return this.work.end + this.shape.records.slotBytes(longestRow);
  }

  checkAtoms(species: Int32Array): void {
    if (this.model.mode === 'shared') return;
    headsOfAtoms(
      this.model,
      species.map((z) => this.own[z]),
    );
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { shape, work, places, model } = this;
    const { lanes } = shape;
    const gather = generateGather(module, shape.records, this.cutoff);
    const firstPass = generateFirstPass(module, shape, coefficients);
    const atom = generateAtom(module, shape, work, this.head, coefficients + places.factors);
    const secondPass = generateSecondPass(module, shape, coefficients);
    return module.function(
      { parameters: ['i32', 'i32', 'i32', 'i32'] },
      (code, slice, scratch, first, last) => {
        const local = code.local('i32');
        const accumulators = code.let(i32.add(scratch, work.accumulators));
        const slot = code.let(i32.add(scratch, work.end));
        code.for(local, first, last, 1, () => {
          zeroFill(code, lanes, accumulators, shape.numbers * shape.records.fieldBytes);
          code.call(gather, slice, slot, local);
          const species = code.let(speciesOf(local));
          const handover = i32.mul(species, this.handoverBytes);
          code.call(firstPass, slot, accumulators, i32.add(coefficients + places.handover, handover));
          const entry = i32.load(i32.add(i32.load(CONTEXT.locals), i32.shl(local, 2)));
          const owner = i32.load(i32.add(i32.load(CONTEXT.owners), i32.shl(entry, 2)));
          const head = model.mode === 'shared' ? species : owner;
          const headAddress = code.let(i32.mul(head, places.headBytes));
          const energy = call(
            atom,
            scratch,
            i32.add(coefficients + places.standard, i32.mul(species, places.standardBytes)),
            i32.add(coefficients + places.headStart + CONSTANT_BYTES, headAddress),
          );
          const constant = f64.load(headAddress, coefficients + places.headStart);
          const address = code.let(i32.add(i32.load(CONTEXT.energies), i32.shl(local, 3)));
          code.store(f64, address, f64.add(f64.load(address), f64.add(constant, energy)));
          code.call(secondPass, slot, i32.add(scratch, work.laneAdjoints), slice, local);
        });
      },
    );
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    this.writeSpecies(memory, address);
    this.updateCoefficients(memory, address, this.model);
  }

  updateCoefficients(memory: ArrayBufferLike, address: number, other: PotentialModelBase): void {
    const model = this.accept(other);
    this.writeStandardisation(memory, address, model);
    this.writeHandovers(memory, address, model);
    const { places, head, own } = this;
    const m = this.shape.layout.size;
    const source = headCoefficients(model);
    const size = headSize(model.head, m);
    for (let h = 0; h < this.heads; h++) {
      const from = model.mode === 'shared' ? own[h] : h;
      const place = address + places.headStart + h * places.headBytes;
      new Float64Array(memory, place, 1)[0] =
        model.head.kind === 'tensor-train' ? model.head.constants[from] : 0;
      head.write(new Float64Array(memory, place + CONSTANT_BYTES, head.numbers), source, from * size);
    }
  }

  /** Another model of the same structure. */
  private accept(other: PotentialModelBase): TensorRegressionModel {
    const { model } = this;
    const structure = (one: TensorRegressionModel) =>
      JSON.stringify([
        one.species,
        [one.cutoff, one.minimumDistance, one.radialSize, one.angularSize, one.angularRadial],
        [one.elementWeighting, one.mode, one.atomSpecies && Array.from(one.atomSpecies)],
        one.head.kind === 'dense' ? one.head.rank : Array.from(one.head.bonds),
        one.handover !== undefined,
      ]);
    if (!isForm(other, 'tensor-regression') || (other !== model && structure(other) !== structure(model))) {
      throw new BackendError(
        'New parameters should be those of a tensor-regression potential with the same species, descriptors and head.',
        { remedy: 'Create a new force engine for another potential.' },
      );
    }
    return other;
  }

  private writeSpecies(memory: ArrayBufferLike, address: number): void {
    const { own, shape, model, places } = this;
    const { layout, lanes } = shape;
    const view = new DataView(memory, address, places.factors);
    const elements = model.species.length;
    const oneHot = layout.channels === elements;
    own.forEach((z, s) => {
      const at = s * SPECIES_ENTRY.bytes;
      const channel = oneHot ? z : 0;
      const harmonics = shape.harmonicsStart + channel * shape.angularRadial * shape.harmonics;
      view.setInt32(at + SPECIES_ENTRY.radial, channel * shape.radialBlock * lanes.bytes, true);
      view.setInt32(at + SPECIES_ENTRY.harmonics, harmonics * lanes.bytes, true);
      const weight = layout.weights[channel * elements + z];
      if (lanes.bytes === 8) view.setFloat64(at + SPECIES_ENTRY.weight, weight, true);
      else view.setFloat32(at + SPECIES_ENTRY.weight, weight, true);
    });
    const factors = harmonicFactors(layout.angularSize);
    new Float64Array(memory, address + places.factors, factors.length).set(factors);
  }

  private writeHandovers(memory: ArrayBufferLike, address: number, model: TensorRegressionModel): void {
    const { own, places, shape } = this;
    const { handover, species } = model;
    if (!handover) return;
    const count = own.length ** 2 * HANDOVER_NUMBERS;
    const view = coefficientView(shape.lanes, memory, address + places.handover, count);
    own.forEach((zi, i) =>
      own.forEach((zj, j) => {
        view.set(handoverNumbers(handover, species.length, zi, zj), (i * own.length + j) * HANDOVER_NUMBERS);
      }),
    );
  }

  private writeStandardisation(
    memory: ArrayBufferLike,
    address: number,
    { shift, scale }: TensorRegressionModel,
  ): void {
    const { own, shape, places } = this;
    const m = shape.layout.size;
    const padded = paddedDescriptors(shape);
    const norms = descriptorNorms(shape);
    own.forEach((z, s) => {
      const place = address + places.standard + s * places.standardBytes;
      const view = new Float64Array(memory, place, 2 * padded).fill(0);
      for (let d = 0; d < m; d++) {
        view[d] = shift[z * m + d] / norms[d];
        view[padded + d] = scale[z * m + d] * norms[d];
      }
    });
  }
}
