/**
 * What a user may ask of a fit: settings of its form (src-compute/forms), the same for the command line, jobs and the
 * window. Requests of earlier versions had the settings of all forms in one object; they are read as what they meant.
 */
import { z } from 'zod';
import { fitSettings, requestedForm, type FitRequest } from '../../../src-compute/forms/fit-forms.ts';

export type { FitRequest };

/** Budget of the search that the window proposes, s. */
export const WINDOW_SEARCH_SECONDS = 60;

type Settings = z.input<typeof fitSettings>;
type WithoutForm = Omit<Extract<Settings, { form: 'moment-tensor' }>, 'form'> & { form?: undefined };
/** A request before defaults are filled in; one without a form is for a moment tensor potential. */
export type FitRequestInput = Settings | WithoutForm;

const earlierModel = z.object({
  model: z.enum(['mtp', 'tensor']).optional(),
  tensor: z.record(z.string(), z.unknown()).optional(),
});
/** Settings that moment tensors alone had. */
const OF_MOMENTS = [
  ...['level', 'linear', 'radialBasisSize', 'maximumBodyOrder', 'maximumRank'],
  ...['maximumIterations', 'starts'],
];

/** A request of any version as this one writes it. */
function present(request: unknown): unknown {
  if (typeof request !== 'object' || request === null || 'form' in request) return request;
  const earlier = earlierModel.safeParse(request);
  if (!earlier.success) return request;
  const { model, tensor } = earlier.data;
  const own = Object.entries(request).filter(([name]) => name !== 'model' && name !== 'tensor');
  if (model !== 'tensor') return { form: 'moment-tensor', ...Object.fromEntries(own) };
  const shared = own.filter(([name]) => !OF_MOMENTS.includes(name));
  return { form: 'tensor-regression', ...Object.fromEntries(shared), ...tensor };
}

export const fitRequestSchema = z.preprocess((request: FitRequestInput) => present(request), fitSettings);

/**
 * The request as versions before this one wrote it: keys of checkpoints are digests of that text, so that what they left
 * can be gone on with.
 */
export function earlierShape(request: FitRequest): Record<string, unknown> {
  if (request.form !== 'moment-tensor' && request.form !== 'tensor-regression') return { ...request };
  if (request.form === 'moment-tensor') {
    const tensor = { rank: 2, elements: 'one-hot', perAtom: false, ridgeChoice: 'evidence', sweeps: 30 };
    return { ...request, form: undefined, model: 'mtp', tensor };
  }
  const { rank, radialSize, angularSize, angularRadial, elements, ...rest } = request;
  const { perAtom, bondDimension, ridgeChoice, sweeps, ...shared } = rest;
  return {
    ...shared,
    form: undefined,
    ...{ model: 'tensor', level: 16, radialBasisSize: 12, linear: false, maximumIterations: 60, starts: 9 },
    tensor: {
      ...{
        rank,
        radialSize,
        angularSize,
        angularRadial,
        elements,
        perAtom,
        bondDimension,
        ridgeChoice,
        sweeps,
      },
    },
  };
}

/** What a potential is called when nobody names it. */
export function defaultFitName(dataset: string, request: FitRequest): string {
  return `${dataset} ${requestedForm(request).name}`;
}
