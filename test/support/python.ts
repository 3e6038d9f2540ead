/** Debian's Python with packages of its own, where they are installed: missing is a failure under CI and a stated skip elsewhere. */
import { spawnSync } from 'node:child_process';

/** The interpreter whose packages apt installs; another one on the PATH may know nothing of them. */
export const PYTHON = process.env.FORCEWRIGHT_TEST_PYTHON ?? '/usr/bin/python3';

/**
 * Whether Python has a module.
 * @param install the line that installs it
 * @throws Error under CI when it is missing
 */
export function requirePython(module: string, install: string): boolean {
  const found = spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0;
  if (!found && process.env.CI) throw new Error(`CI needs the Python module ${module}: ${install}`);
  if (!found) console.warn(`skipped: ${PYTHON} has no ${module}. Install it with: ${install}`);
  return found;
}

/** Whether ASE can be imported. @throws Error under CI when it cannot */
export const requireAse = (): boolean => requirePython('ase', 'apt-get install -y python3-ase');
