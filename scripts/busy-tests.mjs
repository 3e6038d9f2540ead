#!/usr/bin/env node
/**
 * Runs tests again and again on a machine that is busy: a loop without end on every core beside them. What a test finds
 * must not depend on how quick the machine is, so all rounds have to be green.
 *
 *   npm run test:busy -- [--rounds n] [--loops n] [files and folders, as for npm test; test/e2e otherwise]
 *
 * `--rounds` (10) is how often, `--loops` (one per core) how many loops turn beside the tests; `--all` takes every test.
 */
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '10' },
    loops: { type: 'string', default: String(availableParallelism()) },
    all: { type: 'boolean', default: false },
  },
});
const [rounds, loops] = [Number(values.rounds), Number(values.loops)];
if (!(rounds >= 1 && loops >= 0)) {
  console.error('--rounds is a whole number from 1, --loops one from 0.');
  process.exit(2);
}
const chosen = positionals.length > 0 ? positionals : values.all ? ['test'] : ['test/e2e'];

const busy = Array.from({ length: loops }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
const stop = () => busy.forEach((child) => child.kill('SIGKILL'));
process.on('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

let green = 0;
for (let round = 1; round <= rounds; round++) {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'run.mjs'), 'test', ...chosen], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0) green++;
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  console.log(
    `Round ${round} of ${rounds}, ${loops} busy loops: ${status === 0 ? 'green' : 'RED'}, ${minutes} min.`,
  );
}
stop(); // the loops would keep this program, and the machine busy, for ever
console.log(`${green} of ${rounds} rounds green.`);
process.exitCode = green === rounds ? 0 : 1;
