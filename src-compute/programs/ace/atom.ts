/**
 * Energy of an atom from its sums: products of sums (products.ts), densities, embedding, and backwards. Where the energy is
 * linear in the products, each is visited once; else densities come first, then every product with what its change is worth.
 */
import type { Code, Reals, Row } from '../code.ts';
import { complexLet, multiply, multiplyConjugate, type Complex } from '../complex.ts';
import { embedding, polynomialSwitch, type EmbeddingKind } from './embedding.ts';
import type { Leaf } from './products.ts';
import type { SumList } from './sums.ts';

/** Tables: products formed, groups of terms, terms. */
export const TABLE = { products: 0, groups: 1, terms: 2 } as const;

/** What the atoms' part depends on besides numbers. */
export interface AtomShape {
  readonly sums: SumList;
  readonly channels: number;
  readonly leaves: readonly Leaf[];
  readonly products: number;
  readonly groups: number;
  /** Densities that are formed; 1 where the energy is linear in the products. */
  readonly densities: number;
  readonly linear: boolean;
  /** Embedding functions that species have; each species gives every density and function a weight. */
  readonly embeddings: readonly { readonly kind: EmbeddingKind; readonly exponent: number }[];
}

/** Places among the numbers of a central species. */
export const numberPlaces = ({ channels, sums, densities, embeddings }: AtomShape) => {
  const base = 2;
  const weights = base + channels * sums.base.length * densities;
  return { coreEnd: 0, coreWidth: 1, base, weights, end: weights + densities * embeddings.length };
};

interface AtomPart<R, I> {
  readonly sums: Reals<R, I>;
  readonly adjoints: Reals<R, I>;
  readonly work: Reals<R, I>;
  readonly numbers: Reals<R, I>;
}

/** Real parts of the nodes, and of their derivatives; imaginary parts follow each. */
export const nodePlace = (node: number) => 2 * node;
const gradients = (shape: AtomShape) => 2 * (shape.leaves.length + shape.products);
export const workCount = (shape: AtomShape) => 2 * gradients(shape);

/** Copies the sums to the leaves: A_l,−m = (−1)^m A_lm*. */
function writeLeaves<R, I>(code: Code<R, I>, shape: AtomShape, { sums, work }: AtomPart<R, I>): void {
  const { leaves, sums: list } = shape;
  const places = new Map(
    leaves.map(({ channel, n, l, m }, k) => [`${channel} ${n} ${l} ${m}`, nodePlace(k)]),
  );
  for (let channel = 0; channel < shape.channels; channel++)
    for (const { n, l } of list.radial)
      for (let m = 0; m <= l; m++) {
        const [plus, minus] = [m, -m].map((order) => places.get(`${channel} ${n} ${l} ${order}`));
        if (plus === undefined && minus === undefined) continue;
        const from = channel * list.count + list.radialPlace(n, l, m);
        const re = code.let(sums.load(from));
        const im = m === 0 ? code.constant(0) : code.let(sums.load(from + 1));
        if (plus !== undefined) {
          work.store(plus, re);
          work.store(plus + 1, im);
        }
        if (minus === undefined || m === 0) continue;
        work.store(minus, m % 2 === 0 ? re : code.neg(re));
        work.store(minus + 1, m % 2 === 0 ? code.neg(im) : im);
      }
}

/** Derivatives by the sums from those by the leaves, times a factor. */
function readLeaves<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  { adjoints, work }: AtomPart<R, I>,
  factor: R | undefined,
): void {
  const { leaves, sums: list } = shape;
  const from = gradients(shape);
  const places = new Map(
    leaves.map(({ channel, n, l, m }, k) => [`${channel} ${n} ${l} ${m}`, from + nodePlace(k)]),
  );
  const scaled = (x: R) => (factor === undefined ? x : code.mul(x, factor));
  for (let channel = 0; channel < shape.channels; channel++)
    for (const { n, l } of list.radial)
      for (let m = 0; m <= l; m++) {
        const [plus, minus] = [m, -m].map((order) => places.get(`${channel} ${n} ${l} ${order}`));
        const even = m % 2 === 0;
        const to = channel * list.count + list.radialPlace(n, l, m);
        for (const part of m === 0 ? [0] : [0, 1]) {
          let value = plus === undefined ? undefined : work.load(plus + part);
          if (minus !== undefined && m > 0) {
            const other = work.load(minus + part);
            const negative = part === 0 ? !even : even;
            if (value === undefined) value = negative ? code.neg(other) : other;
            else value = negative ? code.sub(value, other) : code.add(value, other);
          }
          adjoints.store(to + part, value === undefined ? code.constant(0) : scaled(value));
        }
      }
}

const nodeAt = <R, I>(work: Reals<R, I>, base: number, place: I): Complex<R> => ({
  re: work.load(base, place),
  im: work.load(base + 1, place),
});

function formProducts<R, I>(code: Code<R, I>, shape: AtomShape, work: Reals<R, I>): void {
  if (shape.products === 0) return;
  code.rows(TABLE.products, 0, shape.products, (row) => {
    const [left, right, out] = [row.word(0), row.word(1), row.word(2)];
    const [a, b] = [left, right].map((place) => complexLet(code, nodeAt(work, 0, place)));
    const z = multiply(code, a, b);
    work.store(0, z.re, out);
    work.store(1, z.im, out);
  });
}

/** Adds to the derivative by a node. */
function addTo<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  work: Reals<R, I>,
  place: I,
  term: Complex<R>,
): void {
  const base = gradients(shape);
  const present = nodeAt(work, base, place);
  work.store(base, code.add(present.re, term.re), place);
  work.store(base + 1, code.add(present.im, term.im), place);
}

function backProducts<R, I>(code: Code<R, I>, shape: AtomShape, work: Reals<R, I>): void {
  if (shape.products === 0) return;
  const back = (row: Row<R, I>) => {
    const [left, right, out] = [row.word(0), row.word(1), row.word(2)];
    const [a, b] = [left, right].map((place) => complexLet(code, nodeAt(work, 0, place)));
    const w = complexLet(code, nodeAt(work, gradients(shape), out));
    addTo(code, shape, work, left, multiplyConjugate(code, w, b));
    addTo(code, shape, work, right, multiplyConjugate(code, w, a));
  };
  code.rows(TABLE.products, 0, shape.products, back, true);
}

function eachGroup<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  work: Reals<R, I>,
  visit: (first: I, a: Complex<R>, terms: (body: (term: Row<R, I>) => void) => void) => void,
): void {
  if (shape.groups === 0) return;
  code.rows(TABLE.groups, 0, shape.groups, (row) => {
    const first = row.word(0);
    const a = complexLet(code, nodeAt(work, 0, first));
    visit(first, a, (body) => {
      code.rows(TABLE.terms, row.word(1), row.word(2), body);
    });
  });
}

/** ρ += Σ c Re(z_a z_b). */
function addDensities<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  work: Reals<R, I>,
  densities: readonly { value: R; set(value: R): void }[],
): void {
  eachGroup(code, shape, work, (_first, a, terms) => {
    terms((term) => {
      const b = nodeAt(work, 0, term.word(0));
      const real = code.let(code.sub(code.mul(a.re, b.re), code.mul(a.im, b.im)));
      densities.forEach((rho, p) => {
        rho.set(code.add(rho.value, code.mul(term.real(p), real)));
      });
    });
  });
}

/** Derivatives by the nodes that terms name; `worth` of a term is the change of the energy by its product. */
function backTerms<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  work: Reals<R, I>,
  worth: (term: Row<R, I>) => R,
  seen?: (product: R) => void,
): void {
  if (shape.groups === 0) return;
  code.zero(work, gradients(shape), gradients(shape));
  eachGroup(code, shape, work, (first, a, terms) => {
    const [re, im] = [code.variable(code.constant(0)), code.variable(code.constant(0))];
    terms((term) => {
      const place = term.word(0);
      const b = complexLet(code, nodeAt(work, 0, place));
      const c = code.let(worth(term));
      re.set(code.add(re.value, code.mul(c, b.re)));
      im.set(code.sub(im.value, code.mul(c, b.im)));
      addTo(code, shape, work, place, { re: code.mul(c, a.re), im: code.neg(code.mul(c, a.im)) });
    });
    // the group's first factor appears once in each of its terms
    seen?.(code.add(code.mul(re.value, a.re), code.mul(im.value, a.im)));
    addTo(code, shape, work, first, { re: re.value, im: im.value });
  });
}

/** Energy of the sums, and its derivatives by them. */
export function atomEnergy<R, I>(code: Code<R, I>, shape: AtomShape, at: AtomPart<R, I>): R {
  const { work, numbers, sums, adjoints } = at;
  const { channels, sums: list, densities: count } = shape;
  const places = numberPlaces(shape);
  writeLeaves(code, shape, at);
  formProducts(code, shape, work);
  const bases = Array.from({ length: channels * list.base.length }, (_, k) => ({
    place: Math.floor(k / list.base.length) * list.count + list.basePlace(list.base[k % list.base.length]),
    numbers: places.base + k * count,
  }));
  const densities = Array.from({ length: count }, () => code.variable(code.constant(0)));
  for (const base of bases) {
    const sum = code.let(sums.load(base.place));
    densities.forEach((rho, p) => {
      rho.set(code.add(rho.value, code.mul(numbers.load(base.numbers + p), sum)));
    });
  }
  let slopes: R[];
  let energy: R;
  if (shape.linear) {
    const [rho] = densities;
    const seen = (product: R) => rho.set(code.add(rho.value, product));
    backTerms(code, shape, work, (term) => term.real(0), seen);
    [slopes, energy] = [[code.constant(1)], code.let(rho.value)];
  } else {
    addDensities(code, shape, work, densities);
    ({ slopes, energy } = embedded(
      code,
      shape,
      numbers,
      densities.map((rho) => code.let(rho.value)),
    ));
    const own = slopes;
    backTerms(code, shape, work, (term) =>
      own.map((slope, p) => code.mul(slope, term.real(p))).reduce((a, b) => code.add(a, b)),
    );
  }
  backProducts(code, shape, work);
  const share = withCore(code, shape, at, energy);
  readLeaves(code, shape, at, share.factor);
  for (const base of bases) {
    const worth = slopes
      .map((slope, p) => code.mul(slope, numbers.load(base.numbers + p)))
      .reduce((a, b) => code.add(a, b));
    adjoints.store(base.place, share.factor === undefined ? worth : code.mul(worth, share.factor));
  }
  return share.energy;
}

/** Σ w F(ρ) and its derivatives by the densities. */
function embedded<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  numbers: Reals<R, I>,
  densities: readonly R[],
): { slopes: R[]; energy: R } {
  const places = numberPlaces(shape);
  let energy: R | undefined;
  const slopes = densities.map((rho, p) => {
    let slope: R | undefined;
    shape.embeddings.forEach(({ kind, exponent }, v) => {
      const weight = code.let(numbers.load(places.weights + p * shape.embeddings.length + v));
      const f = embedding(code, kind, { rho, exponent });
      const [e, s] = [code.mul(weight, f.value), code.mul(weight, f.slope)];
      energy = code.let(energy === undefined ? e : code.add(energy, e));
      slope = code.let(slope === undefined ? s : code.add(slope, s));
    });
    return slope ?? code.constant(0);
  });
  return { slopes, energy: energy ?? code.constant(0) };
}

/** f(ρ_core) E + ρ_core; writes the derivatives by the core's sums. */
function withCore<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  { sums, adjoints, numbers }: AtomPart<R, I>,
  energy: R,
): { energy: R; factor?: R } {
  if (!shape.sums.core) return { energy };
  const places = numberPlaces(shape);
  const cores = Array.from({ length: shape.channels }, (_, channel) => channel * shape.sums.count);
  const core = code.let(cores.map((place) => sums.load(place)).reduce((a, b) => code.add(a, b)));
  const [end, width] = [places.coreEnd, places.coreWidth].map((place) => code.let(numbers.load(place)));
  const { value, slope } = polynomialSwitch(code, core, end, width);
  const byCore = code.let(code.add(code.constant(1), code.mul(energy, slope)));
  for (const place of cores) adjoints.store(place, byCore);
  return { energy: code.let(code.add(code.mul(value, energy), core)), factor: value };
}
