/** Where the program keeps what belongs to the user and this machine, and to no project. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Settings of the program itself: recent projects, the key of job-seal.ts. */
export function applicationFolder(): string {
  const { env } = process;
  if (env.FORCEWRIGHT_HOME) return env.FORCEWRIGHT_HOME;
  if (process.platform === 'win32')
    return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Forcewright');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Forcewright');
  return join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'forcewright');
}
