/** Where the handles between parts of pages were left; kept in this browser. */
const KEY = 'forcewright-panes';

function all(): Record<string, number> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0 && entry[1] < 1,
      ),
    );
  } catch {
    return {};
  }
}

/** Share of the first part as it was left; undefined where it never was moved. */
export function readPane(name: string): number | undefined {
  const panes = all();
  return Object.hasOwn(panes, name) ? panes[name] : undefined;
}

export function writePane(name: string, share: number): void {
  localStorage.setItem(KEY, JSON.stringify({ ...all(), [name]: share }));
}

/** A share between its least and its most. */
export function within(share: number, [least, most]: readonly [number, number]): number {
  return Math.min(most, Math.max(least, share));
}

/** Share after a key on the handle; undefined for keys that do not move it. */
export function splitAfterKey(
  key: string,
  share: number,
  [least, most]: readonly [number, number],
): number | undefined {
  if (key === 'ArrowLeft') return within(share - 0.04, [least, most]);
  if (key === 'ArrowRight') return within(share + 0.04, [least, most]);
  if (key === 'Home') return least;
  if (key === 'End') return most;
  return undefined;
}
