/** How the palette finds what is called like a text. */
import type { Command } from './commands.ts';

/** Most entries that are shown for a text. */
const MOST_FOUND = 60;

/**
 * How well a text names something: −1 where its letters do not occur in order, otherwise more for letters that begin
 * words or follow each other, and most where the whole text stands there.
 */
export function score(name: string, text: string): number {
  const target = name.toLowerCase();
  const wanted = text.toLowerCase().replace(/\s+/g, '');
  let place = 0;
  let points = 0;
  for (const letter of wanted) {
    const found = target.indexOf(letter, place);
    if (found < 0) return -1;
    points += found === 0 || /[^\p{L}\p{N}]/u.test(target[found - 1]) ? 3 : found === place ? 2 : 0;
    place = found + 1;
  }
  return points + (target.includes(text.toLowerCase().trim()) ? 2 * wanted.length : 0);
}

/** What fits a text, best first; all in their order where nothing is written. */
export function found(list: readonly Command[], text: string): Command[] {
  if (text.trim() === '') return [...list];
  return list
    .map((command) => ({ command, points: score(`${command.title} ${command.group}`, text) }))
    .filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, MOST_FOUND)
    .map(({ command }) => command);
}
