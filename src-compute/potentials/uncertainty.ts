/**
 * What a potential knows of its own errors, as it is kept in its document: the posterior of its linear coefficients and
 * an error model for every kind of label (fitting/uncertainty). A prediction with design row a has d = |W a| with the
 * lower triangular W = L⁻¹ S⁻¹ of the fit's normal equations, kept as 32-bit floats row by row.
 */
import { z } from 'zod';
import { realsField } from './bounds.ts';

const finite = z.number().nonnegative();
const kind = z.object({
  noise: finite,
  scale: finite,
  exponent: z.number(),
  labels: z.number(),
  withinOne: z.number(),
  withinTwo: z.number(),
});

const shape = {
  /** Columns of a design row. */
  columns: z.int().positive(),
  /** Columns that W is of, where the fit has too many; all when absent. */
  subset: z
    .array(z.int().nonnegative())
    .transform((list) => Int32Array.from(list))
    .optional(),
  /** Shift and scale of the descriptors that design rows are made of, where the model does not hold them. */
  standard: z.object({ shift: realsField, scale: realsField }).optional(),
  energy: kind.optional(),
  force: kind.optional(),
  virial: kind.optional(),
};

export const uncertaintySchema = z.object({ ...shape, root: z.string() }).transform((stored, context) => {
  const root = fromBase64(stored.root);
  const kept = stored.subset?.length ?? stored.columns;
  const inside = stored.subset?.every((column) => column < stored.columns) ?? true;
  if (inside && root?.length === (kept * (kept + 1)) / 2) return { ...stored, root };
  context.addIssue({ code: 'custom', message: 'the posterior is cut short' });
  return z.NEVER;
});

export interface ErrorModel {
  /** n and s, eV or eV/Å; γ. */
  readonly noise: number;
  readonly scale: number;
  readonly exponent: number;
  readonly labels: number;
  readonly withinOne: number;
  readonly withinTwo: number;
}

export interface PotentialUncertainty {
  readonly columns: number;
  readonly subset?: Int32Array;
  /** W, lower triangle, row by row. */
  readonly root: Float32Array;
  readonly standard?: { readonly shift: Float64Array; readonly scale: Float64Array };
  readonly energy?: ErrorModel;
  readonly force?: ErrorModel;
  readonly virial?: ErrorModel;
}

/** Plain data for a document. */
export function uncertaintyToJson(uncertainty: PotentialUncertainty): z.input<typeof uncertaintySchema> {
  const { subset, root, standard, ...kinds } = uncertainty;
  return {
    ...kinds,
    subset: subset && Array.from(subset),
    ...(standard && {
      standard: { shift: Array.from(standard.shift), scale: Array.from(standard.scale) },
    }),
    root: toBase64(root),
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Little-endian 32-bit floats in base 64 (RFC 4648), without what only some hosts have. */
function toBase64(values: Float32Array): string {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, k) => view.setFloat32(4 * k, value, true));
  const parts: string[] = [];
  let text = '';
  for (let k = 0; k < bytes.length; k += 3) {
    const group = (bytes[k] << 16) | ((bytes[k + 1] ?? 0) << 8) | (bytes[k + 2] ?? 0);
    text +=
      LETTERS[group >> 18] +
      LETTERS[(group >> 12) & 63] +
      (k + 1 < bytes.length ? LETTERS[(group >> 6) & 63] : '=') +
      (k + 2 < bytes.length ? LETTERS[group & 63] : '=');
    if (text.length > 1 << 16) {
      parts.push(text);
      text = '';
    }
  }
  return parts.join('') + text;
}

function fromBase64(text: string): Float32Array | undefined {
  // two at most: base64 fills groups of four
  const clean = text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text;
  const length = Math.floor((clean.length * 3) / 4);
  if (length % 4 !== 0) return undefined;
  const bytes = new Uint8Array(length + 3);
  const valueOf = new Map(Array.from(LETTERS, (letter, k) => [letter, k]));
  for (let k = 0, at = 0; k < clean.length; k += 4, at += 3) {
    let group = 0;
    for (let l = 0; l < 4; l++) {
      const letter = clean[k + l];
      const value = letter === undefined ? 0 : valueOf.get(letter);
      if (value === undefined) return undefined;
      group = (group << 6) | value;
    }
    bytes[at] = group >> 16;
    bytes[at + 1] = (group >> 8) & 255;
    bytes[at + 2] = group & 255;
  }
  const view = new DataView(bytes.buffer);
  const values = Float32Array.from({ length: length / 4 }, (_, k) => view.getFloat32(4 * k, true));
  return values.every(Number.isFinite) ? values : undefined;
}
