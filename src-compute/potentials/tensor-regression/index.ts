/** Tensor-regression potentials: descriptors, heads, model, JSON schema, plain evaluation. */
export * from './descriptors.ts';
export * from './heads.ts';
export * from './layout.ts';
export * from './model.ts';
export * from './radial.ts';
export * from './reference.ts';
export * from './schema.ts';
