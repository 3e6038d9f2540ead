/** Simulations: start, list of trajectories, export of frames. */
import { z } from 'zod';
import { LATTICE_NAMES } from '../../../src-compute/structure/lattices.ts';
import { FORMATS, readConfigurations, writeConfigurations } from '../../formats/index.ts';
import { requireElements, sourceElements } from '../../services/potentials/elements.ts';
import { atomsSource, type StructureSource } from '../../services/simulations/structure-source.ts';
import { hybridMonteCarloJob, molecularDynamicsJob } from '../../services/simulations/simulation-runners.ts';
import { trajectoryFrames } from '../../services/simulations/trajectory-frames.ts';
import { TrajectoryReader, type TrajectorySummary } from '../../store/trajectories.ts';
import { findLammps } from '../../engines/lammps/program.ts';
import { mayHaveGpu } from '../../services/gpu-device.ts';
import { safeName } from '../file-grants.ts';
import { projectProcedure, router } from '../trpc.ts';
import type { OpenProject } from '../workspace.ts';

export interface TrajectoryView extends Omit<TrajectorySummary, 'jobId' | 'potentialId'> {
  readonly jobId: number | null;
  readonly potentialId: number | null;
}

const view = (trajectory: TrajectorySummary): TrajectoryView => ({
  ...trajectory,
  jobId: trajectory.jobId ?? null,
  potentialId: trajectory.potentialId ?? null,
});

const byId = z.object({ id: z.number().int().positive() });

/** Starts a job from checked settings. */
function submit(
  open: OpenProject,
  kind: 'md' | 'hmc',
  settings: {
    readonly name: string;
    readonly potentialId: number;
    readonly cheapPotentialId?: number;
    readonly structure: StructureSource;
  },
) {
  const elements = sourceElements(open.project, settings.structure);
  requireElements(open.potentials.get(settings.potentialId), elements);
  if (settings.cheapPotentialId !== undefined)
    requireElements(open.potentials.get(settings.cheapPotentialId), elements);
  const document = z.json().parse(JSON.parse(JSON.stringify(settings)));
  const { id: jobId, finished } = open.jobs.submit(kind, settings.name, document);
  finished.catch(() => undefined);
  return { jobId };
}

export const simulationsRouter = router({
  /** Programs and devices of the host that a run or a recipe may use. */
  equipment: projectProcedure.query(async () => ({
    gpu: mayHaveGpu(),
    lammps: await findLammps().then(
      ({ version }) => version,
      () => null,
    ),
  })),

  /** A structure of a file that the user chose, to begin a run with; frame from 0. */
  readStructure: projectProcedure
    .input(z.object({ file: z.uuid(), name: z.string().max(400), frame: z.int().min(0).default(0) }))
    .mutation(async ({ ctx, input, signal }) => {
      const path = ctx.workspace.files.path(input.file);
      const [configuration] = await readConfigurations(`${path}@${input.frame}`, { signal });
      return atomsSource(input.name, configuration);
    }),

  lattices: projectProcedure.query(() => [...LATTICE_NAMES]),

  startMd: projectProcedure.input(molecularDynamicsJob).mutation(({ ctx, input }) => {
    const result = submit(ctx.open, 'md', input);
    ctx.workspace.touched();
    return result;
  }),
  startHmc: projectProcedure.input(hybridMonteCarloJob).mutation(({ ctx, input }) => {
    const result = submit(ctx.open, 'hmc', input);
    ctx.workspace.touched();
    return result;
  }),

  trajectories: projectProcedure.query(({ ctx }) => ctx.open.trajectories.list().map(view)),

  removeTrajectory: projectProcedure.input(byId).mutation(({ ctx, input }) => {
    ctx.open.trajectories.remove(input.id);
    ctx.workspace.touched();
  }),

  /** Writes all frames to one file; it is fetched under /data/exports/KEY. */
  exportTrajectory: projectProcedure
    .input(byId.extend({ format: z.string().min(1).max(40) }))
    .mutation(async ({ ctx, input, signal }) => {
      const reader = new TrajectoryReader(ctx.open.project, input.id);
      const extension = FORMATS.find(({ name }) => name === input.format)?.extensions.at(0) ?? '';
      const fileName = safeName(`${reader.head.name}${extension}`);
      const { key, path } = await ctx.workspace.exports.place(fileName);
      await writeConfigurations(path, input.format, trajectoryFrames(reader), { signal });
      return { key, fileName, frames: reader.frames };
    }),
});
