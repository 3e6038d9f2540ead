/** Orders of columns against a sort by comparison. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, orderOf, orderOfWords } from '../../../src-renderer/state/sort-order.ts';

describe('order of a column', () => {
  it('is that of a stable sort by comparison, either way, for any doubles', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, 1, -1, Infinity, -Infinity, 5e-324));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 60 }), fc.boolean(), (list, descending) => {
        const values = Float64Array.from(list);
        const chosen = Uint32Array.from(list.keys()).filter((row) => row % 3 !== 1);
        const expected = [...chosen].sort((a, b) => {
          const [x, y] = [values[a], values[b]];
          if (Number.isNaN(x) || Number.isNaN(y))
            return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
          const order = x < y ? -1 : x > y ? 1 : 0;
          return (descending ? -order : order) || a - b;
        });
        expect([...inOrder(orderOf(values), chosen, descending)]).toEqual(expected);
      }),
    );
  });

  it('of words counts numbers in them as numbers', () => {
    const words = ['Si64', 'Si8', 'Al2'];
    const order = orderOfWords([0, 1, 2, 1], words);
    expect([...inOrder(order, Uint32Array.of(0, 1, 2, 3), false)]).toEqual([2, 1, 3, 0]);
    expect([...inOrder(order, Uint32Array.of(0, 1, 2, 3), true)]).toEqual([0, 1, 3, 2]);
  });
});
