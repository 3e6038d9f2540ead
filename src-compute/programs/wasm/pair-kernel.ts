/**
 * The skeleton of pair potentials for WebAssembly: every pair is met from both of its atoms, so that each atom sums its own
 * force and no thread writes to another's; neighbours as lanes.
 */
import { i32 } from '../../backends/wasm/encoder/index.ts';
import type { Lanes, ModuleBuilder } from '../../backends/wasm/encoder/index.ts';
import { coefficientView, type Kernel } from '../../backends/wasm/kernels/kernel.ts';
import {
  forEachRecord,
  generateGather,
  RecordLayout,
} from '../../backends/wasm/kernels/neighbour-records.ts';
import { addEnergy, PairSums, speciesOf } from '../../backends/wasm/kernels/pair-sums.ts';
import { align } from '../../backends/wasm/layout.ts';
import type { Reals } from '../code.ts';
import type { PairProgram } from '../pair/program.ts';
import { WasmCode, type Place, type Real } from './code.ts';

/**
 * Atoms at distances that round to the cutoff count as inside, as the exact test of the gathering pass had it; what
 * fills up records lies further out.
 */
const ROUNDING = 1e-5;

export class PairKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = false;
  readonly coefficientBytes: number;
  private readonly program: PairProgram;
  private readonly lanes: Lanes;
  private readonly records: RecordLayout;
  private readonly species: number;

  /** @param species number of the backend's species */
  constructor(program: PairProgram, lanes: Lanes, species: number) {
    this.program = program;
    this.lanes = lanes;
    this.species = species;
    this.cutoff = program.cutoff;
    this.records = new RecordLayout(lanes, species, 0);
    this.coefficientBytes = align(species ** 2 * program.pairNumbers * lanes.bytes, 16);
  }

  scratchBytes(longestRow: number): number {
    return this.records.slotBytes(longestRow);
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { lanes, records, program } = this;
    const gather = generateGather(module, records, this.cutoff, this.cutoff * (1 + 10 * ROUNDING));
    return module.function({ parameters: ['i32', 'i32', 'i32', 'i32'] }, (code, slice, slot, first, last) => {
      const [local, species] = [code.local('i32'), code.local('i32')];
      const bucketBytes = code.let(records.bucketBytesCode());
      const real = new WasmCode(code, lanes);
      const energy = code.local(lanes.type);
      code.for(local, first, last, 1, () => {
        code.call(gather, slice, slot, local);
        const sums = new PairSums(code, lanes, slice, local);
        sums.reset();
        code.set(energy, lanes.constant(0));
        const total: Reals<Real, Place> = {
          load: () => [energy],
          store: (_, [value]) => code.set(energy, value),
        };
        const pairBytes = program.pairNumbers * lanes.bytes;
        const pair = code.let(i32.mul(speciesOf(local), this.species * pairBytes));
        code.for(species, 0, this.species, 1, () => {
          forEachRecord(code, records, slot, species, bucketBytes, (record) => {
            const d = [0, 1, 2].map((field) => code.let(lanes.load(record, records.field(field))));
            let factor: Real = [];
            const at = {
              difference: [[d[0]], [d[1]], [d[2]]] as const,
              squared: [lanes.load(record, records.field(3))],
              pair: real.shared(pair, coefficients, lanes.bytes),
              fields: { load: () => factor, store: (_: number, value: Real) => void (factor = value) },
            };
            program.neighbour(real, at, total);
            sums.add(
              d,
              d.map((component) => code.let(lanes.mul(component, factor[0]))),
            );
          });
          code.set(pair, i32.add(pair, pairBytes));
        });
        sums.finish(0.5);
        addEnergy(code, lanes, local, energy, 0.5);
      });
    });
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    const { program, lanes, species, cutoff } = this;
    const view = coefficientView(lanes, memory, address, species ** 2 * program.pairNumbers);
    for (let a = 0; a < species; a++) {
      for (let b = 0; b < species; b++) {
        const at = (a * species + b) * program.pairNumbers;
        view.set(program.pairNumbersOf(a, b), at);
        const own = program.pairNumbersOf(a, b)[program.reach];
        if (Math.abs(own - cutoff) <= 1e-9 * own) view[at + program.reach] = own * (1 + ROUNDING);
      }
    }
  }
}
