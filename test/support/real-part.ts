/** Real programs that tests run: missing is a failure under CI and a stated skip elsewhere. */
import { spawnSync } from 'node:child_process';

/**
 * Whether a program is on the PATH.
 * @param program name of the executable
 * @param install the line that installs it, shown when it is missing
 * @throws Error under CI when it is missing
 */
export function requireProgram(program: string, install: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!found && process.env.CI) throw new Error(`CI needs ${program}: ${install}`);
  if (!found) console.warn(`skipped: ${program} is not installed. Install it with: ${install}`);
  return found;
}
