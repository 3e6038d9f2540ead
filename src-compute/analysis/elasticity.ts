/**
 * Elastic constants by finite strain: C_ij = ∂σ_i/∂η_j from stresses at ±δ, atoms relaxed inside each strained cell.
 * Voigt order xx yy zz yz xz xy, engineering shear strains.
 */
import { SimulationError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { relax } from '../relaxation/index.ts';
import { volume } from '../structure/cell.ts';
import type { Configuration } from '../structure/configuration.ts';
import { deform } from '../structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../units.ts';
import { invertSmall, symmetricEigenvalues } from './small-linear.ts';

/** Voigt index → tensor components. */
const VOIGT = [
  [0, 0],
  [1, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

export interface ElasticConstants {
  /** C_ij, GPa, 6 × 6, symmetrised by C_ij = C_ji and by the symmetry found. */
  readonly stiffness: number[][];
  /** As computed, before any symmetrisation. */
  readonly raw: number[][];
  /** Symmetry that the matrix has within 1 %. */
  readonly symmetry: 'isotropic' | 'cubic' | 'hexagonal' | 'tetragonal' | 'orthorhombic' | 'lower';
  /** Independent constants of that symmetry, GPa: C11, C12, … */
  readonly constants: Readonly<Record<string, number>>;
  /** Bulk and shear modulus: Voigt, Reuss and their mean (Hill), GPa. */
  readonly bulk: { voigt: number; reuss: number; hill: number };
  readonly shear: { voigt: number; reuss: number; hill: number };
  /** Young's modulus (GPa) and Poisson's ratio of the polycrystal, from the Hill averages. */
  readonly young: number;
  readonly poisson: number;
  /** Whether all eigenvalues of C are positive. */
  readonly stable: boolean;
}

/**
 * Elastic constants of a relaxed, periodic structure.
 * @param strain δ
 * @throws SimulationError when the structure is not periodic, or is under stress (> 0.5 GPa)
 */
export async function elasticConstants(
  configuration: Configuration,
  engine: ForceEngine,
  strain = 0.004,
  onProgress?: (fraction: number) => void,
): Promise<ElasticConstants> {
  if (!configuration.periodic.every(Boolean)) {
    throw new SimulationError('Elastic constants need a cell that is periodic in all three directions.');
  }
  const start = await stressOf(configuration, engine);
  if (Math.max(...start.map(Math.abs)) > 0.5) {
    throw new SimulationError(
      `The structure is under stress (up to ${Math.max(...start.map(Math.abs)).toFixed(2)} GPa): elastic constants need a relaxed cell.`,
      { remedy: 'Relax the cell first.' },
    );
  }
  const raw = Array.from({ length: 6 }, () => new Array<number>(6).fill(0));
  for (let j = 0; j < 6; j++) {
    for (const sign of [1, -1]) {
      const epsilon = new Float64Array(9);
      const [a, b] = VOIGT[j];
      // engineering strain δ: half of it in each off-diagonal component
      epsilon[3 * a + b] += (sign * strain) / (a === b ? 1 : 2);
      if (a !== b) epsilon[3 * b + a] += (sign * strain) / 2;
      const stress = await stressOf(deform(configuration, epsilon), engine);
      for (let i = 0; i < 6; i++) raw[i][j] += (sign * stress[i]) / (2 * strain);
      onProgress?.((j + (sign < 0 ? 1 : 0.5)) / 6);
    }
  }
  return summarise(raw);
}

/** σ in Voigt order, GPa, after relaxing the atoms in the fixed cell. */
async function stressOf(configuration: Configuration, engine: ForceEngine): Promise<number[]> {
  const { virial } = await relax(configuration, engine, { tolerance: 1e-5, steps: 5000 });
  const factor = -EV_PER_A3_IN_GPA / volume(configuration.cell);
  return VOIGT.map(([a, b]) => factor * virial[3 * a + b]);
}

/** Symmetry, moduli and stability of a stiffness matrix, GPa. */
export function summarise(raw: readonly (readonly number[])[]): ElasticConstants {
  const c = raw.map((row, i) => row.map((x, j) => (x + raw[j][i]) / 2));
  const scale = Math.max(...c.flat().map(Math.abs));
  const near = (x: number, y: number) => Math.abs(x - y) < 0.01 * scale;
  const zero = (cells: readonly (readonly [number, number])[]) => cells.every(([i, j]) => near(c[i][j], 0));
  const shearOff = [0, 1, 2].flatMap((i) => [3, 4, 5].map((j) => [i, j] as const));
  const orthorhombic = zero([...shearOff, [3, 4], [3, 5], [4, 5]]);
  const tetragonal =
    orthorhombic && near(c[0][0], c[1][1]) && near(c[0][2], c[1][2]) && near(c[3][3], c[4][4]);
  const hexagonal = tetragonal && near(c[5][5], (c[0][0] - c[0][1]) / 2);
  const cubic = tetragonal && near(c[0][0], c[2][2]) && near(c[0][1], c[0][2]) && near(c[3][3], c[5][5]);
  const isotropic = cubic && hexagonal;
  const symmetry = isotropic
    ? 'isotropic'
    : cubic
      ? 'cubic'
      : hexagonal
        ? 'hexagonal'
        : tetragonal
          ? 'tetragonal'
          : orthorhombic
            ? 'orthorhombic'
            : 'lower';
  const stiffness = impose(c, symmetry);
  const constants = independent(stiffness, symmetry);
  return { stiffness, raw: raw.map((row) => [...row]), symmetry, constants, ...moduli(stiffness) };
}

function impose(c: readonly (readonly number[])[], symmetry: ElasticConstants['symmetry']): number[][] {
  const s = c.map((row) => [...row]);
  if (symmetry === 'lower') return s;
  for (let i = 0; i < 6; i++) for (let j = 0; j < 6; j++) if (i !== j && (i > 2 || j > 2)) s[i][j] = 0;
  const set = (cells: readonly (readonly [number, number])[]) => {
    const mean = cells.reduce((sum, [i, j]) => sum + c[i][j], 0) / cells.length;
    for (const [i, j] of cells) s[i][j] = s[j][i] = mean;
  };
  if (symmetry === 'cubic' || symmetry === 'isotropic') {
    set([[0, 0], [1, 1], [2, 2]]); // prettier-ignore
    set([[0, 1], [0, 2], [1, 2]]); // prettier-ignore
    set([[3, 3], [4, 4], [5, 5]]); // prettier-ignore
  } else if (symmetry === 'hexagonal' || symmetry === 'tetragonal') {
    set([[0, 0], [1, 1]]); // prettier-ignore
    set([[0, 2], [1, 2]]); // prettier-ignore
    set([[3, 3], [4, 4]]); // prettier-ignore
    if (symmetry === 'hexagonal') s[5][5] = (s[0][0] - s[0][1]) / 2;
  }
  return s;
}

function independent(
  c: readonly (readonly number[])[],
  symmetry: ElasticConstants['symmetry'],
): Record<string, number> {
  const names: Record<ElasticConstants['symmetry'], readonly (readonly [number, number])[]> = {
    isotropic: [[1, 1], [1, 2]],
    cubic: [[1, 1], [1, 2], [4, 4]],
    hexagonal: [[1, 1], [1, 2], [1, 3], [3, 3], [4, 4]],
    tetragonal: [[1, 1], [1, 2], [1, 3], [3, 3], [4, 4], [6, 6]],
    orthorhombic: [[1, 1], [2, 2], [3, 3], [1, 2], [1, 3], [2, 3], [4, 4], [5, 5], [6, 6]],
    lower: Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 - i }, (_j, j) => [i + 1, i + 1 + j] as const)).flat(),
  }; // prettier-ignore
  return Object.fromEntries(names[symmetry].map(([i, j]) => [`C${i}${j}`, c[i - 1][j - 1]]));
}

/** Voigt, Reuss and Hill averages; Hill, Proc. Phys. Soc. A 65 (1952) 349. */
function moduli(c: readonly (readonly number[])[]) {
  const s = invertSmall(c);
  const trace = (m: readonly (readonly number[])[]) => m[0][0] + m[1][1] + m[2][2];
  const cross = (m: readonly (readonly number[])[]) => m[0][1] + m[0][2] + m[1][2];
  const shears = (m: readonly (readonly number[])[]) => m[3][3] + m[4][4] + m[5][5];
  const mean = (voigt: number, reuss: number) => ({ voigt, reuss, hill: (voigt + reuss) / 2 });
  const bulk = mean((trace(c) + 2 * cross(c)) / 9, 1 / (trace(s) + 2 * cross(s)));
  const shear = mean(
    (trace(c) - cross(c) + 3 * shears(c)) / 15,
    15 / (4 * trace(s) - 4 * cross(s) + 3 * shears(s)),
  );
  return {
    bulk,
    shear,
    young: (9 * bulk.hill * shear.hill) / (3 * bulk.hill + shear.hill),
    poisson: (3 * bulk.hill - 2 * shear.hill) / (2 * (3 * bulk.hill + shear.hill)),
    stable: symmetricEigenvalues(c)[0] > 0,
  };
}
