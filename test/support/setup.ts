/**
 * Property-based tests draw the same cases at every run, so that a failure is the change's own; FAST_CHECK_SEED=n
 * looks at others, which is worth doing now and then.
 *
 * Programs that tests start, and the key that seals jobs, use a folder of the tests' own, not that of who runs them.
 */
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import fc from 'fast-check';

process.env.FORCEWRIGHT_HOME ??= join(tmpdir(), `forcewright-test-home-${process.getuid?.() ?? 0}`);

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261120) });
