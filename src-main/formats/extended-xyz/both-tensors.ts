/** Frames that have a virial and a stress: two statements about one thing, which may contradict each other. */
import { volume } from '../../../src-compute/structure/cell.ts';
import type { FrameValue } from '../../../src-compute/structure/configuration.ts';
import { labelNameOf, tensorFromComponents, virialFromStress, type LabelKeys } from '../labels.ts';
import { numbersOf } from './header.ts';

/** Relative difference of tensors that are the same but for the digits that are printed. */
const SAME = 0.01;

/**
 * What is to be said where the stress of a frame is not that of its virial, W = −σV.
 * @param virial W as it was taken, eV
 * @param header what is left of the keys
 */
export function contradictingStress(
  virial: Float64Array,
  cell: Float64Array,
  header: ReadonlyMap<string, FrameValue>,
  { virial: taken, source = '' }: LabelKeys,
): string | undefined {
  const key = [...header.keys()].find((name) => {
    const label = labelNameOf(name);
    return label?.quantity === 'stress' && label.source === source;
  });
  if (key === undefined || !(volume(cell) > 0)) return undefined;
  const value = header.get(key);
  const tensor = value === undefined ? undefined : tensorFromComponents(numbersOf(value) ?? []);
  if (tensor === undefined) return undefined;
  const other = virialFromStress(tensor, cell, 1);
  const size = Math.max(...virial.map(Math.abs), ...other.map(Math.abs));
  const differ = (sign: number) => Math.max(...virial.map((w, k) => Math.abs(w - sign * other[k])));
  if (!(differ(1) > SAME * size)) return undefined;
  const how =
    differ(-1) <= SAME * size
      ? 'have opposite signs, where W = −σV'
      : 'are not of the same size or kind, where W = −σV';
  return `The keys "${taken}" and "${key}" ${how}: "${taken}" was taken. Name the key that is right, and turn its sign where the file has the other one.`;
}
