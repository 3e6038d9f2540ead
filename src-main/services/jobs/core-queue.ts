/**
 * Which jobs may run beside each other: together they keep no more cores busy than there are. Imports and evaluations are
 * short and somebody looks at the page that waits for them: they never wait.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  lattice,
  LATTICE_NAMES,
  latticeSpecies,
  type LatticeName,
} from '../../../src-compute/structure/lattices.ts';
import type { JobRequest } from '../../store/jobs.ts';

/** Kinds that take moments on one core. */
const AT_ONCE: readonly string[] = ['import', 'evaluate', 'export'];

/** Runs of fewer atoms stay on one core (simulation-runners.ts). */
const ONE_CORE_ATOMS = 500;

const threads = z.int().positive().optional();
const asked = z.object({
  threads,
  request: z.object({ threads }).optional(),
  structure: z
    .object({
      kind: z.literal('lattice'),
      lattice: z.enum(LATTICE_NAMES as [LatticeName, ...LatticeName[]]),
      repeat: z.array(z.number()),
    })
    .optional()
    .catch(undefined),
});

/** Cores that a job keeps busy; 0 for those that never wait. @param cores of this machine */
export function coresOf({ kind, settings }: Pick<JobRequest, 'kind' | 'settings'>, cores: number): number {
  if (AT_ONCE.includes(kind)) return 0;
  const { data } = asked.safeParse(settings);
  const wanted = data?.request?.threads ?? data?.threads;
  if (wanted !== undefined) return Math.min(wanted, cores);
  // the program that computes the reference has the others
  if (kind === 'on-the-fly') return cores;
  if ((kind === 'md' || kind === 'hmc') && data?.structure) {
    const { lattice: name, repeat } = data.structure;
    const cell = lattice(name, ['H', 'He', 'Li'].slice(0, latticeSpecies(name)), 1);
    const atoms = repeat.reduce((product, n) => product * n, cell.kinds.length);
    if (atoms < ONE_CORE_ATOMS) return 1;
  }
  return cores;
}

interface Entry {
  readonly id: number;
  readonly cores: number;
}

/** First come, first served. */
export class CoreQueue {
  private readonly cores: number;
  private readonly running = new Map<number, number>();
  private waiting: Entry[] = [];
  private readonly begin: (id: number) => void;

  /** @param begin starts a job whose turn it is */
  constructor(begin: (id: number) => void, cores = availableParallelism()) {
    this.begin = begin;
    this.cores = cores;
  }

  /** Takes a job. @returns whether it was begun at once */
  add(id: number, request: Pick<JobRequest, 'kind' | 'settings'>): boolean {
    const entry = { id, cores: coresOf(request, this.cores) };
    if (entry.cores === 0 || (this.waiting.length === 0 && this.fits(entry))) {
      this.start(entry);
      return true;
    }
    this.waiting.push(entry);
    return false;
  }

  has(id: number): boolean {
    return this.waiting.some((entry) => entry.id === id);
  }

  /** Begins a job that waits, whatever runs. @returns whether it waited */
  hurry(id: number): boolean {
    const entry = this.waiting.find((candidate) => candidate.id === id);
    if (entry === undefined) return false;
    this.remove(id);
    this.start(entry);
    return true;
  }

  /** Forgets a job that waits. @returns whether it waited */
  remove(id: number): boolean {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((entry) => entry.id !== id);
    return this.waiting.length < before;
  }

  /** Forgets all that wait. */
  clear(): readonly number[] {
    const ids = this.waiting.map(({ id }) => id);
    this.waiting = [];
    return ids;
  }

  /** A job has ended: the next ones begin. */
  done(id: number): void {
    this.running.delete(id);
    while (this.waiting.length > 0 && this.fits(this.waiting[0])) this.start(this.waiting.splice(0, 1)[0]);
  }

  private fits({ cores }: Entry): boolean {
    const busy = [...this.running.values()].reduce((sum, n) => sum + n, 0);
    return busy === 0 || busy + cores <= this.cores;
  }

  private start({ id, cores }: Entry): void {
    this.running.set(id, cores);
    this.begin(id);
  }
}
