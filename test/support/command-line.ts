/**
 * The command line for tests that run whole commands: the built one under `npm test`, which builds first and says so, and
 * else the one of the sources, so that a test that is run by itself never sees an old build. Reading TypeScript costs Node
 * 1.2 s of processor time at every start, and the tests start some hundreds.
 */
import { join } from 'node:path';
import { repositoryRoot } from './shared.ts';

export const commandLine =
  process.env.FORCEWRIGHT_BUILT === 'now'
    ? join(repositoryRoot, 'out', 'main', 'cli.js')
    : join(repositoryRoot, 'src-main', 'hosts', 'cli', 'main.ts');
