/** Fortran namelists and cards of Quantum ESPRESSO (www.quantum-espresso.org/Doc/INPUT_PW.html). */
import { ForcewrightError } from '../errors.ts';
import { visibleLine } from './visible.ts';

/** A value: .true., 1d-8, 'text' with its quotes doubled. */
export function namelistValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '.true.' : '.false.';
  if (typeof value === 'number') return String(value).replace('e', 'd');
  if (visibleLine(value) !== value) {
    throw new ForcewrightError(`Quantum ESPRESSO cannot be given the text ${JSON.stringify(value)}.`, {
      remedy: 'Use names and paths without control characters.',
    });
  }
  return `'${value.replaceAll("'", "''")}'`;
}
