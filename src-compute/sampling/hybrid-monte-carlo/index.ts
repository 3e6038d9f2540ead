/** Hybrid (Hamiltonian) Monte Carlo. docs/physics.md §4. */
export * from './settings.ts';
export * from './metric.ts';
export * from './chain.ts';
export * from './diagnostics.ts';
export * from './checks.ts';
export * from './replica-exchange.ts';
