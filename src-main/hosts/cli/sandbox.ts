/**
 * Whether Chromium's sandbox can work on a Linux system. It needs user namespaces that anybody may make, or the helper
 * chrome-sandbox with root's rights; Ubuntu 24.04 allows the first to listed programs only, and an unpacked Electron
 * has not got the second (electron/electron #42510). Without either Electron ends before any of our code runs.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is looked at; the real system by default. */
export interface SystemView {
  /** Text of a file, or undefined where there is none. */
  read(path: string): string | undefined;
  /** Owner and mode of a file, or undefined where there is none. */
  status(path: string): { readonly uid: number; readonly mode: number } | undefined;
  readonly uid: number | undefined;
}

const thisSystem: SystemView = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  status: (path) => statSync(path, { throwIfNoEntry: false }),
  uid: process.getuid?.(),
};

const SET_USER_ID = 0o4000;

/**
 * Why Electron's sandbox cannot work, or undefined where it can.
 * @param folder Electron's own folder
 * @returns a sentence without its full stop, and what to do
 */
export function sandboxProblem(
  folder: string,
  platform: NodeJS.Platform = process.platform,
  system: SystemView = thisSystem,
): { readonly reason: string; readonly remedy: string } | undefined {
  if (platform !== 'linux') return undefined;
  if (system.uid === 0) {
    return {
      reason: "Electron's window does not run as root",
      remedy: 'Start Forcewright as an ordinary user to have it.',
    };
  }
  const helper = join(folder, 'chrome-sandbox');
  const status = system.status(helper);
  if (status?.uid === 0 && (status.mode & SET_USER_ID) !== 0) return undefined;
  const setting = (name: string) => system.read(`/proc/sys/${name}`)?.trim();
  const forbidden =
    setting('kernel/unprivileged_userns_clone') === '0' ||
    setting('user/max_user_namespaces') === '0' ||
    setting('kernel/apparmor_restrict_unprivileged_userns') === '1';
  if (!forbidden) return undefined;
  return {
    reason: "This system does not let Electron's sandbox work",
    remedy: `To have the window: sudo chown root:root "${helper}" && sudo chmod 4755 "${helper}"`,
  };
}
