/**
 * Energy of an atom from its sums: expansion coefficients u (a small triangular transformation of the sums), products of
 * three of them (products.ts), and backwards. Where one set of coefficients serves (linear potentials), the components are
 * never formed: E_i is one homogeneous cubic function of u, so that E_i = ⅓ Σ u ∂E/∂u. Quadratic potentials compute the
 * components B first and give every product the factor ∂E/∂B of its component.
 */
import type { Code, Reals, Row } from '../code.ts';
import { complexLet, multiply, multiplyConjugate, type Complex } from '../complex.ts';
import type { ElementList } from './elements.ts';
import { PRODUCT_KINDS, type ProductKind } from './products.ts';

/** Where things lie among the numbers that an atom works with. */
export interface WorkPlaces {
  /** Real part of u of the first element; the imaginary part follows, then the next element. */
  readonly elements: number;
  /** Derivatives by them. */
  readonly gradients: number;
  /** B and ∂E/∂B, where components are formed. */
  readonly components: number;
  readonly slopes: number;
  readonly end: number;
}

export function workPlaces(list: ElementList, channels: number, components: number): WorkPlaces {
  const size = 2 * list.elements.length * channels;
  return {
    elements: 0,
    gradients: size,
    components: 2 * size,
    slopes: 2 * size + components,
    end: 2 * size + 2 * components,
  };
}

/** What an atom's program depends on besides numbers. */
export interface AtomShape {
  readonly list: ElementList;
  readonly channels: number;
  /** Number of components, where they are formed; else 0. */
  readonly components: number;
  /** Rows of the table of groups, by kind. */
  readonly groups: Record<ProductKind, readonly [number, number]>;
}

/** Tables: groups (two elements, first and behind the last term), terms; in quadratic potentials rows and entries of α. */
export const TABLE = { groups: 0, terms: 1, rows: 2, entries: 3 } as const;

/** What the atom's part is given. */
export interface AtomPart<R, I> {
  readonly sums: Reals<R, I>;
  readonly adjoints: Reals<R, I>;
  readonly work: Reals<R, I>;
  /** Own share of each channel (1 or 0); where components are formed, what is taken off each, then β. */
  readonly numbers: Reals<R, I>;
}

/** Sums Σ polar β^q of an element's family as X⁺ = R + iI (powers of α) or X⁻ = R − iI (of α*), for every k. */
function familySum<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  at: AtomPart<R, I>,
  channel: number,
  [p, k, q]: readonly [number, number, number],
): Complex<R> {
  const { list } = shape;
  const load = (polarImaginary: boolean, imaginary: boolean) => {
    const place = list.sumPlace(Math.abs(p), k, polarImaginary, q, imaginary);
    return place === undefined ? undefined : at.sums.load(channel * list.sums.length + place);
  };
  const [rr, ri, ir, ii] = [load(false, false), load(false, true), load(true, false), load(true, true)];
  const zero = code.constant(0);
  const sum = (a: R | undefined, b: R | undefined, subtract: boolean) => {
    if (b === undefined) return a ?? zero;
    if (a === undefined) return subtract ? code.neg(b) : b;
    return subtract ? code.sub(a, b) : code.add(a, b);
  };
  return complexLet(code, { re: sum(rr, ii, p >= 0), im: sum(ri, ir, p < 0) });
}

/** Writes u. */
function expand<R, I>(code: Code<R, I>, shape: AtomShape, places: WorkPlaces, at: AtomPart<R, I>): void {
  const { list, channels } = shape;
  for (let channel = 0; channel < channels; channel++) {
    const own = code.let(at.numbers.load(channel));
    const families = new Map<string, Complex<R>>();
    list.elements.forEach(({ p, q, series, real, diagonal }, e) => {
      let [re, im]: (R | undefined)[] = [diagonal ? own : undefined, undefined];
      series.forEach((c, k) => {
        const key = `${p} ${k} ${q}`;
        const x = families.get(key) ?? familySum(code, shape, at, channel, [p, k, q]);
        families.set(key, x);
        const add = (a: R | undefined, b: R) => {
          const term = code.mul(b, code.constant(c));
          return a === undefined ? term : code.add(a, term);
        };
        re = add(re, x.re);
        if (!real) im = add(im, x.im);
      });
      const place = places.elements + 2 * (channel * list.elements.length + e);
      at.work.store(place, re ?? code.constant(0));
      at.work.store(place + 1, im ?? code.constant(0));
    });
  }
}

/** Derivatives by the sums from those by u: the transposed transformation. */
function contract<R, I>(code: Code<R, I>, shape: AtomShape, places: WorkPlaces, at: AtomPart<R, I>): void {
  const { list, channels } = shape;
  for (let channel = 0; channel < channels; channel++) {
    /** Σ_j P_j,k g_j of a family. */
    const families = new Map<string, Complex<R>>();
    const familyOf = (p: number, k: number, q: number): Complex<R> => {
      const key = `${p} ${k} ${q}`;
      const found = families.get(key);
      if (found) return found;
      let sum: Complex<R> | undefined;
      list.elements.forEach((element, e) => {
        if (element.p !== p || element.q !== q || k >= element.series.length) return;
        const place = places.gradients + 2 * (channel * list.elements.length + e);
        const c = code.constant(element.series[k]);
        const term = { re: code.mul(at.work.load(place), c), im: code.mul(at.work.load(place + 1), c) };
        sum = sum ? { re: code.add(sum.re, term.re), im: code.add(sum.im, term.im) } : term;
      });
      const made = complexLet(code, sum ?? { re: code.constant(0), im: code.constant(0) });
      families.set(key, made);
      return made;
    };
    list.sums.forEach(({ polar, q, imaginary }, s) => {
      const { p, k, imaginary: polarImaginary } = list.polars[polar];
      const plus = familyOf(p, k, q);
      const minus = p > 0 && q > 0 ? familyOf(-p, k, q) : undefined;
      at.adjoints.store(channel * list.sums.length + s, part(code, plus, minus, polarImaginary, imaginary));
    });
  }
}

/** ∂/∂R or ∂/∂I from the derivatives by X⁺ = R + iI and X⁻ = R − iI. */
function part<R, I>(
  code: Code<R, I>,
  plus: Complex<R>,
  minus: Complex<R> | undefined,
  polarImaginary: boolean,
  imaginary: boolean,
): R {
  if (!polarImaginary) {
    const own = imaginary ? plus.im : plus.re;
    return minus ? code.add(own, imaginary ? minus.im : minus.re) : own;
  }
  if (!imaginary) return minus ? code.sub(plus.im, minus.im) : plus.im;
  return minus ? code.sub(minus.re, plus.re) : code.neg(plus.re);
}

const at2 = <R, I>(work: Reals<R, I>, base: number, place: I): Complex<R> => ({
  re: work.load(base, place),
  im: work.load(base + 1, place),
});

/** z of a group, from its two elements. */
function productOf<R, I>(code: Code<R, I>, kind: ProductKind, a: Complex<R>, b: Complex<R>): Complex<R> {
  const z = kind === 'second conjugate' ? multiplyConjugate(code, a, b) : multiply(code, a, b);
  return complexLet(code, kind === 'conjugate' ? { re: z.re, im: code.neg(z.im) } : z);
}

interface VisitedGroup<R, I> {
  readonly row: Row<R, I>;
  readonly first: I;
  readonly second: I;
  readonly a: Complex<R>;
  readonly b: Complex<R>;
  readonly z: Complex<R>;
}

/** Visits groups with their elements and z. */
function forEachGroup<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  places: WorkPlaces,
  work: Reals<R, I>,
  visit: (kind: ProductKind, group: VisitedGroup<R, I>) => void,
): void {
  for (const kind of PRODUCT_KINDS) {
    const [from, to] = shape.groups[kind];
    if (from === to) continue;
    code.rows(TABLE.groups, from, to, (row) => {
      const [first, second] = [row.word(0), row.word(1)];
      const [a, b] = [first, second].map((place) => complexLet(code, at2(work, places.elements, place)));
      visit(kind, { row, first, second, a, b, z: productOf(code, kind, a, b) });
    });
  }
}

/** B += Σ c Re(z u). */
function addComponents<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  places: WorkPlaces,
  work: Reals<R, I>,
): void {
  code.zero(work, places.components, shape.components);
  forEachGroup(code, shape, places, work, (_kind, { row, z }) => {
    code.rows(TABLE.terms, row.word(2), row.word(3), (term) => {
      const third = at2(work, places.elements, term.word(0));
      const real = code.sub(code.mul(z.re, third.re), code.mul(z.im, third.im));
      const component = term.word(1);
      const sum = code.add(work.load(places.components, component), code.mul(term.real(0), real));
      work.store(places.components, sum, component);
    });
  });
}

/** Derivatives by u of Σ c B(u), c times the slope of the component where there are components. */
function addGradients<R, I>(code: Code<R, I>, shape: AtomShape, places: WorkPlaces, work: Reals<R, I>): void {
  code.zero(work, places.gradients, 2 * shape.list.elements.length * shape.channels);
  const addTo = (place: I, term: Complex<R>) => {
    const present = at2(work, places.gradients, place);
    work.store(places.gradients, code.add(present.re, term.re), place);
    work.store(places.gradients + 1, code.add(present.im, term.im), place);
  };
  forEachGroup(code, shape, places, work, (kind, { row, first, second, a, b, z }) => {
    const [re, im] = [code.variable(code.constant(0)), code.variable(code.constant(0))];
    code.rows(TABLE.terms, row.word(2), row.word(3), (term) => {
      const factor = code.let(
        shape.components > 0 ? code.mul(term.real(0), work.load(places.slopes, term.word(1))) : term.real(0),
      );
      const place = term.word(0);
      const third = complexLet(code, at2(work, places.elements, place));
      re.set(code.add(re.value, code.mul(factor, third.re)));
      im.set(code.add(im.value, code.mul(factor, third.im)));
      // Re(z u) by u: z*
      addTo(place, { re: code.mul(factor, z.re), im: code.neg(code.mul(factor, z.im)) });
    });
    const w = { re: re.value, im: im.value };
    const star = (x: Complex<R>) => ({ re: x.re, im: code.neg(x.im) });
    if (kind === 'plain') {
      addTo(first, star(multiply(code, w, b)));
      addTo(second, star(multiply(code, w, a)));
    } else if (kind === 'second conjugate') {
      addTo(first, multiplyConjugate(code, b, w));
      addTo(second, multiply(code, w, a));
    } else {
      addTo(first, multiplyConjugate(code, w, b));
      addTo(second, multiplyConjugate(code, w, a));
    }
  });
}

/** E = β·B + Σ α B B and ∂E/∂B, after what is taken off has been taken off. */
function polynomialEnergy<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  places: WorkPlaces,
  at: AtomPart<R, I>,
): R {
  const { work, numbers } = at;
  const energy = code.variable(code.constant(0));
  for (let k = 0; k < shape.components; k++) {
    const b = code.let(code.sub(work.load(places.components + k), numbers.load(shape.channels + k)));
    const beta = code.let(numbers.load(shape.channels + shape.components + k));
    work.store(places.components + k, b);
    work.store(places.slopes + k, beta);
    energy.set(code.add(energy.value, code.mul(beta, b)));
  }
  code.rows(TABLE.rows, 0, shape.components, (row) => {
    const own = row.word(0);
    const b = code.let(work.load(places.components, own));
    const sum = code.variable(code.constant(0));
    code.rows(TABLE.entries, row.word(1), row.word(2), (entry) => {
      const alpha = code.let(entry.real(0));
      const other = entry.word(0);
      const term = code.let(code.mul(alpha, work.load(places.components, other)));
      sum.set(code.add(sum.value, term));
      const share = code.add(work.load(places.slopes, other), code.mul(alpha, b));
      work.store(places.slopes, share, other);
    });
    energy.set(code.add(energy.value, code.mul(sum.value, b)));
    work.store(places.slopes, code.add(work.load(places.slopes, own), sum.value), own);
  });
  return energy.value;
}

/** Energy of the sums, and its derivatives by them. */
export function atomEnergy<R, I>(
  code: Code<R, I>,
  shape: AtomShape,
  places: WorkPlaces,
  at: AtomPart<R, I>,
): R {
  expand(code, shape, places, at);
  let energy: R | undefined;
  if (shape.components > 0) {
    addComponents(code, shape, places, at.work);
    energy = polynomialEnergy(code, shape, places, at);
  }
  addGradients(code, shape, places, at.work);
  if (energy === undefined) {
    const sum = code.variable(code.constant(0));
    const count = 2 * shape.list.elements.length * shape.channels;
    for (let k = 0; k < count; k++) {
      const term = code.mul(at.work.load(places.elements + k), at.work.load(places.gradients + k));
      sum.set(code.add(sum.value, term));
    }
    energy = code.let(code.mul(sum.value, code.constant(1 / 3)));
  }
  contract(code, shape, places, at);
  return energy;
}
