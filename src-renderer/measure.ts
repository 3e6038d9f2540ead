/**
 * Unit and rounding of every quantity, in one place: a number looks alike on every page, and in the units that the user
 * prefers. What quantities are called and mean is in quantities.ts.
 */
import { fixed, significant } from './format.ts';
import type { QuantityName } from './quantities.ts';
import type { EnergyUnit, PressureUnit } from './state/preferences.ts';

export interface ShownUnits {
  readonly energyUnit: EnergyUnit;
  readonly pressureUnit: PressureUnit;
}

interface Measure {
  /** Unit of the values that are given. */
  readonly unit: string;
  readonly decimals: number;
  /** Quantities whose unit the user chooses; decimals are those of eV and GPa. Errors are always in meV/atom. */
  readonly dimension?: 'energy' | 'pressure';
}

const MEASURES = {
  energyPerAtom: { unit: 'eV/atom', decimals: 4, dimension: 'energy' },
  totalEnergy: { unit: 'eV/atom', decimals: 5, dimension: 'energy' },
  potentialEnergy: { unit: 'eV/atom', decimals: 5, dimension: 'energy' },
  pressure: { unit: 'GPa', decimals: 3, dimension: 'pressure' },
  maxForce: { unit: 'eV/Å', decimals: 3 },
  volumePerAtom: { unit: 'Å³/atom', decimals: 2 },
  minimumDistance: { unit: 'Å', decimals: 3 },
  temperature: { unit: 'K', decimals: 1 },
  energyMae: { unit: 'meV/atom', decimals: 2 },
  energyRmse: { unit: 'meV/atom', decimals: 2 },
  forceMae: { unit: 'eV/Å', decimals: 4 },
  forceRmse: { unit: 'eV/Å', decimals: 4 },
  virialMae: { unit: 'meV/atom', decimals: 1 },
  acceptance: { unit: '', decimals: 3 },
} as const satisfies Partial<Record<QuantityName, Measure>>;

export type MeasuredQuantity = keyof typeof MEASURES;

/** Unit, factor from the given values to it, and decimals, as the user prefers. */
export function measureOf(
  name: MeasuredQuantity,
  { energyUnit, pressureUnit }: ShownUnits,
): { readonly unit: string; readonly factor: number; readonly decimals: number } {
  const { unit, decimals, dimension }: Measure = MEASURES[name];
  if (dimension === 'energy' && energyUnit === 'meV')
    return { unit: unit.replace('eV', 'meV'), factor: 1000, decimals: Math.max(0, decimals - 3) };
  if (dimension === 'pressure' && pressureUnit === 'kbar')
    return { unit: 'kbar', factor: 10, decimals: Math.max(0, decimals - 1) };
  return { unit, factor: 1, decimals };
}

/** A value for the eye, without its unit; a dash where there is none. */
export function shown(name: MeasuredQuantity, value: number | null | undefined, units: ShownUnits): string {
  const { factor, decimals } = measureOf(name, units);
  return fixed(value === null || value === undefined ? value : value * factor, decimals);
}

/** Value ± error with the unit: 300.4 ± 1.2 K. */
export function shownWithError(
  name: MeasuredQuantity,
  { value, error }: { readonly value: number | null; readonly error: number | null },
  units: ShownUnits,
): string {
  const { unit, factor } = measureOf(name, units);
  if (value === null) return '–';
  const spread = error === null ? '' : ` ± ${significant(error * factor, 2)}`;
  return `${shown(name, value, units)}${spread} ${unit}`.trim();
}
