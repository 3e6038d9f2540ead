/** Colours and sizes of elements as the user set them, over those of element-style.ts. */
import { elementColor, elementHex } from './element-style.ts';
import { hexColor } from './view-options.ts';

/** What was changed about an element. */
export interface ElementLook {
  /** '#rrggbb' */
  readonly color?: string;
  /** Factor on the radius that the element is drawn with. */
  readonly size?: number;
}

/** Changes by symbol. */
export type ElementLooks = Readonly<Record<string, ElementLook>>;

/** Colour of a kind as sRGB bytes. */
export function lookColor(looks: ElementLooks, symbol: string, place = 0): [number, number, number] {
  const own = looks[symbol]?.color;
  if (own === undefined) return elementColor(symbol, place);
  return hexColor(own).map((part) => Math.round(255 * part)) as [number, number, number];
}

/** The same as CSS text, '#rrggbb'. */
export function lookHex(looks: ElementLooks, symbol: string, place = 0): string {
  return looks[symbol]?.color ?? elementHex(symbol, place);
}

/** Factor on the radius of a kind. */
export function lookSize(looks: ElementLooks, symbol: string): number {
  return looks[symbol]?.size ?? 1;
}

/** What of a stored value can be used; anything else is left out. */
export function readElementLooks(value: unknown): Record<string, ElementLook> {
  if (typeof value !== 'object' || value === null) return {};
  const looks: Record<string, ElementLook> = {};
  for (const [symbol, look] of Object.entries(value)) {
    if (typeof look !== 'object' || look === null || symbol === '__proto__') continue;
    const { color, size } = look as { color?: unknown; size?: unknown };
    const read = {
      ...(typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? { color } : {}),
      ...(typeof size === 'number' && size >= 0.2 && size <= 3 ? { size } : {}),
    };
    if (Object.keys(read).length > 0) looks[symbol] = read;
  }
  return looks;
}
