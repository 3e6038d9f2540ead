/**
 * Points and lines of high symmetry in the Brillouin zone: Setyawan and Curtarolo, Comput. Mater. Sci. 49 (2010) 299,
 * tables 2 to 12, for cubic, tetragonal, hexagonal and simple orthorhombic lattices; for the others the axes of the
 * primitive cell. Points are given in reciprocal vectors of the conventional cell, so that the choice of the primitive one
 * does not matter.
 */
import { inverse } from '../structure/cell.ts';

export interface BandPath {
  /** Which table, for the caption. */
  readonly source: string;
  /** Lines that hang together, as labels. */
  readonly segments: readonly (readonly string[])[];
  /** Cartesian, 1/Å without 2π. */
  readonly points: Readonly<Record<string, readonly [number, number, number]>>;
}

type Table = {
  readonly path: string;
  /** in reciprocal vectors of the conventional cell, or of the primitive one when there is one */
  readonly points: Readonly<Record<string, readonly number[]>>;
  /** rows in units of the conventional vectors */
  readonly primitive?: readonly number[];
};

const CUBIC: Readonly<Record<string, Table>> = {
  cP: { path: 'ΓXMΓRX|MR', points: { Γ: [0, 0, 0], X: [0, 0.5, 0], M: [0.5, 0.5, 0], R: [0.5, 0.5, 0.5] } },
  cF: {
    path: 'ΓXWKΓLUWLK|UX',
    points: {
      Γ: [0, 0, 0],
      X: [0, 1, 0],
      W: [0.5, 1, 0],
      K: [0.75, 0.75, 0],
      L: [0.5, 0.5, 0.5],
      U: [0.25, 1, 0.25],
    },
  },
  cI: { path: 'ΓHNΓPH|PN', points: { Γ: [0, 0, 0], H: [0, 0, 1], N: [0, 0.5, 0.5], P: [0.5, 0.5, 0.5] } },
};

const SIMPLE: Readonly<Record<string, Table>> = {
  tP: {
    path: 'ΓXMΓZRAZ|XR|MA',
    points: {
      Γ: [0, 0, 0],
      X: [0, 0.5, 0],
      M: [0.5, 0.5, 0],
      Z: [0, 0, 0.5],
      R: [0, 0.5, 0.5],
      A: [0.5, 0.5, 0.5],
    },
  },
  oP: {
    path: 'ΓXSYΓZURTZ|YT|UX|SR',
    points: {
      Γ: [0, 0, 0],
      X: [0.5, 0, 0],
      Y: [0, 0.5, 0],
      Z: [0, 0, 0.5],
      S: [0.5, 0.5, 0],
      T: [0, 0.5, 0.5],
      U: [0.5, 0, 0.5],
      R: [0.5, 0.5, 0.5],
    },
  },
  hP: {
    path: 'ΓMKΓALHA|LM|KH',
    points: {
      Γ: [0, 0, 0],
      M: [0.5, 0, 0],
      K: [1 / 3, 1 / 3, 0],
      A: [0, 0, 0.5],
      L: [0.5, 0, 0.5],
      H: [1 / 3, 1 / 3, 0.5],
    },
  },
};

/** Body-centred tetragonal: rows of the primitive cell of the paper. */
const BODY_CENTRED = [-0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0.5, 0.5, -0.5];

/**
 * The path of a lattice.
 * @param bravais first two letters of the Pearson symbol
 * @param conventional its conventional cell, Å, rows
 * @param primitive its primitive cell, Å, rows
 */
export function bandPath(
  bravais: string,
  conventional: ArrayLike<number>,
  primitive: ArrayLike<number>,
): BandPath {
  const table =
    CUBIC[bravais] ?? SIMPLE[bravais] ?? (bravais === 'tI' ? bodyCentredTetragonal(conventional) : undefined);
  if (!table) return alongAxes(primitive);
  const cell = table.primitive ? product(table.primitive, conventional) : Float64Array.from(conventional);
  return {
    source: 'Setyawan and Curtarolo (2010)',
    segments: segmentsOf(table.path),
    points: cartesian(table.points, cell),
  };
}

function bodyCentredTetragonal(cell: ArrayLike<number>): Table {
  const a = Math.hypot(cell[0], cell[1], cell[2]);
  const c = Math.hypot(cell[6], cell[7], cell[8]);
  const common = { Γ: [0, 0, 0], N: [0, 0.5, 0], P: [0.25, 0.25, 0.25], X: [0, 0, 0.5] };
  if (c < a) {
    const eta = (1 + (c / a) ** 2) / 4;
    return {
      path: 'ΓXMΓZPNZ₁M|XP',
      primitive: BODY_CENTRED,
      points: { ...common, M: [-0.5, 0.5, 0.5], Z: [eta, eta, -eta], 'Z₁': [-eta, 1 - eta, eta] },
    };
  }
  const eta = (1 + (a / c) ** 2) / 4;
  const zeta = (a / c) ** 2 / 2;
  return {
    path: 'ΓXYΣΓZΣ₁NPY₁Z|XP',
    primitive: BODY_CENTRED,
    points: {
      ...common,
      Σ: [-eta, eta, eta],
      'Σ₁': [eta, 1 - eta, -eta],
      Y: [-zeta, zeta, 0.5],
      'Y₁': [0.5, 0.5, -zeta],
      Z: [0.5, 0.5, -0.5],
    },
  };
}

function alongAxes(primitive: ArrayLike<number>): BandPath {
  const points = {
    Γ: [0, 0, 0],
    'a*/2': [0.5, 0, 0],
    'b*/2': [0, 0.5, 0],
    'c*/2': [0, 0, 0.5],
    '(a*+b*+c*)/2': [0.5, 0.5, 0.5],
  };
  return {
    source: 'the reciprocal axes of the primitive cell, since there is no table for this lattice here',
    segments: [
      ['a*/2', 'Γ', 'b*/2'],
      ['c*/2', 'Γ', '(a*+b*+c*)/2'],
    ],
    points: cartesian(points, Float64Array.from(primitive)),
  };
}

/** ΓXY₁|MR → [[Γ, X, Y₁], [M, R]] */
function segmentsOf(path: string): string[][] {
  return path.split('|').map((line) => line.match(/[A-ZΓΣ]₁?/gu) ?? []);
}

function cartesian(
  points: Readonly<Record<string, readonly number[]>>,
  cell: Float64Array,
): Record<string, [number, number, number]> {
  const inv = inverse(cell);
  return Object.fromEntries(
    Object.entries(points).map(([name, k]): [string, [number, number, number]] => {
      const at = (a: number) => k[0] * inv[3 * a] + k[1] * inv[3 * a + 1] + k[2] * inv[3 * a + 2];
      return [name, [at(0), at(1), at(2)]];
    }),
  );
}

function product(a: readonly number[], b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(9);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) for (let k = 0; k < 3; k++) out[3 * i + j] += a[3 * i + k] * b[3 * k + j];
  return out;
}

/** Wave vectors along a path with the way gone. */
export interface PathPoint {
  readonly q: readonly [number, number, number];
  /** 1/Å, without 2π; what lies between lines that do not hang together counts nothing. */
  readonly distance: number;
  readonly segment: number;
  /** At points of high symmetry. */
  readonly label?: string;
}

/** Points along a path. @param spacing largest distance of two, 1/Å */
export function pathPoints({ segments, points }: BandPath, spacing: number): PathPoint[] {
  const found: PathPoint[] = [];
  let distance = 0;
  segments.forEach((labels, segment) => {
    found.push({ q: points[labels[0]], distance, segment, label: labels[0] });
    for (let k = 1; k < labels.length; k++) {
      const [from, to] = [points[labels[k - 1]], points[labels[k]]];
      const length = Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
      const count = Math.max(1, Math.ceil(length / spacing));
      for (let step = 1; step <= count; step++) {
        const t = step / count;
        const at = (a: number) => from[a] + t * (to[a] - from[a]);
        found.push({
          q: [at(0), at(1), at(2)],
          distance: distance + t * length,
          segment,
          ...(step === count ? { label: labels[k] } : {}),
        });
      }
      distance += length;
    }
  });
  return found;
}
