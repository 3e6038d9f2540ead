/** Types of the services that the window sees. */
export type { FileGrant } from './file-grants.ts';
export type { RecentProject } from './recent-projects.ts';
export type {
  AnalysisStart,
  CoverageChoice,
  CoverageComparison,
  CoverageSettings,
  EntropyMeasures,
  MapFacts,
  TrajectoryNovelty,
} from './routers/coverage.ts';
export type { DatasetView } from './routers/datasets.ts';
export type { JobView } from './routers/jobs.ts';
export type { Badge, Fact, Lineage, LineageNode, ObjectKind, ObjectPage } from './routers/objects.ts';
export type { OnTheFlyView } from './routers/on-the-fly.ts';
export type { PotentialDetails, PotentialView } from './routers/potentials.ts';
export type { ProjectSummary, WindowEvent } from './routers/project.ts';
export type { RecipeOutcome, RecipeSetting } from './routers/recipes.ts';
export type { ValidationOutcome, ValidationValue } from './routers/validations.ts';
export type { TrajectoryView } from './routers/simulations.ts';
export type { StructureSourceInput } from '../services/simulations/structure-source.ts';
export type { DatasetComparison } from '../services/datasets/compare.ts';
export type { FilePreview } from '../services/datasets/preview.ts';
export type { FitEstimate } from '../services/fit/estimate.ts';
export type { SearchReport } from '../services/fit/auto/report.ts';
export type { FitRequest } from '../services/fit/fit-request.ts';
export type { FitFormView } from './routers/fits.ts';
export type { CurationStep } from '../store/curation.ts';
