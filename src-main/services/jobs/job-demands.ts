/** What a job starts, reads and talks to beyond the project file, for the user to judge a job of somebody else. */
import { z } from 'zod';
import { visibleLine, visibleText } from '../../../src-compute/quoting/visible.ts';
import type { ReferenceEngineInput } from '../../engines/registry.ts';
import type { Job } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';

export interface JobDemand {
  /** 'starts a program', 'reads a file', … */
  readonly what: string;
  /** The program, path, command or address in full. */
  readonly text: string;
}

/** A question to the user: may this job run here? */
export interface JobQuestion {
  readonly jobId: number;
  readonly kind: string;
  readonly title: string;
  readonly demands: readonly JobDemand[];
  /** All settings of the job as JSON text; nothing in it is hidden. */
  readonly settings: string;
  /** Stands for the request; given back with the confirmation. */
  readonly digest: string;
}

type Demands = (settings: JsonValue) => [what: string, text: string][];

/** Kinds of jobs that leave the project file. Settings are read loosely: they are shown, whatever they are. */
const DEMANDS: Readonly<Record<string, Demands>> = {
  import: (settings) =>
    lines(z.object({ files: z.array(z.string()) }).safeParse(settings).data?.files).map((file) => [
      'reads a file',
      file,
    ]),
  'on-the-fly': (settings) => {
    const engine = z.object({ engine: z.record(z.string(), z.json()) }).safeParse(settings).data?.engine;
    return Object.entries(engine ?? {}).flatMap(([key, value]): [string, string][] => {
      if (!Object.hasOwn(ENGINE_DEMANDS, key) || value === null) return [];
      const what = ENGINE_DEMANDS[key];
      return lines(typeof value === 'string' || Array.isArray(value) ? value : JSON.stringify(value)).map(
        (text) => [what, text],
      );
    });
  },
  export: (settings) =>
    lines(z.object({ out: z.string() }).safeParse(settings).data?.out).map((folder) => [
      'writes files, builds and runs them in',
      folder,
    ]),
  recipe: (settings) =>
    (z.object({ place: z.string() }).safeParse(settings).data?.place ?? 'here') === 'here'
      ? []
      : [['starts a program', 'LAMMPS, as it is installed on this machine']],
};

type EngineSetting = ReferenceEngineInput extends infer Engine
  ? Engine extends Engine
    ? keyof Engine
    : never
  : never;

/** Settings of reference engines that name something outside the project. */
const ENGINE_DEMANDS: Readonly<Record<string, string>> = {
  engine: 'computes the reference with',
  program: 'starts a program',
  launcher: 'starts it with',
  client: 'starts a command',
  address: 'waits for a program at',
  folder: 'works in the folder',
  template: 'reads LAMMPS commands from',
  pairStyle: 'gives LAMMPS pair_style',
  pairCoefficients: 'gives LAMMPS pair_coeff',
  potential: 'reads a potential from',
  pseudoFolder: 'reads pseudopotentials in',
  pseudopotentials: 'reads pseudopotentials',
  namelists: 'gives Quantum ESPRESSO the lines',
} satisfies Partial<Record<EngineSetting, string>>;

function lines(value: JsonValue | undefined): string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
}

/** What the user is asked about a job that nobody here vouches for. */
export function jobQuestion(job: Job, digest: string): JobQuestion {
  const demands = Object.hasOwn(DEMANDS, job.kind) ? DEMANDS[job.kind](job.settings) : [];
  return {
    jobId: job.id,
    kind: visibleLine(job.kind),
    title: visibleLine(job.title),
    demands: demands.map(([what, text]) => ({ what, text: visibleLine(text) })),
    settings: visibleText(JSON.stringify(job.settings, null, 2)),
    digest,
  };
}
