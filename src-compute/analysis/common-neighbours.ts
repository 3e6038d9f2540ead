/**
 * Adaptive common-neighbour analysis (Stukowski, Model. Simul. Mater. Sci. Eng. 20 (2012) 045021, §3): every atom gets
 * its own cutoff from its nearest neighbours, bonds between neighbours are classified by the triplet (common
 * neighbours, bonds between them, longest chain of these bonds), and atoms by their counts of triplets:
 *
 * | structure | neighbours | signature |
 * |---|---|---|
 * | fcc | 12 | 12 × (4 2 1) |
 * | hcp | 12 | 6 × (4 2 1), 6 × (4 2 2) |
 * | bcc | 14 | 8 × (6 6 6), 6 × (4 4 4) |
 * | icosahedral | 12 | 12 × (5 5 5) |
 * | cubic diamond | second shell of 12 (neighbours of the 4 neighbours) is fcc |
 * | hexagonal diamond | second shell is hcp |
 *
 * Diamond: Maras et al., Comput. Phys. Commun. 205 (2016) 13.
 */
import type { Configuration } from '../structure/configuration.ts';
import { neighbourTable, tableWithNearest, type NeighbourTable } from './pair-iteration.ts';
import { nearestNeighbours } from './steinhardt.ts';

export const LOCAL_STRUCTURES = [
  'other',
  'fcc',
  'hcp',
  'bcc',
  'icosahedral',
  'diamond',
  'hexagonal diamond',
] as const;
export type LocalStructure = (typeof LOCAL_STRUCTURES)[number];

export interface CommonNeighbourResult {
  /** Index into LOCAL_STRUCTURES per atom. */
  readonly structures: Uint8Array;
  /** Fraction of atoms of each kind. */
  readonly fractions: Readonly<Record<LocalStructure, number>>;
}

/** A shell of vectors around an atom, nearest first. */
type Shell = readonly (readonly [number, number, number])[];

/**
 * Classifies every atom.
 * @param reach a distance that holds at least 14 neighbours of every crystalline atom (and the second shell of
 *   diamond), Å; found from the distances of the nearest neighbours when absent
 */
export function commonNeighbourAnalysis(configuration: Configuration, reach?: number): CommonNeighbourResult {
  const n = configuration.kinds.length;
  const distance = reach ?? defaultReach(configuration);
  const table = neighbourTable(configuration, distance);
  const nearest = nearestNeighbours(table, 14);
  const structures = new Uint8Array(n);
  for (let i = 0; i < n; i++) structures[i] = LOCAL_STRUCTURES.indexOf(classify(table, nearest, i));
  const fractions = Object.fromEntries(
    LOCAL_STRUCTURES.map((name, k) => [name, structures.reduce((sum, s) => sum + (s === k ? 1 : 0), 0) / n]),
  ) as Record<LocalStructure, number>;
  return { structures, fractions };
}

/** 14 neighbours of bcc lie within 1.2 of the mean distance of the four nearest, the second shell of diamond in 1.65. */
const REACH = 1.75;
/** Neighbours per atom that a search may hold: a dense part beside a thin one must not fill the memory. */
const MOST_NEIGHBOURS = 250;

/**
 * A distance that holds the neighbours looked at, of small atoms and of large ones: 1.75 times what nine of ten atoms have
 * as mean distance of their four nearest.
 */
function defaultReach(configuration: Configuration): number {
  const { table, radius } = tableWithNearest(configuration, 4);
  const means = nearestNeighbours(table, 4)
    .filter((entries) => entries.length === 4)
    .map((entries) => entries.reduce((sum, p) => sum + table.distances[p], 0) / 4)
    .sort((x, y) => x - y);
  if (means.length === 0) return radius;
  const perAtom = table.neighbours.length / configuration.kinds.length;
  const affordable = radius * Math.cbrt(MOST_NEIGHBOURS / perAtom);
  return Math.min(REACH * means[Math.floor(0.9 * (means.length - 1))], affordable);
}

function classify(table: NeighbourTable, nearest: readonly (readonly number[])[], i: number): LocalStructure {
  const own = nearest[i];
  const vector = (p: number): [number, number, number] => [
    table.vectors[3 * p],
    table.vectors[3 * p + 1],
    table.vectors[3 * p + 2],
  ];
  if (own.length >= 12) {
    const shell = own.slice(0, 12).map(vector);
    const mean = shell.reduce((sum, v) => sum + Math.hypot(...v), 0) / 12;
    const found = closePacked(shell, ((1 + Math.SQRT2) / 2) * mean);
    if (found !== 'other') return found;
  }
  if (own.length >= 14) {
    const shell = own.map(vector);
    const inner = shell.slice(0, 8).reduce((sum, v) => sum + Math.hypot(...v), 0) / 8;
    const outer = shell.slice(8).reduce((sum, v) => sum + Math.hypot(...v), 0) / 6;
    // both shells estimate the lattice constant: √3/2 a and a
    const a = (inner * 8 * (2 / Math.sqrt(3)) + outer * 6) / 14;
    if (isBcc(shell, ((1 + Math.SQRT2) / 2) * a)) return 'bcc';
  }
  return diamondLike(table, nearest, i, vector);
}

/** fcc, hcp or icosahedral shell of 12. */
function closePacked(shell: Shell, cutoff: number): LocalStructure {
  const bonds = bondMatrix(shell, cutoff);
  let [f421, f422, f555] = [0, 0, 0];
  for (let k = 0; k < shell.length; k++) {
    const [common, links, chain] = signature(bonds, shell.length, k);
    if (common === 4 && links === 2 && chain === 1) f421++;
    else if (common === 4 && links === 2 && chain === 2) f422++;
    else if (common === 5 && links === 5 && chain === 5) f555++;
    else return 'other';
  }
  if (f421 === 12) return 'fcc';
  if (f421 === 6 && f422 === 6) return 'hcp';
  return f555 === 12 ? 'icosahedral' : 'other';
}

function isBcc(shell: Shell, cutoff: number): boolean {
  const bonds = bondMatrix(shell, cutoff);
  let [f666, f444] = [0, 0];
  for (let k = 0; k < shell.length; k++) {
    const [common, links, chain] = signature(bonds, shell.length, k);
    if (common === 6 && links === 6 && chain === 6) f666++;
    else if (common === 4 && links === 4 && chain === 4) f444++;
    else return false;
  }
  return f666 === 8 && f444 === 6;
}

/** The twelve second neighbours reached over the four nearest form an fcc or hcp shell. */
function diamondLike(
  table: NeighbourTable,
  nearest: readonly (readonly number[])[],
  i: number,
  vector: (p: number) => [number, number, number],
): LocalStructure {
  const first = nearest[i].slice(0, 4);
  if (first.length < 4) return 'other';
  const shell: [number, number, number][] = [];
  for (const p of first) {
    const over = vector(p);
    let back = false;
    for (const q of nearest[table.neighbours[p]].slice(0, 4)) {
      const step = vector(q);
      const v: [number, number, number] = [over[0] + step[0], over[1] + step[1], over[2] + step[2]];
      if (Math.hypot(...v) < 1e-6) back = true;
      else shell.push(v);
    }
    if (!back) return 'other'; // the neighbour does not count this atom among its own nearest
  }
  if (shell.length !== 12) return 'other';
  const mean = shell.reduce((sum, v) => sum + Math.hypot(...v), 0) / 12;
  const found = closePacked(shell, ((1 + Math.SQRT2) / 2) * mean);
  return found === 'fcc' ? 'diamond' : found === 'hcp' ? 'hexagonal diamond' : 'other';
}

/** Bit masks: which members of the shell lie within the cutoff of each other. */
function bondMatrix(shell: Shell, cutoff: number): Uint32Array {
  const bonds = new Uint32Array(shell.length);
  for (let a = 0; a < shell.length; a++) {
    for (let b = a + 1; b < shell.length; b++) {
      const d = Math.hypot(shell[a][0] - shell[b][0], shell[a][1] - shell[b][1], shell[a][2] - shell[b][2]);
      if (d < cutoff) {
        bonds[a] |= 1 << b;
        bonds[b] |= 1 << a;
      }
    }
  }
  return bonds;
}

/** (common neighbours, bonds between them, longest chain of bonds) of the bond to member k. */
function signature(bonds: Uint32Array, size: number, k: number): [number, number, number] {
  const common: number[] = [];
  for (let j = 0; j < size; j++) if (bonds[k] & (1 << j)) common.push(j);
  const edges: [number, number][] = [];
  for (let a = 0; a < common.length; a++) {
    for (let b = a + 1; b < common.length; b++) {
      if (bonds[common[a]] & (1 << common[b])) edges.push([a, b]);
    }
  }
  return [common.length, edges.length, longestChain(edges)];
}

/** Number of bonds in the largest connected set of bonds. */
function longestChain(edges: readonly (readonly [number, number])[]): number {
  const group = edges.map((_, k) => k);
  const root = (k: number): number => (group[k] === k ? k : root(group[k]));
  for (let a = 0; a < edges.length; a++) {
    for (let b = a + 1; b < edges.length; b++) {
      const touch = edges[a].some((end) => edges[b].includes(end));
      if (touch) group[root(a)] = root(b);
    }
  }
  const sizes = new Map<number, number>();
  edges.forEach((_, k) => sizes.set(root(k), (sizes.get(root(k)) ?? 0) + 1));
  return Math.max(0, ...sizes.values());
}
