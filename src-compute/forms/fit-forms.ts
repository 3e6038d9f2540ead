/** Every form that can be fitted. A new one is a line in each list; the compiler names the lists that lack it. */
import { z } from 'zod';
import type { TermModel } from '../potentials/registry.ts';
import type { CommonFitRequest } from './common-settings.ts';
import type { FitData, FitDataSize, FitForecast, FitForm, FitFormWords, FitPlan } from './fit-form.ts';
import { aceFit } from './ace/fit.ts';
import { aceFitSettings } from './ace/settings.ts';
import { momentTensorFit } from './moment-tensor/fit.ts';
import { momentTensorFitSettings } from './moment-tensor/settings.ts';
import { snapFit } from './snap/fit.ts';
import { snapFitSettings } from './snap/settings.ts';
import { tensorRegressionFit } from './tensor-regression/fit.ts';
import { tensorRegressionFitSettings } from './tensor-regression/settings.ts';

/** What may be asked of a fit: one schema for the command line, jobs and the window. */
export const fitSettings = z.discriminatedUnion('form', [
  momentTensorFitSettings,
  tensorRegressionFitSettings,
  snapFitSettings,
  aceFitSettings,
]);
export type FitRequest = z.infer<typeof fitSettings>;
export type FittableForm = FitRequest['form'];

export const FIT_FORMS: Readonly<Record<FittableForm, FitFormWords>> = {
  'moment-tensor': momentTensorFit,
  'tensor-regression': tensorRegressionFit,
  snap: snapFit,
  ace: aceFit,
};

/** A form with what is asked of it. */
export interface RequestedForm extends FitFormWords {
  /** What a potential is called when nobody names it, after the name of its data. */
  readonly name: string;
  /** What is fitted, in words. */
  readonly words: string;
  readonly stopsEarly: boolean;
  forecast(size: FitDataSize): FitForecast;
  /** @throws FitError, PotentialError */
  plan(data: Omit<FitData<unknown>, 'request'>): FitPlan<TermModel>;
}

/** The form of a request. */
export function requestedForm(request: FitRequest): RequestedForm {
  switch (request.form) {
    case 'moment-tensor':
      return bound(momentTensorFit, request);
    case 'tensor-regression':
      return bound(tensorRegressionFit, request);
    case 'snap':
      return bound(snapFit, request);
    case 'ace':
      return bound(aceFit, request);
  }
}

function bound<Request extends CommonFitRequest, Model extends TermModel>(
  form: FitForm<Request, Model>,
  request: Request,
): RequestedForm {
  return {
    ...form,
    name: form.name(request),
    words: form.words(request),
    stopsEarly: form.stopsEarly(request),
    forecast: (size) => form.forecast(request, size),
    plan: (data) => form.plan({ ...data, request }),
  };
}

/** The form that the command line calls so. */
export function formOfTag(tag: string): FittableForm | undefined {
  const forms = Object.keys(FIT_FORMS) as FittableForm[];
  return forms.find((form) => FIT_FORMS[form].tag === tag);
}
