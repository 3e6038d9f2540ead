/**
 * Contractions of moment tensors as labelled multigraphs, the combinatorics behind the basis.
 *
 * A vertex is one moment M_{μ,ν}; an edge of multiplicity m between two vertices contracts m index pairs. What is
 * left of a vertex's ν indices is fixed to Cartesian values, x^a y^b z^c (moments are symmetric tensors, so only the
 * counts matter). A contraction without fixed indices is a scalar. Two contractions have the same value when their
 * graphs are isomorphic, so a canonical form of the graph is the key under which values are shared.
 */

export interface Vertex {
  readonly mu: number;
  /** Fixed Cartesian indices: how many x, y, z. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Contraction {
  readonly vertices: readonly Vertex[];
  /** Symmetric matrix of multiplicities, row-major, zero diagonal (a trace of M_{μ,ν} is M_{μ,ν−2}). */
  readonly edges: readonly number[];
}

/** ν of a vertex: contracted and fixed indices together. */
export function rankOf(contraction: Contraction, vertex: number): number {
  const { vertices, edges } = contraction;
  const n = vertices.length;
  let rank = vertices[vertex].x + vertices[vertex].y + vertices[vertex].z;
  for (let other = 0; other < n; other++) rank += edges[vertex * n + other];
  return rank;
}

/** Level: Σ 2 + 4μ + ν over the vertices. docs/physics.md §1. */
export function levelOf(contraction: Contraction): number {
  return contraction.vertices.reduce((sum, vertex, k) => sum + 2 + 4 * vertex.mu + rankOf(contraction, k), 0);
}

/** Connected components, each as a list of vertices. */
export function components(contraction: Contraction): number[][] {
  const n = contraction.vertices.length;
  const seen = new Array<boolean>(n).fill(false);
  const result: number[][] = [];
  for (let first = 0; first < n; first++) {
    if (seen[first]) continue;
    const members = [first];
    seen[first] = true;
    for (const u of members) {
      for (let w = 0; w < n; w++) {
        if (!seen[w] && contraction.edges[u * n + w] > 0) {
          seen[w] = true;
          members.push(w);
        }
      }
    }
    result.push(members);
  }
  return result;
}

/** The part of a contraction on some of its vertices; edges that leave it are dropped. */
export function restrict(contraction: Contraction, members: readonly number[]): Contraction {
  const n = contraction.vertices.length;
  return {
    vertices: members.map((v) => contraction.vertices[v]),
    edges: members.flatMap((u) => members.map((w) => contraction.edges[u * n + w])),
  };
}

/** Two contractions side by side, that is their product. */
export function join(left: Contraction, right: Contraction): Contraction {
  const n = left.vertices.length;
  const m = right.vertices.length;
  const edges = new Array<number>((n + m) ** 2).fill(0);
  for (let u = 0; u < n; u++) for (let w = 0; w < n; w++) edges[u * (n + m) + w] = left.edges[u * n + w];
  for (let u = 0; u < m; u++) {
    for (let w = 0; w < m; w++) edges[(n + u) * (n + m) + n + w] = right.edges[u * m + w];
  }
  return { vertices: [...left.vertices, ...right.vertices], edges };
}

/**
 * Canonical key: equal for isomorphic contractions and for those only. Vertices are first sorted by a refined colour
 * (label and sorted coloured neighbourhood); within equal colours all orders are tried and the smallest text wins.
 */
export function canonicalKey(contraction: Contraction): string {
  const { vertices, edges } = contraction;
  const n = vertices.length;
  const labels = vertices.map((v, k) => `${v.mu}.${v.x}${v.y}${v.z}.${rankOf(contraction, k)}`);
  if (n === 1) return labels[0];
  let colours = labels;
  for (let round = 0; round < 2; round++) {
    const previous = colours;
    colours = previous.map((colour, u) => {
      const around = previous
        .map((c, w) => (edges[u * n + w] ? `${edges[u * n + w]}*${c}` : ''))
        .filter(Boolean);
      return `${colour}(${around.sort().join('+')})`;
    });
  }
  const order = vertices
    .map((_, k) => k)
    .sort((u, w) => (colours[u] < colours[w] ? -1 : colours[u] > colours[w] ? 1 : 0));
  let best: string | undefined;
  for (const permutation of ordersWithinColours(order, colours)) {
    let text = '';
    for (let u = 1; u < n; u++)
      for (let w = 0; w < u; w++) text += edges[permutation[u] * n + permutation[w]];
    if (best === undefined || text < best) best = text;
  }
  return order.map((k) => labels[k]).join(' ') + '|' + best;
}

/** All orders of the vertices that keep the given order of colours. */
function* ordersWithinColours(order: readonly number[], colours: readonly string[]): Generator<number[]> {
  const current = [...order];
  function* extend(position: number): Generator<number[]> {
    if (position === current.length) {
      yield current;
      return;
    }
    for (let k = position; k < current.length && colours[current[k]] === colours[order[position]]; k++) {
      [current[position], current[k]] = [current[k], current[position]];
      yield* extend(position + 1);
      [current[position], current[k]] = [current[k], current[position]];
    }
  }
  yield* extend(0);
}

/** One way of contracting a cut bundle of edges: products of a left and a right factor with a multiplicity. */
export interface ProductTerm {
  readonly left: Contraction;
  readonly right: Contraction;
  readonly multiplicity: number;
}

/**
 * The sum over Cartesian indices of the edges between two parts of a contraction: every bundle of m edges runs over
 * x^p y^q z^r with p + q + r = m and multiplicity m!/(p! q! r!), fixed then on both sides.
 */
export function splitTerms(
  contraction: Contraction,
  left: readonly number[],
  right: readonly number[],
): ProductTerm[] {
  const n = contraction.vertices.length;
  const bundles: { u: number; w: number; m: number }[] = [];
  left.forEach((u, iu) =>
    right.forEach((w, iw) => {
      const m = contraction.edges[u * n + w];
      if (m > 0) bundles.push({ u: iu, w: iw, m });
    }),
  );
  const leftPart = restrict(contraction, left);
  const rightPart = restrict(contraction, right);
  const terms: ProductTerm[] = [];
  const assign = (bundle: number, l: readonly Vertex[], r: readonly Vertex[], multiplicity: number): void => {
    if (bundle === bundles.length) {
      terms.push({
        left: { vertices: l, edges: leftPart.edges },
        right: { vertices: r, edges: rightPart.edges },
        multiplicity,
      });
      return;
    }
    const { u, w, m } = bundles[bundle];
    for (let p = m; p >= 0; p--) {
      for (let q = m - p; q >= 0; q--) {
        const s = m - p - q;
        const fix = (v: Vertex): Vertex => ({ mu: v.mu, x: v.x + p, y: v.y + q, z: v.z + s });
        assign(
          bundle + 1,
          l.map((v, k) => (k === u ? fix(v) : v)),
          r.map((v, k) => (k === w ? fix(v) : v)),
          (multiplicity * factorial(m)) / (factorial(p) * factorial(q) * factorial(s)),
        );
      }
    }
  };
  assign(0, leftPart.vertices, rightPart.vertices, 1);
  return terms;
}

function factorial(n: number): number {
  let result = 1;
  for (let k = 2; k <= n; k++) result *= k;
  return result;
}
