/** What both passes over the neighbours of an atom use. */
import { i32 } from '../../encoder/index.ts';
import type { Callable, FunctionBody, Local } from '../../encoder/index.ts';
import type { TensorShape } from './shape.ts';

/** What a pass must know of a species: places of its blocks (bytes of lane numbers, i32) and its weight. */
export const SPECIES_ENTRY = { radial: 0, harmonics: 4, weight: 8, bytes: 16 } as const;

export type Pass = Callable & { readonly result: undefined };

/**
 * Calls `body` for every angular channel of a species, straight or in a loop: address of its block plus a constant offset,
 * and address of the record from which field `valueField(0)` is the channel's (the same for slopes), plus one.
 */
export function eachRadial(
  code: FunctionBody,
  shape: TensorShape,
  harmonics: Local<'i32'>,
  numberBytes: number,
  record: Local<'i32'>,
  body: (block: Local<'i32'>, offset: number, fields: Local<'i32'>, fieldOffset: number) => void,
): void {
  const { angularRadial, records } = shape;
  const blockBytes = shape.harmonics * numberBytes;
  if (!shape.loopsOverRadial) {
    for (let a = 0; a < angularRadial; a++) {
      body(harmonics, a * blockBytes, record, a * records.fieldBytes);
    }
    return;
  }
  const block = code.let(harmonics);
  const fields = code.local('i32');
  const end = code.let(i32.add(record, angularRadial * records.fieldBytes));
  code.for(fields, record, end, records.fieldBytes, () => {
    body(block, 0, fields, 0);
    code.set(block, i32.add(block, blockBytes));
  });
}
