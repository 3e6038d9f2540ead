/**
 * The crowding term for the WASM backend: potentials/crowding/model.ts. Neighbours as lanes; the second pass over them is
 * for atoms above the threshold alone, of which ordinary matter has none.
 */
import type { CrowdingModel } from '../../../../potentials/crowding/model.ts';
import { f64, i32 } from '../../encoder/index.ts';
import type { FunctionBody, Lanes, Local, ModuleBuilder } from '../../encoder/index.ts';
import { align, CONTEXT } from '../../layout.ts';
import { coefficientView } from '../kernel.ts';
import type { Kernel } from '../kernel.ts';
import { forEachRecord, generateGather, RecordLayout } from '../neighbour-records.ts';
import { PairSums, scatterForces, speciesOf } from '../pair-sums.ts';

export class CrowdingKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = true;
  private readonly model: CrowdingModel;
  private readonly lanes: Lanes;
  private readonly records: RecordLayout;
  private readonly own: readonly number[];

  constructor(model: CrowdingModel, lanes: Lanes, species: readonly string[]) {
    this.model = model;
    this.lanes = lanes;
    this.cutoff = model.cutoff;
    this.own = species.map((name) => model.species.indexOf(name));
    this.records = new RecordLayout(lanes, species.length, 0);
  }

  /** Per species 1/ρ̂ and the amplitudes as f64, then 1/R² of every pair in lane precision. */
  private get places() {
    const speciesBytes = 8 * (1 + this.model.powers.length);
    const pairs = align(this.own.length * speciesBytes, 16);
    return { speciesBytes, pairs, end: align(pairs + this.own.length ** 2 * this.lanes.bytes, 16) };
  }

  get coefficientBytes(): number {
    return this.places.end;
  }

  scratchBytes(longestRow: number): number {
    return this.records.slotBytes(longestRow);
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { lanes, records, own, places } = this;
    const gather = generateGather(module, records, this.cutoff);
    return module.function({ parameters: ['i32', 'i32', 'i32', 'i32'] }, (code, slice, slot, first, last) => {
      const local = code.local('i32');
      const bucketBytes = code.let(records.bucketBytesCode());
      const zero = code.let(lanes.constant(0));
      code.for(local, first, last, 1, () => {
        code.call(gather, slice, slot, local);
        const centre = code.let(speciesOf(local));
        const row = code.let(i32.add(coefficients + places.pairs, i32.mul(centre, own.length * lanes.bytes)));
        const eachRecord = (
          body: (record: Local<'i32'>, inverse: () => ReturnType<Lanes['loadSplat']>) => void,
        ) => {
          const species = code.local('i32');
          code.for(species, 0, own.length, 1, () => {
            const at = code.let(i32.add(row, i32.mul(species, lanes.bytes)));
            forEachRecord(code, records, slot, species, bucketBytes, (record) => {
              body(record, () => lanes.loadSplat(at));
            });
          });
        };
        const gap = (record: Local<'i32'>, inverse: ReturnType<Lanes['loadSplat']>) => {
          const rest = lanes.sub(lanes.constant(1), lanes.mul(lanes.load(record, records.field(3)), inverse));
          return code.let(lanes.max(rest, zero));
        };
        const density = code.local(lanes.type);
        code.set(density, zero);
        eachRecord((record, inverse) => {
          const g = gap(record, inverse());
          code.set(density, lanes.add(density, lanes.mul(lanes.mul(g, g), g)));
        });
        const own0 = code.let(i32.add(coefficients, i32.mul(centre, places.speciesBytes)));
        const x = code.let(f64.sub(f64.mul(lanes.sumF64(density), f64.load(own0)), 1));
        code.if(f64.lt(0, x), () => {
          const slope = this.addEnergy(code, local, own0, x);
          const sums = new PairSums(code, lanes, slice, local);
          sums.reset();
          const factor = code.let(lanes.constant(0));
          for (let k = 0; k < lanes.width; k++) code.set(factor, lanes.replaceF64(factor, k, slope));
          eachRecord((record, inverse) => {
            const inverseSquare = code.let(inverse());
            const g = gap(record, inverseSquare);
            const along = code.let(lanes.mul(lanes.mul(lanes.mul(g, g), inverseSquare), factor));
            const d = [0, 1, 2].map((field) => code.let(lanes.load(record, records.field(field))));
            const gradient = d.map((component) => code.let(lanes.mul(component, along)));
            sums.add(d, gradient);
            scatterForces(code, lanes, records, record, sums.forces, gradient);
          });
          sums.finish();
        });
      });
    });
  }

  /** Adds the energy at x > 0; the slope by ρ, times −6. */
  private addEnergy(
    code: FunctionBody,
    local: Local<'i32'>,
    own: Local<'i32'>,
    x: Local<'f64'>,
  ): Local<'f64'> {
    const { powers } = this.model;
    const energy = code.let(f64.mul(x, 0));
    const slope = code.let(f64.mul(x, 0));
    const power = code.local('f64');
    powers.forEach((p, k) => {
      code.set(power, x);
      for (let n = 2; n < p; n++) code.set(power, f64.mul(power, x));
      // power is x^{p−1}
      const amplitude = code.let(f64.load(own, 8 * (1 + k)));
      code.set(energy, f64.add(energy, f64.mul(f64.mul(amplitude, power), x)));
      code.set(slope, f64.add(slope, f64.mul(f64.mul(amplitude, power), -6 * p)));
    });
    const address = code.let(i32.add(i32.load(CONTEXT.energies), i32.shl(local, 3)));
    code.store(f64, address, f64.add(f64.load(address), energy));
    code.set(slope, f64.mul(slope, f64.load(own)));
    return slope;
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    const { model, own, places, lanes } = this;
    const { powers, species } = model;
    own.forEach((z, s) => {
      const view = new Float64Array(memory, address + s * places.speciesBytes, 1 + powers.length);
      view[0] = 1 / model.thresholds[z];
      powers.forEach((_, k) => (view[1 + k] = model.amplitudes[z * powers.length + k]));
    });
    const view = coefficientView(lanes, memory, address + places.pairs, own.length ** 2);
    own.forEach((zi, i) =>
      own.forEach((zj, j) => (view[i * own.length + j] = model.ranges[zi * species.length + zj] ** -2)),
    );
  }
}
