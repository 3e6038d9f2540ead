/** Pages of the user guide, in their order. Their texts are docs/guide/NAME.md, brought along by the build. */
export const GUIDE = [
  { name: 'start', title: 'What to do where' },
  { name: 'silicon', title: 'Silicon in ten minutes' },
  { name: 'your-vasp-runs', title: 'Your own VASP runs' },
  { name: 'two-elements', title: 'A system of two elements' },
  { name: 'glossary', title: 'Glossary' },
] as const;

export type GuideName = (typeof GUIDE)[number]['name'];
