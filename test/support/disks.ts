/** Real disks for tests: small ones that become full, and ones that are read-only. Mounting needs root (or a container's). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const mount = (...args: string[]) => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
const unmount = (folder: string) => spawnSync('umount', ['-l', folder], { stdio: 'ignore' });

// here, and not where a disk is made: that may be in a hook, in which no other can be registered
const disks: string[] = [];
afterAll(() => {
  for (const folder of disks) {
    unmount(folder);
    rmSync(folder, { recursive: true, force: true });
  }
});

let permitted: boolean | undefined;

/** Whether disks can be made here; says so when they cannot. Use as `describe.skipIf(!canMount())`. */
export function canMount(): boolean {
  if (permitted === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'forcewright-mount-'));
    permitted = process.platform === 'linux' && mount('-t', 'tmpfs', '-o', 'size=64k', 'none', folder);
    if (permitted) unmount(folder);
    else
      console.warn('skipped: this user may not mount a disk, so no real disk can be full or read-only here.');
    rmSync(folder, { recursive: true, force: true });
  }
  return permitted;
}

/**
 * A disk in memory that is gone after the tests of the file.
 * @param size as tmpfs takes it: '300k', '2m'
 */
export function smallDisk(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-disk-'));
  if (!mount('-t', 'tmpfs', '-o', `size=${size}`, 'none', folder))
    throw new Error('no disk could be mounted');
  disks.push(folder);
  return folder;
}

/** From here on nothing can be written to a disk, not even by root. */
export function makeReadOnly(disk: string): void {
  if (!mount('-o', 'remount,ro', disk)) throw new Error('the disk could not be made read-only');
}
