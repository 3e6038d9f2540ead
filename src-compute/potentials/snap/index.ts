/** Spectral neighbour analysis potentials: model, JSON schema, LAMMPS' files, plain evaluation. */
export * from './files.ts';
export * from './model.ts';
export * from './reference.ts';
