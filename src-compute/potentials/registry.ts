/** Every functional form that a potential document may hold. A new form is one line in each list. */
import { z } from 'zod';
import { PotentialError } from '../errors.ts';
import { aceParameterCount, aceSchema, validateAceModel, type AceModel } from './ace/index.ts';
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
  | AceModel
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
  aceSchema,
  crowdingSchema,
]);

const sumOfTerms = sumSchema(termSchema as z.ZodType<TermModel>);

export type TermForm = TermModel['form'];
/** The model of a form. */
export type ModelOf<F extends TermForm> = Extract<TermModel, { readonly form: F }>;

/** What is known of a form. */
interface FormDescriptor {
  /** What it is called for people. */
  readonly title: string;
  /** Checks what a schema of single fields cannot. @throws PotentialError */
  validate(model: TermModel): void;
  /** Number of fitted parameters; 0 where nothing here fits it. */
  parameters(model: TermModel): number;
}

/** A form's descriptor from functions of its own model. */
function form<F extends TermForm>(
  name: F,
  title: string,
  own: { validate?(model: ModelOf<F>): void; parameters?(model: ModelOf<F>): number } = {},
): FormDescriptor {
  const isOwn = (model: TermModel): model is ModelOf<F> => model.form === name;
  return {
    title,
    validate: (model) => {
      if (isOwn(model)) own.validate?.(model);
    },
    parameters: (model) => (isOwn(model) ? (own.parameters?.(model) ?? 0) : 0),
  };
}

/** Every form: the compiler names one that is missing here. */
const FORMS: Readonly<Record<TermForm, FormDescriptor>> = {
  'moment-tensor': form('moment-tensor', 'moment tensor potential', {
    validate: validateMomentTensorModel,
    parameters: ({ radialCoefficients, momentCoefficients, speciesCoefficients }) =>
      radialCoefficients.length + momentCoefficients.length + speciesCoefficients.length,
  }),
  'tensor-regression': form('tensor-regression', 'tensor-regression potential', {
    validate: validateTensorRegressionModel,
    parameters: tensorParameterCount,
  }),
  'lennard-jones': form('lennard-jones', 'Lennard-Jones'),
  morse: form('morse', 'Morse'),
  zbl: form('zbl', 'ZBL repulsion'),
  'tabulated-pair': form('tabulated-pair', 'tabulated pair potential'),
  'stillinger-weber': form('stillinger-weber', 'Stillinger–Weber'),
  'embedded-atom': form('embedded-atom', 'embedded-atom potential', { validate: validateEmbeddedAtomModel }),
  snap: form('snap', 'SNAP', {
    validate: validateSnapModel,
    parameters: ({ coefficients }) => coefficients.length,
  }),
  ace: form('ace', 'atomic cluster expansion', {
    validate: validateAceModel,
    parameters: aceParameterCount,
  }),
  crowding: form('crowding', 'crowding repulsion', { validate: validateCrowdingModel }),
};

/** What the form of a model is called for people. */
export function formTitle(name: PotentialModel['form']): string {
  return name === 'sum' ? 'sum of potentials' : FORMS[name].title;
}

/** Names of all forms. */
export const FORM_NAMES: readonly string[] = [...Object.keys(FORMS), 'sum'];

/** Whether there is a form of this name. */
export function isFormName(name: string): name is PotentialModel['form'] {
  return FORM_NAMES.includes(name);
}

/**
 * Reads a model from parsed JSON.
 * @throws PotentialError naming the first field that is wrong
 */
export function modelFromJson(json: unknown): PotentialModel {
  const form = z.object({ form: z.string() }).safeParse(json);
  const name = form.success ? form.data.form : undefined;
  if (name === undefined || !isFormName(name)) {
    throw new PotentialError(`The potential has the unknown form ${JSON.stringify(name ?? null)}.`, {
      remedy: `Known forms: ${FORM_NAMES.join(', ')}. A newer version may have written the file.`,
    });
  }
  const parsed = (name === 'sum' ? sumOfTerms : termSchema).safeParse(json);
  if (!parsed.success) {
    const { place, text } = firstFindingOf(parsed.error);
    throw new PotentialError(
      `The ${formTitle(name)} in this file is broken: ${place || 'the model'}: ${text}.`,
      {
        remedy: 'The file may be cut short or edited; save it again.',
        cause: parsed.error,
      },
    );
  }
  const model = parsed.data as PotentialModel;
  for (const term of termsOf(model)) FORMS[term.form].validate(term);
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

/** Terms of a model: itself where it is no sum; none of a form that is not known. */
export function termsOf(model: PotentialModelBase): readonly TermModel[] {
  if (!isKnown(model)) return [];
  return model.form === 'sum' ? model.terms : [model];
}

function isKnown(model: PotentialModelBase): model is PotentialModel {
  return isFormName(model.form);
}

/** The part of a model that is of a form, when there is one: the model itself or a term of a sum. */
export function partOf<F extends TermForm>(model: PotentialModelBase, name: F): ModelOf<F> | undefined {
  return termsOf(model).find((term): term is ModelOf<F> => term.form === name);
}

/** Number of fitted parameters of a model. */
export function parameterCount(model: PotentialModelBase): number {
  return termsOf(model).reduce((sum, term) => sum + FORMS[term.form].parameters(term), 0);
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
  const part = partOf(model, 'moment-tensor');
  const kept = settings.linear === true && part ? part.radialCoefficients.length : 0;
  return parameterCount(model) - kept;
}
