/**
 * Property-based tests draw the same cases at every run, so that a failure is the change's own; FAST_CHECK_SEED=n
 * looks at others, which is worth doing now and then.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261120) });
