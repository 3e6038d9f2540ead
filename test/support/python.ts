/** Debian's Python with ASE, where it is installed: missing is a failure under CI and a stated skip elsewhere. */
import { spawnSync } from 'node:child_process';

/** The interpreter whose packages apt installs; another one on the PATH may know nothing of them. */
export const PYTHON = process.env.FORCEWRIGHT_TEST_PYTHON ?? '/usr/bin/python3';

/** Whether ASE can be imported. @throws Error under CI when it cannot */
export function requireAse(): boolean {
  const found = spawnSync(PYTHON, ['-c', 'import ase, numpy']).status === 0;
  const install = 'apt-get install -y python3-ase';
  if (!found && process.env.CI) throw new Error(`CI needs ASE: ${install}`);
  if (!found) console.warn(`skipped: ${PYTHON} has no ASE. Install it with: ${install}`);
  return found;
}
