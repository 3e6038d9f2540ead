/** Atomic cluster expansion: model, JSON schema, `.yace` files, plain evaluation. */
export * from './model.ts';
export * from './reference.ts';
export * from './yace.ts';
export * from './yace-writer.ts';
