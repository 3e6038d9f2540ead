/** Stillinger–Weber potentials: model, JSON schema, LAMMPS text form, plain evaluation. */
export * from './model.ts';
export * from './reference.ts';
