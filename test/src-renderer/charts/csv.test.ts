import { describe, expect, it } from 'vitest';
import { csvText } from '../../../src-renderer/charts/csv.ts';

describe('CSV', () => {
  it('gives back the same doubles', () => {
    const values = [0.1 + 0.2, -1e-300, 12345678.000000002, 0, -297.62773938];
    const lines = csvText({ columns: [{ name: 'x', values }] })
      .trimEnd()
      .split('\n');
    expect(lines[0]).toBe('x');
    expect(lines.slice(1).map(Number)).toEqual(values);
  });

  it('quotes what would break the table, and leaves short columns and NaN empty', () => {
    const text = csvText({
      notes: ['source: A,\nB'],
      columns: [
        { name: 'tag, "kind"', values: ['a\nb', 'plain', ''] },
        { name: 'E (eV)', values: [NaN, 2] },
      ],
    });
    expect(text).toBe('# source: A, B\n"tag, ""kind""",E (eV)\n"a\nb",\nplain,2\n,\n');
  });

  it('does not hand formulas to spreadsheets', () => {
    const text = csvText({ columns: [{ name: 'tag', values: ['=cmd()', '+1', '@x', '-2'] }] });
    expect(text.split('\n').slice(1, 5)).toEqual(["'=cmd()", "'+1", "'@x", "'-2"]);
  });
});
