/** Figures of a report: the loss of the fit, predicted against reference, and what recipes found. */
import { z } from 'zod';
import { AnalysisRepository, type Analysis } from '../../store/analyses.ts';
import { JobRepository } from '../../store/jobs.ts';
import type { Figure, FigureSeries } from '../figures/figure.ts';
import type { ProjectService } from '../project-service.ts';
import { EVALUATION, evaluationInputs } from '../evaluation/evaluation-runner.ts';
import { RECIPE_ANALYSIS } from '../recipes/recipe-runner.ts';

/** More points than this make a figure larger and not clearer. */
const MOST_POINTS = 3000;

export function potentialFigures(open: ProjectService, id: number): Figure[] {
  return [...lossFigure(open, id), ...parityFigures(open, id), ...recipeFigures(open, id)];
}

function lossFigure(open: ProjectService, id: number): Figure[] {
  const { jobId } = open.potentials.get(id);
  if (jobId === undefined) return [];
  const bySeries = new Map<string, { x: number[]; y: number[] }>();
  for (const { series, x, y } of new JobRepository(open.project).points(jobId)) {
    if (!(y > 0)) continue;
    const points = bySeries.get(series) ?? { x: [], y: [] };
    points.x.push(x);
    points.y.push(y);
    bySeries.set(series, points);
  }
  if (bySeries.size === 0) return [];
  return [
    {
      title: 'Loss of the fit',
      x: { label: 'passes over the data' },
      y: { label: 'loss', logarithmic: true },
      series: [...bySeries].map(([name, points]) => ({ name, kind: 'line' as const, ...points })),
    },
  ];
}

function parityFigures(open: ProjectService, id: number): Figure[] {
  const analyses = new AnalysisRepository(open.project);
  for (const { id: datasetId, name } of open.listedDatasets()) {
    const found = analyses.find(EVALUATION, evaluationInputs(open.project, id, datasetId));
    if (!found) continue;
    return [
      ...parity(found, 'energy', `Energies of ${name}`, 'eV/atom'),
      ...parity(found, 'force', `Forces of ${name}`, 'eV/Å'),
    ];
  }
  return [];
}

function parity({ arrays }: Analysis, what: 'energy' | 'force', title: string, unit: string): Figure[] {
  const reference = arrays?.[`${what}Reference`]?.data;
  const predicted = arrays?.[`${what}Predicted`]?.data;
  if (!reference || !predicted) return [];
  const step = Math.max(1, Math.ceil(reference.length / MOST_POINTS));
  const [x, y]: [number[], number[]] = [[], []];
  for (let k = 0; k < reference.length; k += step) {
    const [given, computed] = [Number(reference[k]), Number(predicted[k])];
    if (!Number.isFinite(given) || !Number.isFinite(computed)) continue;
    x.push(given);
    y.push(computed);
  }
  if (x.length === 0) return [];
  const ends = [x.reduce((a, b) => Math.min(a, b)), x.reduce((a, b) => Math.max(a, b))];
  return [
    {
      title,
      caption: step > 1 ? `Every ${step}th of ${reference.length} values.` : undefined,
      x: { label: `reference (${unit})` },
      y: { label: `predicted (${unit})` },
      series: [
        { name: 'configurations', kind: 'points', x, y },
        { name: 'equal', kind: 'line', x: ends, y: ends },
      ],
    },
  ];
}

const axis = z.object({ label: z.string(), logarithmic: z.boolean().optional() });
// JSON has null where nothing could be measured
const numbers = z.array(z.number().nullable()).transform((list) => list.map((value) => value ?? NaN));
const recipeSchema = z.object({
  figures: z.array(
    z.object({
      title: z.string(),
      x: axis,
      y: axis,
      caption: z.string().optional(),
      series: z.array(
        z.object({
          name: z.string(),
          kind: z.enum(['line', 'points', 'step']),
          x: numbers,
          y: numbers,
          of: z.string().optional(),
          outside: z.boolean().optional(),
        }) satisfies z.ZodType<FigureSeries>,
      ),
    }),
  ),
});

/** The latest result of each recipe with this potential. */
function recipeFigures(open: ProjectService, id: number): Figure[] {
  const asked = z.object({ potentialId: z.literal(id), recipe: z.string() });
  const latest = new Map<string, Analysis['result']>();
  for (const { inputs, result } of new AnalysisRepository(open.project).list(RECIPE_ANALYSIS)) {
    const { data } = asked.safeParse(inputs);
    if (data && !latest.has(data.recipe)) latest.set(data.recipe, result);
  }
  return [...latest.values()].flatMap((result) => recipeSchema.safeParse(result).data?.figures ?? []);
}
