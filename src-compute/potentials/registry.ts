/** Every functional form that a potential document may hold. A new form is one line in each list. */
import { z } from 'zod';
import { PotentialError } from '../errors.ts';
import { aceForm } from '../forms/ace/form.ts';
import { crowdingForm } from '../forms/crowding/form.ts';
import { embeddedAtomForm } from '../forms/embedded-atom/form.ts';
import type { ExportName, Form, FormFacts } from '../forms/form.ts';
import { momentTensorForm } from '../forms/moment-tensor/form.ts';
import { lennardJonesForm, morseForm, tabulatedPairForm, zblForm } from '../forms/pair/form.ts';
import { snapForm } from '../forms/snap/form.ts';
import { stillingerWeberForm } from '../forms/stillinger-weber/form.ts';
import { tensorRegressionForm } from '../forms/tensor-regression/form.ts';
import type { Configuration } from '../structure/configuration.ts';
import { firstFindingOf } from '../validation-words.ts';
import type { AceModel } from './ace/index.ts';
import type { CrowdingModel } from './crowding/model.ts';
import type { EmbeddedAtomModel } from './embedded-atom/index.ts';
import type { MomentTensorModel } from './moment-tensor/model.ts';
import type { PairModel } from './pair/index.ts';
import type { Evaluation, PotentialModelBase } from './potential.ts';
import type { SnapModel } from './snap/index.ts';
import type { StillingerWeberModel } from './stillinger-weber/index.ts';
import { evaluateSum, sumSchema, type SumModel } from './sum/sum.ts';
import type { TensorRegressionModel } from './tensor-regression/index.ts';

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

export type TermForm = TermModel['form'];
/** The model of a form. */
export type ModelOf<F extends TermForm> = Extract<TermModel, { readonly form: F }>;

/** A descriptor whose functions take any term: a term of another form is a fault of the program. */
interface KnownForm extends Omit<Form<TermModel>, 'schema'> {
  /** @returns the model, or what is wrong with it */
  parse(json: unknown): z.ZodSafeParseResult<TermModel>;
}

function known<F extends TermForm>(name: F, form: Form<ModelOf<F>>): KnownForm {
  const isOwn = (model: TermModel): model is ModelOf<F> => model.form === name;
  const own = (model: TermModel): ModelOf<F> => {
    if (!isOwn(model)) throw new Error(`a ${model.form} is no ${name}`);
    return model;
  };
  const { title, provides, exports, schema } = form;
  return {
    ...{ title, provides, exports },
    parse: (json) => schema.safeParse(json),
    validate: (model) => form.validate?.(own(model)),
    parameters: (model) => form.parameters?.(own(model)) ?? 0,
    requires: (model) => form.requires?.(own(model)),
    evaluate: (model, configuration) => form.evaluate(own(model), configuration),
    ...(form.methods && { methods: (model, facts) => form.methods!(own(model), facts) }),
  };
}

/** Every form: the compiler names one that is missing here. */
const FORMS: Readonly<Record<TermForm, KnownForm>> = {
  'moment-tensor': known('moment-tensor', momentTensorForm),
  'tensor-regression': known('tensor-regression', tensorRegressionForm),
  'lennard-jones': known('lennard-jones', lennardJonesForm),
  morse: known('morse', morseForm),
  zbl: known('zbl', zblForm),
  'tabulated-pair': known('tabulated-pair', tabulatedPairForm),
  'stillinger-weber': known('stillinger-weber', stillingerWeberForm),
  'embedded-atom': known('embedded-atom', embeddedAtomForm),
  snap: known('snap', snapForm),
  ace: known('ace', aceForm),
  crowding: known('crowding', crowdingForm),
};

/** A term of any form: its own schema says what is wrong with it. */
const termSchema = z.unknown().transform((json, context): TermModel => {
  const name = formOf(json);
  if (name === undefined || !isTermForm(name)) {
    context.issues.push({
      code: 'custom',
      input: json,
      path: ['form'],
      message: `one of ${TERM_NAMES.join(', ')} was expected`,
    });
    return z.NEVER;
  }
  const parsed = FORMS[name].parse(json);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: json, code: 'custom' });
  return z.NEVER;
});

const sumOfTerms = sumSchema(termSchema);

const TERM_NAMES: readonly string[] = Object.keys(FORMS);

function isTermForm(name: string): name is TermForm {
  return TERM_NAMES.includes(name);
}

function formOf(json: unknown): string | undefined {
  const { success, data } = z.object({ form: z.string() }).safeParse(json);
  return success ? data.form : undefined;
}

/** What the form of a model is called for people. */
export function formTitle(name: PotentialModel['form']): string {
  return name === 'sum' ? 'sum of potentials' : FORMS[name].title;
}

/** Names of all forms. */
export const FORM_NAMES: readonly string[] = [...TERM_NAMES, 'sum'];

/** Whether there is a form of this name. */
export function isFormName(name: string): name is PotentialModel['form'] {
  return FORM_NAMES.includes(name);
}

/**
 * Reads a model from parsed JSON.
 * @throws PotentialError naming the first field that is wrong
 */
export function modelFromJson(json: unknown): PotentialModel {
  const name = formOf(json);
  if (name === undefined || !isFormName(name)) {
    throw new PotentialError(`The potential has the unknown form ${JSON.stringify(name ?? null)}.`, {
      remedy: `Known forms: ${FORM_NAMES.join(', ')}. A newer version may have written the file.`,
    });
  }
  const parsed = name === 'sum' ? sumOfTerms.safeParse(json) : FORMS[name].parse(json);
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
  const model = parsed.data;
  for (const term of termsOf(model)) FORMS[term.form].validate?.(term);
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
  return termsOf(model).reduce((sum, term) => sum + (FORMS[term.form].parameters?.(term) ?? 0), 0);
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

/**
 * Energy, per-atom energies, forces and virial by the plain evaluation of the form.
 * @throws PotentialError for forms and species that are not known; StructureError for unusable structures
 */
export function evaluatePlainly(model: PotentialModelBase, configuration: Configuration): Evaluation {
  if (!isKnown(model))
    throw new PotentialError(`There is no evaluation of potentials of the form ${model.form}.`);
  if (model.form === 'sum') return evaluateSum(model, configuration, evaluatePlainly);
  return FORMS[model.form].evaluate(model, configuration);
}

/** Sentences for a paper about the first term that has some; undefined where none has. */
export function methodsOf(
  model: PotentialModelBase,
  facts: FormFacts,
): readonly [string, ...string[]] | undefined {
  for (const term of termsOf(model)) {
    const sentences = FORMS[term.form].methods?.(term, facts);
    if (sentences) return sentences;
  }
  return undefined;
}

/** Formats that hold a model: those of all its terms, and those of one term with a ZBL repulsion beside it. */
export function exportsOf(model: PotentialModelBase): ExportName[] {
  const terms = termsOf(model);
  const own = terms.filter(({ form }) => form !== 'zbl');
  const [first] = own.length > 0 ? own : terms;
  if (!first) return [];
  return FORMS[first.form].exports.filter((name) =>
    name === 'kim'
      ? requirementOf(model) === undefined && terms.every(({ form }) => FORMS[form].exports.includes(name))
      : own.length === 1 && terms.length <= 2,
  );
}

/** What a structure must have besides known elements, as an end of “it needs …”; undefined where that is all. */
export function requirementOf(model: PotentialModelBase): string | undefined {
  return termsOf(model)
    .map((term) => FORMS[term.form].requires?.(term))
    .find((requirement) => requirement !== undefined);
}
