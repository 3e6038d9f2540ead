/** An error that nothing caught ends a command in a sentence, without a stack trace; a running host keeps its guard. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/project.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = temporaryFolder();
const main = commandLine;

/** Runs a command in which something goes wrong as soon as main.ts listens for errors of its streams. */
async function commandWith(fault: string) {
  const module = `const look = () => {
    if (process.stdout.listenerCount('error') === 0) return void setImmediate(look);
    setTimeout(() => process.exit(7), 60_000); // a command that goes on is seen by its exit code
    ${fault}
  };
  setImmediate(look);`;
  const preload = `data:text/javascript,${encodeURIComponent(module)}`;
  const child = spawn(process.execPath, ['--import', preload, main, 'datasets', '--project', 'none.fwproj'], {
    cwd: folder,
    env: { ...process.env, FORCEWRIGHT_DEBUG: '' },
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, errors };
}

describe('errors that nothing caught', () => {
  it.each([
    [
      'thrown in a callback',
      "throw new Error('boom\\nat line 2')",
      /^Error: Something went wrong inside Forcewright\./m,
    ],
    [
      'a rejected promise',
      "void Promise.reject(new Error('boom'))",
      /^Error: Something went wrong inside Forcewright\./m,
    ],
    [
      'of the system',
      "throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', path: '/data/t.xyz' })",
      /^Error: The disk is full: \/data\/t\.xyz could not be written\. Make room/m,
    ],
    ['no error at all', "throw 'boom'", /^Error: Something went wrong inside Forcewright\./m],
  ])('%s', async (_name, fault, sentence) => {
    const { code, errors } = await commandWith(fault);
    expect(code).toBe(1);
    expect(errors).toMatch(sentence);
    expect(errors).not.toMatch(/^\s+at |node:internal|Node\.js v/m);
  });
});
