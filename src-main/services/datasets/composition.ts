/** Compositions as read from the formula of a configuration, Si64 or Ga32As32. */

/** Counts by symbol. Types without an element's name (type1) are not told apart from their counts: they count as one. */
export function elementCounts(formula: string): ReadonlyMap<string, number> {
  return new Map([...formula.matchAll(/([A-Z][a-z]?)(\d+)/g)].map((match) => [match[1], Number(match[2])]));
}

/** Si64 becomes Si, Ga32As32 AsGa: configurations of different size and equal composition get the same text. */
export function reducedFormula(formula: string): string {
  const counts = elementCounts(formula);
  if (counts.size === 0) return formula;
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const divisor = [...counts.values()].reduce((common, count) => gcd(common, count), 0) || 1;
  return [...counts]
    .map(([symbol, count]) => symbol + (count === divisor ? '' : String(count / divisor)))
    .sort()
    .join('');
}
