/** Energy surfaces over plain coordinates: what bands and dimers walk on. */
import type { ForceEngine } from '../../potentials/potential.ts';
import { volume } from '../../structure/cell.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { Landscape } from '../landscape.ts';
import { FULL_CELL } from '../settings.ts';

export interface Surface {
  readonly size: number;
  /** eV, at the point last evaluated */
  readonly energy: number;
  /** −dE/dx there. */
  readonly force: Float64Array;
  evaluate(x: Float64Array): void | Promise<void>;
}

/**
 * A surface of atoms, and of their cell where it may change: coordinates are (u, J·(D − 1)) with positions u·D, cell
 * h₀·D and J = Ω^{1/3} N^{1/2}, in which a step of the cell is as long as the steps of the atoms that it moves: Sheppard et
 * al., J. Chem. Phys. 136 (2012) 074103.
 */
export class AtomicSurface implements Surface {
  readonly size: number;
  readonly force: Float64Array;
  private readonly landscape: Landscape;
  private readonly start: Configuration;
  private readonly jacobian: number;
  private readonly x: Float64Array;

  /** @param fixed components that stay, 3N of 0 and 1 */
  constructor(
    start: Configuration,
    engine: ForceEngine,
    options: { readonly cell?: boolean; readonly pressure?: number; readonly fixed?: Uint8Array } = {},
  ) {
    const { cell = false, pressure, fixed } = options;
    this.landscape = new Landscape(start, engine, { cell: cell ? FULL_CELL : undefined, pressure, fixed });
    this.start = start;
    this.size = this.landscape.size;
    this.force = new Float64Array(this.size);
    this.x = new Float64Array(this.size);
    this.jacobian = cell ? Math.cbrt(volume(start.cell)) * Math.sqrt(start.kinds.length) : 1;
  }

  get energy(): number {
    return this.landscape.energy;
  }

  get evaluations(): number {
    return this.landscape.evaluations;
  }

  async evaluate(x: Float64Array): Promise<void> {
    await this.landscape.evaluate(this.placed(x));
    const n3 = 3 * this.start.kinds.length;
    this.force.set(this.landscape.force);
    for (let k = n3; k < this.size; k++) this.force[k] /= this.jacobian;
  }

  /** The structure at a point. */
  at(x: Float64Array): Configuration {
    const n3 = 3 * this.start.kinds.length;
    const d = this.placed(x).subarray(n3);
    const turned = (rows: ArrayLike<number>) =>
      Float64Array.from(rows, (_, k) => {
        const [row, b] = [k - (k % 3), k % 3];
        return d.length === 0
          ? rows[k]
          : rows[row] * d[b] + rows[row + 1] * d[3 + b] + rows[row + 2] * d[6 + b];
      });
    return { ...this.start, positions: turned(x.subarray(0, n3)), cell: turned(this.start.cell) };
  }

  /** Coordinates of a structure: its positions in the frame of the start, and its cell. @param deformation D */
  pointOf(positions: Float64Array, deformation?: ArrayLike<number>): Float64Array {
    const x = new Float64Array(this.size);
    x.set(positions);
    for (let k = 0; k < this.size - positions.length; k++)
      x[positions.length + k] =
        this.jacobian * ((deformation?.[k] ?? (k % 4 === 0 ? 1 : 0)) - (k % 4 === 0 ? 1 : 0));
    return x;
  }

  /** (u, D) of (u, J·(D − 1)). */
  private placed(point: Float64Array): Float64Array {
    const n3 = 3 * this.start.kinds.length;
    this.x.set(point);
    for (let k = n3; k < this.size; k++) this.x[k] = point[k] / this.jacobian + ((k - n3) % 4 === 0 ? 1 : 0);
    return this.x;
  }
}
