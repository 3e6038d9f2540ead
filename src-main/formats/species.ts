/** Names of elements as files write them. */
import { ELEMENT_SYMBOLS, isElement } from '../../src-compute/structure/elements.ts';

/** Element symbol in its usual spelling ('SI' → 'Si'), or the text itself when it is no element. */
export function elementSpelling(text: string): string {
  if (isElement(text)) return text;
  const usual = text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  return isElement(usual) ? usual : text;
}

/** Element at the beginning of a label ('Si_pv', 'Fe2+', 'O12', 'Si1'), or undefined. */
export function elementOfLabel(label: string): string | undefined {
  const match = /^([A-Za-z]{1,2})(?![A-Za-z])/.exec(label.trim());
  if (match === null) return undefined;
  const whole = elementSpelling(match[1]);
  return isElement(whole) ? whole : undefined;
}

/** Symbol of an atomic number, or undefined. */
export function symbolOfNumber(atomicNumber: number): string | undefined {
  return atomicNumber >= 1 && atomicNumber < ELEMENT_SYMBOLS.length
    ? ELEMENT_SYMBOLS[atomicNumber]
    : undefined;
}

/** Name of a type that a file gives only by number: the caller's name for it, else 'type1', 'type2', … (from 1). */
export function typeName(number: number, species: readonly string[] | undefined): string {
  return species?.[number - 1] ?? `type${number}`;
}

/** Number of a type named by typeName ('type3' → 3), or undefined. */
export function numberOfTypeName(name: string): number | undefined {
  const match = /^type([1-9]\d{0,4})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Whether a name is an element or a numbered type. */
export function isKnownSpecies(name: string): boolean {
  return isElement(name) || numberOfTypeName(name) !== undefined;
}
