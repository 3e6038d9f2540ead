/** Embedded-atom potentials: model, JSON schema, LAMMPS' files, plain evaluation. */
export * from './files.ts';
export * from './model.ts';
export * from './reference.ts';
