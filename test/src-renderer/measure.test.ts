/** A number looks alike on every page, and in the units that the user prefers. */
import { describe, expect, it } from 'vitest';
import { measureOf, shown, shownWithError } from '../../src-renderer/measure.ts';

const usual = { energyUnit: 'eV', pressureUnit: 'GPa' } as const;
const other = { energyUnit: 'meV', pressureUnit: 'kbar' } as const;

describe('numbers for the eye', () => {
  it('have one rounding and one unit each', () => {
    expect(shown('virialMae', 109.63178, usual)).toBe('109.6');
    expect(shown('forceMae', 0.4329988, usual)).toBe('0.4330');
    expect(shown('energyMae', null, usual)).toBe('–');
    expect(shown('pressure', -0.00004, usual)).toBe('0.000');
  });

  it('follow the preferences, and errors of energies do not', () => {
    expect(shownWithError('totalEnergy', { value: -5.4212345, error: 0.0012 }, usual)).toBe(
      '\u22125.42123 ± 0.0012 eV/atom',
    );
    expect(shownWithError('totalEnergy', { value: -5.4212345, error: 0.0012 }, other)).toBe(
      '\u22125421.23 ± 1.2 meV/atom',
    );
    expect(shownWithError('pressure', { value: 1.2346, error: null }, other)).toBe('12.35 kbar');
    expect(measureOf('energyMae', other)).toEqual({ unit: 'meV/atom', factor: 1, decimals: 2 });
    expect(shownWithError('temperature', { value: null, error: null }, other)).toBe('–');
  });
});
