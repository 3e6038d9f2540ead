/** The viewer's keys, in one place for the handler and for the list that is shown to the user. */

export type ViewerCommand =
  | { readonly kind: 'rotate'; readonly dx: number; readonly dy: number }
  | { readonly kind: 'pan'; readonly dx: number; readonly dy: number }
  | { readonly kind: 'roll'; readonly degrees: number }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'preset'; readonly preset: 'a' | 'b' | 'c' | 'perspective' }
  | { readonly kind: 'fit' | 'projection' | 'clear' | 'play' | 'all' | 'maximise' }
  | { readonly kind: 'step'; readonly by: number };

/** What the keys do, for the help text. */
export const VIEWER_KEYS: readonly (readonly [string, string])[] = [
  ['Arrow keys', 'turn by 5° (with Shift by 45°)'],
  ['Alt + arrow keys', 'move'],
  ['[ and ]', 'roll'],
  ['+ and −', 'zoom'],
  ['A, B, C', 'look along a lattice vector'],
  ['V', 'three-quarter view'],
  ['F or Home', 'show everything'],
  ['O', 'perspective or parallel'],
  ['Space', 'play or pause'],
  [', and .', 'previous and next frame'],
  ['M', 'let the structure fill the window, and back'],
  ['Ctrl + A', 'select all atoms'],
  ['Esc', 'back from the whole window; clear measurement and selection'],
];

/** Degrees to the drag in half turns that StructureView.rotate takes: 180 is half a turn. */
const STEP = 5;

/** What of a keyboard event matters here. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** Command of a key press, or undefined when the key means nothing here. */
export function viewerCommand(event: KeyPress): ViewerCommand | undefined {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') return { kind: 'all' };
  if (event.ctrlKey || event.metaKey) return undefined;
  const arrow = ARROWS[event.key];
  if (arrow) {
    const size = event.altKey ? 24 : event.shiftKey ? 45 : STEP;
    return { kind: event.altKey ? 'pan' : 'rotate', dx: arrow[0] * size, dy: arrow[1] * size };
  }
  return event.altKey ? undefined : COMMANDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const COMMANDS: Record<string, ViewerCommand> = {
  '[': { kind: 'roll', degrees: 5 },
  ']': { kind: 'roll', degrees: -5 },
  '+': { kind: 'zoom', factor: 1.15 },
  '=': { kind: 'zoom', factor: 1.15 },
  '-': { kind: 'zoom', factor: 1 / 1.15 },
  a: { kind: 'preset', preset: 'a' },
  b: { kind: 'preset', preset: 'b' },
  c: { kind: 'preset', preset: 'c' },
  v: { kind: 'preset', preset: 'perspective' },
  f: { kind: 'fit' },
  Home: { kind: 'fit' },
  o: { kind: 'projection' },
  m: { kind: 'maximise' },
  ' ': { kind: 'play' },
  ',': { kind: 'step', by: -1 },
  '.': { kind: 'step', by: 1 },
  Escape: { kind: 'clear' },
};
