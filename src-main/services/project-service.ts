/** An open project with all its services: what a window or a command works with. */
import { statSync } from 'node:fs';
import { AnalysisRepository } from '../store/analyses.ts';
import type { DatasetSummary } from '../store/datasets.ts';
import { PotentialRepository, type PotentialSummary } from '../store/potentials.ts';
import { Project, type ProjectOptions } from '../store/project.ts';
import { TrajectoryRepository } from '../store/trajectories.ts';
import { Background } from './background/background.ts';
import { DatasetService } from './datasets/dataset-service.ts';
import { TestSets } from './datasets/test-set.ts';
import { JobService, type JobServiceOptions } from './jobs/job-service.ts';
import { lineageOf, type Lineage } from './objects/lineage.ts';
import { Removals } from './removals.ts';

/** Facts about a project for a start page. */
export interface ProjectOverview {
  readonly path: string;
  readonly bytes: number;
  readonly datasets: number;
  readonly potentials: number;
  readonly trajectories: number;
  readonly runningJobs: number;
}

export class ProjectService implements Disposable {
  readonly project: Project;
  readonly datasets: DatasetService;
  readonly potentials: PotentialRepository;
  readonly trajectories: TrajectoryRepository;
  readonly analyses: AnalysisRepository;
  readonly jobs: JobService;
  readonly background: Background;
  /** For files that take long to write: questions about datasets need not wait for them. */
  readonly writing: Background;
  readonly tests: TestSets;
  readonly removals = new Removals();

  /** @throws StoreError */
  static open(path: string, options: ProjectOptions & JobServiceOptions = {}): ProjectService {
    const project = Project.open(path, options);
    try {
      return new ProjectService(project, options);
    } catch (error) {
      project.close();
      throw error;
    }
  }

  private constructor(project: Project, options: JobServiceOptions) {
    this.project = project;
    this.datasets = new DatasetService(project);
    this.potentials = new PotentialRepository(project);
    this.trajectories = new TrajectoryRepository(project);
    this.analyses = new AnalysisRepository(project);
    this.jobs = new JobService(project, options);
    this.background = new Background(project);
    this.writing = new Background(project);
    this.tests = new TestSets(project, this.datasets.store, this.background);
  }

  /** Datasets that were not removed. */
  listedDatasets(): DatasetSummary[] {
    return this.datasets.list().filter(({ id }) => !this.removals.has('dataset', id));
  }

  /** Potentials that were not removed. */
  listedPotentials(): PotentialSummary[] {
    return this.potentials.list().filter(({ id }) => !this.removals.has('potential', id));
  }

  /** What was made from what, without what was removed. */
  lineage(): Lineage {
    const { nodes, edges } = lineageOf(this.project);
    const gone = new Set(
      nodes.flatMap(({ key, kind, id }) =>
        (kind === 'dataset' || kind === 'potential') && this.removals.has(kind, id) ? [key] : [],
      ),
    );
    return {
      nodes: nodes.filter(({ key }) => !gone.has(key)),
      edges: edges.filter(([from, to]) => !gone.has(from) && !gone.has(to)),
    };
  }

  overview(): ProjectOverview {
    const counts = this.project.counts();
    return this.project.guard(() => ({
      path: this.project.path,
      bytes: statSync(this.project.path).size,
      trajectories: counts.trajectories,
      datasets: counts.datasets - this.removals.count('dataset'),
      potentials: counts.potentials - this.removals.count('potential'),
      runningJobs: this.jobs.list({ states: ['running'] }).length,
    }));
  }

  [Symbol.dispose](): void {
    this.jobs[Symbol.dispose]();
    // what cannot be removed now, in a project whose file is gone or cannot be written, is there at the next start
    this.removals.carryOut();
    this.background[Symbol.dispose]();
    this.writing[Symbol.dispose]();
    this.project.close();
  }
}
