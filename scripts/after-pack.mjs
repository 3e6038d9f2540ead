/** electron-builder's hook: on Linux the program is started by resources/linux/launcher.sh, which takes its name. */
import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = join(dirname(fileURLToPath(import.meta.url)), '..', 'resources', 'linux', 'launcher.sh');

/** @param {{ electronPlatformName: string, appOutDir: string }} context what electron-builder tells */
export default function afterPack({ electronPlatformName, appOutDir }) {
  if (electronPlatformName !== 'linux') return;
  const program = join(appOutDir, 'forcewright');
  renameSync(program, join(appOutDir, 'forcewright-window'));
  copyFileSync(launcher, program);
  chmodSync(program, 0o755);
}
