/**
 * What keeps a number from being the answer, in one vocabulary for the command line, the window and reports. A caveat is
 * said where the number is, under the same title everywhere.
 */

export const CAVEATS = {
  outside: {
    title: 'Outside the data',
    meaning:
      'The potential was asked for something that its training data do not hold: it extrapolates there.',
  },
  changed: {
    title: 'Test set changed',
    meaning: 'The configurations that these errors were measured on are not those of now.',
  },
  unconverged: {
    title: 'Not converged',
    meaning: 'The calculation ended before its result stood still.',
  },
  checking: { title: 'Still checking', meaning: 'This is being looked at; the answer is not known yet.' },
  assumed: {
    title: 'Assumed',
    meaning: 'Nobody said what this should be: the program chose it.',
  },
  implausible: {
    title: 'Implausible',
    meaning: 'The value is outside of what is known of real materials.',
  },
} as const satisfies Record<string, { readonly title: string; readonly meaning: string }>;

export type CaveatKind = keyof typeof CAVEATS;

export interface Caveat {
  readonly kind: CaveatKind;
  /** One sentence or two, with a full stop. */
  readonly text: string;
}

export const CAVEAT_KINDS = Object.keys(CAVEATS) as [CaveatKind, ...CaveatKind[]];

/** A caveat in plain text: 'Outside the data: two atoms …'. */
export function caveatSentence({ kind, text }: Caveat): string {
  return `${CAVEATS[kind].title}: ${text}`;
}

/** Each caveat once, those of one kind together, in the order of the vocabulary. */
export function sortedCaveats(caveats: readonly Caveat[]): Caveat[] {
  const unique = new Map(caveats.map((caveat) => [caveatSentence(caveat), caveat]));
  return [...unique.values()].sort((a, b) => CAVEAT_KINDS.indexOf(a.kind) - CAVEAT_KINDS.indexOf(b.kind));
}
