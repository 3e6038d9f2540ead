/**
 * Stillinger–Weber for the WASM backend. Equations: potentials/stillinger-weber/model.ts.
 *
 * Neighbours j of an atom as lanes, its neighbours k one after another:
 *   E_i = ½ Σ_j φ₂(r_ij) + ½ Σ_j Σ_{k≠j} S_jk (u_j·u_k − c_jk)² G_j G_k,  S = λε, G = exp(γσ/(r − aσ)).
 * The inner sum runs over all k, and the term k = j is subtracted afterwards.
 */
import { i32 } from '../../encoder/index.ts';
import type { FunctionBody, LaneType, Lanes, Local, ModuleBuilder, Vector } from '../../encoder/index.ts';
import { tripletTable } from '../../../../potentials/stillinger-weber/index.ts';
import type {
  StillingerWeberModel,
  StillingerWeberTriplet,
} from '../../../../potentials/stillinger-weber/index.ts';
import { align } from '../../layout.ts';
import { exponential } from '../exponential.ts';
import { coefficientView } from '../kernel.ts';
import type { Kernel } from '../kernel.ts';
import { forEachRecord, generateGather, RecordLayout } from '../neighbour-records.ts';
import { addEnergy, PairSums, scatterForces, speciesOf } from '../pair-sums.ts';

type VectorLocal = Local<LaneType>;

/** Numbers of a pair (i, j): aσ, σ, γσ, Aε, AεB, p, q (as numbers), and of a triplet (i, j, k): λε, cos θ₀. */
const PAIR = { limit: 0, sigma: 1, leg: 2, strength: 3, repulsion: 4, p: 5, q: 6, count: 7 } as const;
const TRIPLET_NUMBERS = 2;

/** Fields after dx, dy, dz, r²: r, 1/r, G, G′; the first three then hold u. */
const FIELD = { r: 4, inverse: 5, leg: 6, legSlope: 7 } as const;

const LARGEST_POWER = 24;

/** Why the kernel cannot compute a model: powers that are no small integers, or sets that distinguish j from k. */
export function whyNotStillingerWeber(model: StillingerWeberModel): string | undefined {
  const table = tripletTable(model);
  const size = model.species.length;
  const integer = (x: number) => Number.isInteger(x) && x >= 0 && x <= LARGEST_POWER;
  if (!table.every((set) => integer(set.p) && integer(set.q))) {
    return 'its powers p and q are not small integers, which the WebAssembly backend needs';
  }
  for (let index = 0; index < table.length; index++) {
    const [i, j, k] = [Math.floor(index / size ** 2), Math.floor(index / size) % size, index % size];
    const mirrored = table[(i * size + k) * size + j];
    const set = table[index];
    if (
      set.lambda * set.epsilon !== mirrored.lambda * mirrored.epsilon ||
      set.cosTheta0 !== mirrored.cosTheta0
    ) {
      return 'its three-body terms depend on the order of the two neighbours, which the WebAssembly backend does not allow';
    }
  }
  return undefined;
}

export class StillingerWeberKernel implements Kernel {
  readonly cutoff: number;
  readonly scattersForces = true;
  private readonly lanes: Lanes;
  private readonly records: RecordLayout;
  private readonly own: readonly number[];
  private readonly size: number;
  private readonly table: readonly StillingerWeberTriplet[];

  constructor(model: StillingerWeberModel, lanes: Lanes, species: readonly string[]) {
    this.lanes = lanes;
    this.cutoff = model.cutoff;
    this.own = species.map((name) => model.species.indexOf(name));
    this.size = model.species.length;
    this.table = tripletTable(model);
    this.records = new RecordLayout(lanes, species.length, 4);
  }

  private get places() {
    const triplets = align(this.own.length ** 2 * PAIR.count * this.lanes.bytes, 16);
    return { triplets, end: align(triplets + this.own.length ** 3 * TRIPLET_NUMBERS * this.lanes.bytes, 16) };
  }

  get coefficientBytes(): number {
    return this.places.end;
  }

  scratchBytes(longestRow: number): number {
    return this.records.slotBytes(longestRow);
  }

  generate(module: ModuleBuilder, coefficients: number) {
    const { lanes, records, own } = this;
    const gather = generateGather(module, records, this.cutoff, this.cutoff * 1.01);
    return module.function({ parameters: ['i32', 'i32', 'i32', 'i32'] }, (code, slice, slot, first, last) => {
      const local = code.local('i32');
      const bucketBytes = code.let(records.bucketBytesCode());
      code.for(local, first, last, 1, () => {
        code.call(gather, slice, slot, local);
        const centre = code.let(i32.mul(speciesOf(local), own.length));
        const sums = new PairSums(code, lanes, slice, local);
        const energy = code.local(lanes.type);
        sums.reset();
        code.set(energy, lanes.constant(0));
        const j = code.local('i32');
        code.for(j, 0, own.length, 1, () => {
          forEachRecord(code, records, slot, j, bucketBytes, (record) => {
            this.legs(code, record, coefficients, i32.add(centre, j));
          });
        });
        code.for(j, 0, own.length, 1, () => {
          const pair = code.let(i32.add(centre, j));
          forEachRecord(code, records, slot, j, bucketBytes, (record) => {
            const gradient = this.neighbour(code, slot, record, coefficients, pair, bucketBytes, energy);
            const r = code.let(lanes.load(record, records.field(FIELD.r)));
            const d = [0, 1, 2].map((axis) =>
              code.let(lanes.mul(lanes.load(record, records.field(axis)), r)),
            );
            sums.add(d, gradient);
            scatterForces(code, lanes, records, record, sums.forces, gradient);
          });
        });
        sums.finish();
        addEnergy(code, lanes, local, energy, 0.5);
      });
    });
  }

  /** r, 1/r, u, G and G′ of a record. */
  private legs(
    code: FunctionBody,
    record: Local<'i32'>,
    coefficients: number,
    pair: Parameters<typeof i32.mul>[0],
  ): void {
    const { lanes, records } = this;
    const numbers = code.let(i32.mul(pair, PAIR.count * lanes.bytes));
    const parameter = (n: number) => lanes.loadSplat(numbers, coefficients + n * lanes.bytes);
    const r = code.let(lanes.sqrt(lanes.load(record, records.field(3))));
    const inverse = code.let(lanes.div(lanes.constant(1), r));
    const store = (field: number, value: Vector) =>
      code.store(lanes.storeKind, record, value, records.field(field));
    for (let axis = 0; axis < 3; axis++)
      store(axis, lanes.mul(lanes.load(record, records.field(axis)), inverse));
    store(FIELD.r, r);
    store(FIELD.inverse, inverse);
    const strength = code.let(parameter(PAIR.leg));
    const { decay, perGap, inside } = this.decay(code, r, code.let(parameter(PAIR.limit)), strength);
    store(FIELD.leg, inside(decay));
    store(
      FIELD.legSlope,
      inside(lanes.neg(lanes.mul(lanes.mul(decay, strength), lanes.mul(perGap, perGap)))),
    );
  }

  /** exp(s/(r − aσ)), 1/(r − aσ), and what is zero beyond aσ. */
  private decay(code: FunctionBody, r: VectorLocal, limit: VectorLocal, strength: Vector) {
    const { lanes } = this;
    // beyond aσ some harmless number, which `inside` drops
    const gap = lanes.selectLess(r, limit, lanes.sub(r, limit), lanes.constant(-1));
    const perGap = code.let(lanes.div(lanes.constant(1), gap));
    const decay = exponential(code, lanes, lanes.mul(strength, perGap));
    const inside = (x: Vector) => code.let(lanes.selectLess(r, limit, x, lanes.constant(0)));
    return { decay, perGap, inside };
  }

  /** Adds the energy (twice E_i) of a record and gives ∂E_i/∂r⃗ of its neighbours. */
  private neighbour(
    code: FunctionBody,
    slot: Local<'i32'>,
    record: Local<'i32'>,
    coefficients: number,
    pair: Local<'i32'>,
    bucketBytes: Local<'i32'>,
    energy: VectorLocal,
  ): VectorLocal[] {
    const { lanes, records } = this;
    const field = (n: number) => code.let(lanes.load(record, records.field(n)));
    const u = [0, 1, 2].map(field);
    const [r, inverse, leg, legSlope] = [FIELD.r, FIELD.inverse, FIELD.leg, FIELD.legSlope].map(field);
    const radial = code.let(this.twoBody(code, r, inverse, coefficients, pair, energy));
    const gradient = u.map((component) => code.let(lanes.mul(radial, component)));
    const k = code.local('i32');
    const triplets = code.let(i32.mul(pair, this.own.length * TRIPLET_NUMBERS * lanes.bytes));
    const tripletNumber = (n: number) =>
      code.let(lanes.loadSplat(triplets, coefficients + this.places.triplets + n * lanes.bytes));
    /** Adds the terms with one other neighbour of direction v and leg h, or takes them away. */
    const addTerms = (v: readonly Vector[], h: Vector, strength: Vector, cosTheta0: Vector) => {
      const cosine = code.let(
        u.map((component, axis) => lanes.mul(component, v[axis])).reduce((a, b) => lanes.add(a, b)),
      );
      const bend = code.let(lanes.sub(cosine, cosTheta0));
      const angular = code.let(lanes.mul(lanes.mul(strength, bend), h));
      const squared = code.let(lanes.mul(angular, bend));
      code.set(energy, lanes.add(energy, lanes.mul(squared, leg)));
      const twist = code.let(lanes.mul(lanes.mul(lanes.add(angular, angular), leg), inverse));
      const along = code.let(lanes.sub(lanes.mul(squared, legSlope), lanes.mul(twist, cosine)));
      gradient.forEach((sum, axis) =>
        code.set(sum, lanes.add(sum, lanes.add(lanes.mul(twist, v[axis]), lanes.mul(along, u[axis])))),
      );
    };
    code.for(k, 0, this.own.length, 1, () => {
      const [strength, cosTheta0] = [tripletNumber(0), tripletNumber(1)];
      const one = code.local('i32');
      const counted = code.let(i32.load(i32.add(slot, i32.shl(k, 2))));
      const bucket = code.let(i32.add(i32.add(slot, records.headerBytes), i32.mul(k, bucketBytes)));
      code.for(one, 0, counted, 1, () => {
        const lane = i32.mul(i32.and(one, lanes.width - 1), lanes.bytes);
        const place = i32.mul(i32.shrUnsigned(one, Math.log2(lanes.width)), records.bytes);
        const address = code.let(i32.add(i32.add(bucket, place), lane));
        const v = [0, 1, 2].map((axis) => code.let(lanes.loadSplat(address, records.field(axis))));
        addTerms(v, code.let(lanes.loadSplat(address, records.field(FIELD.leg))), strength, cosTheta0);
      });
      code.set(triplets, i32.add(triplets, TRIPLET_NUMBERS * lanes.bytes));
    });
    this.subtractSelf(code, coefficients, pair, addTerms, u, leg);
    return gradient;
  }

  /** Takes away the term of each neighbour with itself. */
  private subtractSelf(
    code: FunctionBody,
    coefficients: number,
    pair: Local<'i32'>,
    addTerms: (v: readonly Vector[], h: Vector, strength: Vector, cosTheta0: Vector) => void,
    u: readonly VectorLocal[],
    leg: VectorLocal,
  ): void {
    const { lanes, own } = this;
    // triplet (i, j, j)
    const j = i32.remUnsigned(pair, own.length);
    const self = i32.mul(i32.add(i32.mul(pair, own.length), j), TRIPLET_NUMBERS * lanes.bytes);
    const address = code.let(i32.add(self, coefficients + this.places.triplets));
    const strength = code.let(lanes.neg(lanes.loadSplat(address)));
    addTerms(u, leg, strength, code.let(lanes.loadSplat(address, lanes.bytes)));
  }

  /** Adds φ₂ to the energy and gives ½ φ₂′. */
  private twoBody(
    code: FunctionBody,
    r: VectorLocal,
    inverse: VectorLocal,
    coefficients: number,
    pair: Local<'i32'>,
    energy: VectorLocal,
  ): Vector {
    const { lanes } = this;
    const numbers = code.let(i32.mul(pair, PAIR.count * lanes.bytes));
    const parameter = (n: number) => code.let(lanes.loadSplat(numbers, coefficients + n * lanes.bytes));
    const sigma = parameter(PAIR.sigma);
    const s = code.let(lanes.mul(sigma, inverse));
    const { decay, perGap, inside } = this.decay(code, r, parameter(PAIR.limit), sigma);
    const [p, q] = [parameter(PAIR.p), parameter(PAIR.q)];
    const repulsion = code.let(lanes.mul(parameter(PAIR.repulsion), this.power(code, s, p)));
    const attraction = code.let(lanes.mul(parameter(PAIR.strength), this.power(code, s, q)));
    const bracket = code.let(lanes.sub(repulsion, attraction));
    code.set(energy, lanes.add(energy, inside(lanes.mul(bracket, decay))));
    const powers = lanes.mul(lanes.sub(lanes.mul(q, attraction), lanes.mul(p, repulsion)), inverse);
    const ends = lanes.mul(lanes.mul(bracket, sigma), lanes.mul(perGap, perGap));
    return lanes.mul(inside(lanes.mul(decay, lanes.sub(powers, ends))), lanes.constant(0.5));
  }

  /** sⁿ for n = 0, 1, 2, … in all lanes alike. */
  private power(code: FunctionBody, s: VectorLocal, exponent: VectorLocal): VectorLocal {
    const { lanes } = this;
    const result = code.let(lanes.constant(1));
    const k = code.local('i32');
    code.for(k, 0, i32.truncF64(lanes.extractF64(exponent, 0)), 1, () =>
      code.set(result, lanes.mul(result, s)),
    );
    return result;
  }

  writeCoefficients(memory: ArrayBufferLike, address: number): void {
    const { own, size, table, lanes } = this;
    const pairs = coefficientView(lanes, memory, address, own.length ** 2 * PAIR.count);
    const triplets = coefficientView(
      lanes,
      memory,
      address + this.places.triplets,
      own.length ** 3 * TRIPLET_NUMBERS,
    );
    own.forEach((zi, i) => {
      own.forEach((zj, j) => {
        const { epsilon, sigma, a, gamma, A, B, p, q } = table[(zi * size + zj) * size + zj];
        const pair = i * own.length + j;
        pairs.set([a * sigma, sigma, gamma * sigma, A * epsilon, A * epsilon * B, p, q], pair * PAIR.count);
        own.forEach((zk, k) => {
          const set = table[(zi * size + zj) * size + zk];
          triplets.set([set.lambda * set.epsilon, set.cosTheta0], (pair * own.length + k) * TRIPLET_NUMBERS);
        });
      });
    });
  }
}
