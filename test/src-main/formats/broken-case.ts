/** A broken file: a good sample changed, and the sentence that the user gets. */

/** What is done to the good file, the sentence, and optionally frame and line. */
export type Case = readonly [
  what: string,
  change: (good: string) => string,
  sentence: RegExp,
  frame?: number,
  line?: number,
];

export const replace = (from: string | RegExp, to: string) => (good: string) => {
  const changed = good.replace(from, to);
  if (changed === good) throw new Error(`The sample has no ${String(from)}.`);
  return changed;
};
export const upTo = (mark: string) => (good: string) => {
  const at = good.lastIndexOf(mark);
  if (at < 0) throw new Error(`The sample has no ${mark}.`);
  return good.slice(0, at);
};
