/** Names of elements as files write them. */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import {
  ATOMIC_WEIGHTS,
  atomicWeight,
  ELEMENT_SYMBOLS,
  isElement,
} from '../../src-compute/structure/elements.ts';

/** Isotopes that have symbols of their own: element and mass, amu (AME2020). */
const ISOTOPES: Readonly<Record<string, { readonly element: string; readonly mass: number }>> = {
  D: { element: 'H', mass: 2.014 },
  T: { element: 'H', mass: 3.016 },
};

/** How far a mass may lie from an element's weight to name it, amu. */
const MASS_TOLERANCE = 0.2;
/** Beyond this, amu, a mass contradicts the element that a label names. */
const MASS_AGREES = 0.3;

/** Whether a name is an element, or an isotope of hydrogen, in its usual spelling. */
function isNamed(name: string): boolean {
  return isElement(name) || Object.hasOwn(ISOTOPES, name);
}

/** Element symbol in its usual spelling ('SI' → 'Si'), or the text itself when it is no element. */
export function elementSpelling(text: string): string {
  if (isElement(text)) return text;
  const usual = text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  return isElement(usual) ? usual : text;
}

/** Element (or D, T) at the beginning of a label ('Si_pv', 'Fe2+', 'O12', 'Si1'), or undefined. */
export function elementOfLabel(label: string): string | undefined {
  const match = /^([A-Za-z]{1,2})(?![A-Za-z])/.exec(label.trim());
  if (match === null) return undefined;
  const whole = elementSpelling(match[1]);
  return isNamed(whole) ? whole : undefined;
}

/** What VASP makes of its own symbols: it cuts Zr to r, and writes X for Xe. */
export function elementOfVasp(symbol: string): string | undefined {
  const trimmed = symbol.trim();
  return trimmed === 'r' ? 'Zr' : trimmed === 'X' ? 'Xe' : elementOfLabel(trimmed);
}

/** The element whose standard weight lies closest to a mass, when it lies close. */
export function elementOfMass(mass: number | undefined): string | undefined {
  if (mass === undefined) return undefined;
  let best: string | undefined;
  let distance = MASS_TOLERANCE;
  for (const symbol of ELEMENT_SYMBOLS) {
    const difference = Math.abs(ATOMIC_WEIGHTS[ELEMENT_SYMBOLS.indexOf(symbol)] - mass);
    if (difference < distance) [best, distance] = [symbol, difference];
  }
  return best;
}

/** The element of a kind of atoms, and whether its label says another one than its mass. */
export interface NamedElement {
  readonly element: string | undefined;
  readonly contradicted: boolean;
}

/**
 * The element of a label such as 'ca', 'Fe1', 'FeA' or 'opls_135' whose mass (amu) is known, too. Where both name an
 * element and differ, the mass is right: labels of force fields (ca: aromatic carbon) look like other elements.
 */
export function elementOfLabelAndMass(label: string | undefined, mass: number | undefined): NamedElement {
  const letters = /^[A-Za-z]{1,2}/.exec(label?.trim() ?? '')?.[0] ?? '';
  const named = elementOfLabel(label ?? '');
  const begins = [elementSpelling(letters), elementSpelling(letters.charAt(0))].filter(isNamed);
  if (mass === undefined) return { element: named, contradicted: false };
  const weight = (symbol: string) => ISOTOPES[symbol]?.mass ?? atomicWeight(symbol) ?? NaN;
  const agreeing = (named === undefined ? begins : [named, ...begins]).find(
    (symbol) => Math.abs(weight(symbol) - mass) <= MASS_AGREES,
  );
  if (agreeing !== undefined)
    return { element: agreeing, contradicted: named !== undefined && agreeing !== named };
  const byMass = elementOfMass(mass);
  // a mass that is no element's (an isotope, a repartitioned hydrogen) leaves the label its say
  if (byMass === undefined) return { element: named, contradicted: false };
  return { element: byMass, contradicted: named !== undefined };
}

/** Element of a label of Quantum ESPRESSO: a symbol, with a letter or digit behind it ('Fe1', 'FeA', 'Ow', 'C_h'). */
export function elementOfEspressoLabel(label: string, mass?: number): string | undefined {
  const letters = /^[A-Za-z]{1,2}/.exec(label.trim())?.[0] ?? '';
  return (
    elementOfLabelAndMass(label, mass).element ??
    [elementSpelling(letters), elementSpelling(letters.charAt(0))].find(isNamed)
  );
}

/** Kinds of atoms under new names, one for each old one; equal names become one kind. */
export function renamedKinds(
  kinds: Uint16Array,
  names: readonly string[],
): { symbols: string[]; kinds: Uint16Array } {
  const symbols = [...new Set(names)];
  return { symbols, kinds: kinds.map((kind) => symbols.indexOf(names[kind])) };
}

/**
 * Kinds whose masses (amu, one for each atom) name them, too; see elementOfLabelAndMass. The first atom of a kind
 * speaks for it.
 * @param warn called with a sentence where label and mass disagree
 */
export function kindsByMass(
  symbols: readonly string[],
  kinds: Uint16Array,
  masses: ArrayLike<number>,
  warn: (sentence: string) => void,
): { symbols: readonly string[]; kinds: Uint16Array } {
  const names = symbols.map((symbol, kind) => {
    const label = numberOfTypeName(symbol) === undefined ? symbol : undefined;
    const mass = masses[kinds.indexOf(kind)];
    const { element, contradicted } = elementOfLabelAndMass(label, mass);
    if (contradicted)
      warn(
        `Expected a species that agrees with its mass, but "${symbol}" weighs ${mass} amu: it was taken to be ${element}.`,
      );
    return element ?? symbol;
  });
  return names.every((name, kind) => name === symbols[kind])
    ? { symbols, kinds }
    : renamedKinds(kinds, names);
}

/**
 * The configuration with D and T as what they are: hydrogen of another mass. Masses that the file gives stay.
 */
export function withIsotopes(configuration: Configuration): Configuration {
  const { symbols, kinds } = configuration;
  if (!symbols.some((symbol) => Object.hasOwn(ISOTOPES, symbol))) return configuration;
  const elements = symbols.map((symbol) => ISOTOPES[symbol]?.element ?? symbol);
  const weights = symbols.map((symbol) => ISOTOPES[symbol]?.mass ?? atomicWeight(symbol) ?? NaN);
  const masses = configuration.masses ?? Float64Array.from(kinds, (kind) => weights[kind]);
  return {
    ...configuration,
    ...renamedKinds(kinds, elements),
    ...(masses.every((mass) => mass > 0) ? { masses } : {}),
  };
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
