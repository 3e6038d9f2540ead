/** Temperatures of the copies of a run as they are typed. */

/** Parts of a list as it is typed. */
const listed = (text: string) => text.split(/[,;\s]+/).filter((part) => part !== '');

/** Temperatures as they are typed: 300, 350, 410. What is no temperature is left out; see replicaProblemOf. */
export function temperaturesOf(text: string): number[] {
  return listed(text)
    .map(Number)
    .filter((value) => value > 0 && Number.isFinite(value));
}

/** Highest temperature of a copy, K, and most copies. */
const [HOTTEST, MOST_REPLICAS] = [1e5, 32];

/** What is wrong with a list of temperatures, in a sentence; '' when nothing is. */
export function replicaProblemOf(text: string): string {
  const parts = listed(text);
  const wrong = parts.find((part) => !(Number(part) > 0 && Number(part) <= HOTTEST));
  if (wrong !== undefined)
    return `“${wrong.slice(0, 30)}” is no temperature: write kelvin above 0, like 350, 410, 480.`;
  if (new Set(parts.map(Number)).size < parts.length) return 'A temperature stands there twice.';
  return parts.length > MOST_REPLICAS ? `At most ${MOST_REPLICAS} temperatures.` : '';
}
