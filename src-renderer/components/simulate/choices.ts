/** Choices that several parts of the simulation form offer. */

/** How a cell may change at constant pressure. */
export const CELL_MOTIONS = [
  { title: 'Same shape', value: 'isotropic' },
  { title: 'Each axis', value: 'orthorhombic' },
  { title: 'Any shape', value: 'full' },
];
