/**
 * Magnetic moments in a vasprun.xml. The file has no table of them as the OUTCAR has, but with LORBIT ≥ 10 what the
 * table is made of: m_i = Σ_k w_k Σ_n f_nk (P↑_ink − P↓_ink), P the projections of the states on the sphere of the ion
 * summed over its orbitals, f their occupations and w the weights of the k-points. Non-collinear calculations have the
 * projections of the density and of the three components of the magnetisation (spin1 … spin4).
 * Layout: VASP wiki, "LORBIT" and "vasprun.xml".
 */
import { parseReal } from './numbers.ts';
import type { XmlElement } from './xml-source.ts';

/** One number an ion of one component, or the vectors of three. */
export function momentsOf(components: readonly Float64Array[]): Float64Array | undefined {
  if (components.length === 1) return components[0];
  if (components.length !== 3 || components.some(({ length }) => length !== components[0].length))
    return undefined;
  const atoms = components[0].length;
  return Float64Array.from({ length: 3 * atoms }, (_, k) => components[k % 3][Math.floor(k / 3)]);
}

/** Follows the elements of a vasprun.xml and sums while the projections pass by: none of them is kept. */
export class ProjectedMoments {
  private readonly weights: number[] = [];
  /** Occupations by spin, bands of one k-point after those of another; non-collinear states have one set. */
  private occupations: number[][] = [];
  /** Sums over the occupied states by spin, ions one after the other. */
  private sums: Float64Array[] = [];
  private spin = -1;
  private kpoint = -1;
  private band = -1;
  private ion = 0;
  private broken = false;

  open(element: XmlElement, path: readonly XmlElement[]): void {
    if (element.name === 'projected') {
      this.occupations = [];
      this.sums = [];
      this.broken = false;
    }
    if (element.name !== 'set' || !isProjected(path)) return;
    const [, what, number] = /^(spin|kpoint|band)\s*(\d+)/.exec(element.attributes.comment ?? '') ?? [];
    if (what === 'spin') [this.spin, this.kpoint, this.band] = [Number(number) - 1, -1, -1];
    if (what === 'kpoint') [this.kpoint, this.band] = [Number(number) - 1, -1];
    if (what === 'band') [this.band, this.ion] = [Number(number) - 1, 0];
  }

  close(element: XmlElement, text: string, path: readonly XmlElement[], atoms: number): void {
    if (element.name === 'v' && path[path.length - 2]?.attributes.name === 'weights') {
      const weight = parseReal(text.trim());
      this.weights.push(typeof weight === 'number' ? weight : NaN);
    }
    if (element.name !== 'r' || !isProjected(path)) return;
    const values = text.trim().split(/\s+/).map(parseReal);
    if (!values.every((value) => typeof value === 'number')) this.broken = true;
    else if (path.some(({ name }) => name === 'eigenvalues'))
      (this.occupations[this.spin] ??= []).push(values[1]);
    else this.add(values, atoms);
  }

  /** Components of the moments, and begins anew; undefined without projections of two spins or of four. */
  take(): Float64Array[] | undefined {
    const { sums, broken } = this;
    this.sums = [];
    if (broken || sums.some((sum) => !sum.every(Number.isFinite))) return undefined;
    if (sums.length === 2) return [sums[0].map((up, ion) => up - sums[1][ion])];
    return sums.length === 4 ? sums.slice(1) : undefined;
  }

  /** One row: the projections of one state on the orbitals of one ion. */
  private add(orbitals: readonly number[], atoms: number): void {
    const { weights, occupations, spin, kpoint, band } = this;
    if (spin < 0 || spin > 3 || this.ion >= atoms) return;
    const ofSpin = occupations.length === 1 ? occupations[0] : (occupations[spin] ?? []);
    const occupation = ofSpin[kpoint * (ofSpin.length / weights.length) + band] ?? NaN;
    while (this.sums.length <= spin) this.sums.push(new Float64Array(atoms));
    const projection = orbitals.reduce((sum, value) => sum + value, 0);
    this.sums[spin][this.ion++] += (weights[kpoint] ?? NaN) * occupation * projection;
  }
}

function isProjected(path: readonly XmlElement[]): boolean {
  return path.some(({ name }) => name === 'projected');
}
