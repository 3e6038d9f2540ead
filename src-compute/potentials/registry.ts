/** Every functional form that a potential document may hold. A new form is one line in each list. */
import { z } from 'zod';
import { PotentialError } from '../errors.ts';
import { crowdingSchema, validateCrowdingModel, type CrowdingModel } from './crowding/model.ts';
import {
  embeddedAtomSchema,
  validateEmbeddedAtomModel,
  type EmbeddedAtomModel,
} from './embedded-atom/index.ts';
import { validateMomentTensorModel, type MomentTensorModel } from './moment-tensor/model.ts';
import { momentTensorSchema } from './moment-tensor/schema.ts';
import {
  lennardJonesSchema,
  morseSchema,
  tabulatedPairSchema,
  zblSchema,
  type PairModel,
  type ZblModel,
} from './pair/index.ts';
import type { PotentialModelBase } from './potential.ts';
import { snapSchema, validateSnapModel, type SnapModel } from './snap/index.ts';
import { stillingerWeberSchema, type StillingerWeberModel } from './stillinger-weber/index.ts';
import { sumSchema, type SumModel } from './sum/sum.ts';
import {
  tensorParameterCount,
  tensorRegressionSchema,
  validateTensorRegressionModel,
  type TensorRegressionModel,
} from './tensor-regression/index.ts';
import { firstFindingOf } from '../validation-words.ts';

/** Forms that are no sum. */
export type TermModel =
  | MomentTensorModel
  | TensorRegressionModel
  | PairModel
  | StillingerWeberModel
  | EmbeddedAtomModel
  | SnapModel
  | CrowdingModel;

/** Every model that can be evaluated, saved and exported. */
export type PotentialModel = TermModel | SumModel<TermModel>;

const termSchema = z.discriminatedUnion('form', [
  momentTensorSchema,
  tensorRegressionSchema,
  lennardJonesSchema,
  morseSchema,
  zblSchema,
  tabulatedPairSchema,
  stillingerWeberSchema,
  embeddedAtomSchema,
  snapSchema,
  crowdingSchema,
]);

const sumOfTerms = sumSchema(termSchema as z.ZodType<TermModel>);

/** What the forms are called for people. */
export const FORM_TITLES: Readonly<Record<PotentialModel['form'], string>> = {
  'moment-tensor': 'moment tensor potential',
  'tensor-regression': 'tensor-regression potential',
  'lennard-jones': 'Lennard-Jones',
  morse: 'Morse',
  zbl: 'ZBL repulsion',
  'tabulated-pair': 'tabulated pair potential',
  'stillinger-weber': 'Stillinger–Weber',
  'embedded-atom': 'embedded-atom potential',
  snap: 'SNAP',
  crowding: 'crowding repulsion',
  sum: 'sum of potentials',
};

/**
 * Reads a model from parsed JSON.
 * @throws PotentialError naming the first field that is wrong
 */
export function modelFromJson(json: unknown): PotentialModel {
  const form = z.object({ form: z.string() }).safeParse(json);
  const name = form.success ? form.data.form : undefined;
  if (name === undefined || !Object.hasOwn(FORM_TITLES, name)) {
    throw new PotentialError(`The potential has the unknown form ${JSON.stringify(name ?? null)}.`, {
      remedy: `Known forms: ${Object.keys(FORM_TITLES).join(', ')}. A newer version may have written the file.`,
    });
  }
  const parsed = (name === 'sum' ? sumOfTerms : termSchema).safeParse(json);
  if (!parsed.success) {
    const { place, text } = firstFindingOf(parsed.error);
    throw new PotentialError(
      `The ${FORM_TITLES[name as PotentialModel['form']]} in this file is broken: ${place || 'the model'}: ${text}.`,
      {
        remedy: 'The file may be cut short or edited; save it again.',
        cause: parsed.error,
      },
    );
  }
  const model = parsed.data as PotentialModel;
  for (const term of model.form === 'sum' ? model.terms : [model]) {
    if (term.form === 'moment-tensor') validateMomentTensorModel(term);
    if (term.form === 'tensor-regression') validateTensorRegressionModel(term);
    if (term.form === 'embedded-atom') validateEmbeddedAtomModel(term);
    if (term.form === 'snap') validateSnapModel(term);
    if (term.form === 'crowding') validateCrowdingModel(term);
  }
  return model;
}

/** Plain JSON of a model: typed arrays become lists. */
export function modelToJson(model: PotentialModelBase): unknown {
  return JSON.parse(
    JSON.stringify(model, (_key, value: unknown) =>
      ArrayBuffer.isView(value) ? Array.from(value as Float64Array | Int32Array) : value,
    ),
  );
}

/** The moment tensor part of a model, when there is one: the model itself or a term of a sum. */
export function momentTensorPart(model: PotentialModelBase): MomentTensorModel | undefined {
  const known = model as PotentialModel;
  if (known.form === 'moment-tensor') return known;
  if (known.form === 'sum') return known.terms.find((term) => term.form === 'moment-tensor');
  return undefined;
}

/** The tensor-regression part of a model, when there is one: the model itself or a term of a sum. */
export function tensorRegressionPart(model: PotentialModelBase): TensorRegressionModel | undefined {
  const known = model as PotentialModel;
  if (known.form === 'tensor-regression') return known;
  if (known.form === 'sum') return known.terms.find((term) => term.form === 'tensor-regression');
  return undefined;
}

/** The SNAP part of a model, when there is one: the model itself or a term of a sum. */
export function snapPart(model: PotentialModelBase): SnapModel | undefined {
  const known = model as PotentialModel;
  if (known.form === 'snap') return known;
  if (known.form === 'sum') return known.terms.find((term) => term.form === 'snap');
  return undefined;
}

/** The ZBL repulsion of a model, when there is one: the model itself or a term of a sum. */
export function zblPart(model: PotentialModelBase): ZblModel | undefined {
  const known = model as PotentialModel;
  if (known.form === 'zbl') return known;
  if (known.form === 'sum') return known.terms.find((term) => term.form === 'zbl');
  return undefined;
}

/** Number of fitted parameters of a model. */
export function parameterCount(model: PotentialModelBase): number {
  const tensor = tensorRegressionPart(model);
  if (tensor) return tensorParameterCount(tensor);
  const snap = snapPart(model);
  if (snap) return snap.coefficients.length;
  const part = momentTensorPart(model);
  if (!part) return 0;
  return part.radialCoefficients.length + part.momentCoefficients.length + part.speciesCoefficients.length;
}

/**
 * Parameters that a fit determined: those of the model without radial functions that were kept as they were (a linear
 * fit). The same number as in the forecast of the fit, on the pages and in the words for the paper.
 * @param settings of the fit, from the potential's provenance
 */
export function fittedParameterCount(
  model: PotentialModelBase,
  settings: { readonly linear?: unknown } = {},
): number {
  const part = tensorRegressionPart(model) ? undefined : momentTensorPart(model);
  const kept = settings.linear === true && part ? part.radialCoefficients.length : 0;
  return parameterCount(model) - kept;
}
