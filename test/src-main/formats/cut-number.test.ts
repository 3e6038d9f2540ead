/** POSCAR and XDATCAR files that end inside their last number: what is left is a number, and another one. */
import { expect, test } from 'vitest';
import { formatErrorOf, readText } from './support.ts';

const HEAD = 'cut\n1.0\n 5.43 0.0 0.0\n 0.0 5.43 0.0\n 0.0 0.0 5.43\n Si\n 2\n';
const ROWS = ' 0.0000000 0.0000000 0.0000000\n 0.2500000 0.2500000 0.2512345';
const VELOCITIES =
  '\n\n 0.10000000E-01 0.00000000E+00 0.00000000E+00\n 0.00000000E+00 0.00000000E+00 0.30000000E-02';

const texts = {
  POSCAR: `${HEAD}Direct\n${ROWS}`,
  velocities: `${HEAD}Direct\n${ROWS}${VELOCITIES}`,
  XDATCAR: `${HEAD}Direct configuration=     1\n${ROWS}`,
};

test.each(Object.entries(texts))('%s: every cut within the last number is refused', async (_, text) => {
  const whole = await readText(text);
  expect(whole).toHaveLength(1);
  expect(whole[0].positions[5]).toBeCloseTo(0.2512345 * 5.43, 12);
  const start = text.lastIndexOf(' ') + 1;
  for (let end = start + 1; end < text.length; end++) {
    const part = text.slice(start, end);
    // the sign and the letter of an exponent alone are no number
    const { message } = await formatErrorOf(readText(text.slice(0, end)));
    expect(message).toMatch(/line end behind the last number|Expected a number/);
    expect(message).toContain(part);
  }
});

test('numbers that are written by hand need no line end', async () => {
  const rows = [
    ' 0.0 0.0 0.0\n 0.25 0.25 0.5',
    ' 0.0 0.0 0.0\n 0.125 0.125 0.5',
    ' 0 0 0\n 0.33333 0.33333 0.5',
  ];
  for (const text of rows) {
    const [crystal] = await readText(`${HEAD}Direct\n${text}`);
    expect(crystal.positions[5]).toBeCloseTo(0.5 * 5.43, 12);
    // with a line end a short number is what it is
  }
  const [ended] = await readText(`${HEAD}Direct\n${ROWS.slice(0, -3)}\n`);
  expect(ended.positions[5]).toBeCloseTo(0.2512 * 5.43, 12);
});
