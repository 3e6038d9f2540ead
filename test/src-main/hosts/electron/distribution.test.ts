/** What the packages of the desktop program are made with: fuses, associations, icons, notices, the Linux launcher. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import config from '../../../../electron-builder.config.js';
import afterPack from '../../../../scripts/after-pack.mjs';
import { ICNS_TYPES, ICO_SIZES } from '../../../../scripts/icons.mjs';
import { NOTICES, notices } from '../../../../scripts/notices.mjs';
import { repositoryRoot } from '../../../support/shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-distribution-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packaging configuration', () => {
  it('shuts every way to run the program as a Node for others', () => {
    expect(config.electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      grantFileProtocolExtraPrivileges: false,
    });
    // nothing in the program may need what was shut
    const main = readFileSync(join(repositoryRoot, 'src-main', 'services', 'jobs', 'worker-job.ts'), 'utf8');
    expect(main).toContain("from 'node:worker_threads'");
  });

  it('gives project files to the program on all three systems', () => {
    const [association] = config.fileAssociations;
    expect(association).toMatchObject({ ext: 'fwproj', mimeType: 'application/x-forcewright-project' });
    expect(config.nsis.perMachine).toBe(true);
  });
});

describe('icons', () => {
  /** Edge of a PNG picture, whose header must be there. */
  const edge = (picture: Buffer) => {
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.readUInt32BE(16)).toBe(picture.readUInt32BE(20));
    return picture.readUInt32BE(16);
  };
  const read = (name: string) => readFileSync(join(repositoryRoot, 'resources', 'icons', name));

  it('of Windows hold every size', () => {
    const file = read('icon.ico');
    expect([file.readUInt16LE(0), file.readUInt16LE(2)]).toEqual([0, 1]);
    const sizes = Array.from({ length: file.readUInt16LE(4) }, (_, k) => {
      const at = 6 + 16 * k;
      const [length, offset] = [file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)];
      expect(file.readUInt8(at) || 256).toBe(edge(file.subarray(offset, offset + length)));
      return file.readUInt8(at) || 256;
    });
    expect(sizes).toEqual(ICO_SIZES);
  });

  it('of macOS hold every type, and their lengths add up', () => {
    const file = read('icon.icns');
    expect(file.subarray(0, 4).toString()).toBe('icns');
    expect(file.readUInt32BE(4)).toBe(file.length);
    const found: Record<string, number> = {};
    for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
      found[file.subarray(at, at + 4).toString()] = edge(file.subarray(at + 8));
    }
    expect(found).toEqual(ICNS_TYPES);
  });
});

describe('third-party notices', () => {
  it('are those of the lock file (else: node scripts/notices.mjs)', () => {
    expect(readFileSync(NOTICES, 'utf8') === notices()).toBe(true);
    for (const name of [
      'better-sqlite3',
      'vue ',
      'echarts',
      '@babylonjs/core',
      'SIL OPEN FONT LICENSE',
      'Chromium',
    ])
      expect(notices()).toContain(name);
  });
});

describe.skipIf(process.platform !== 'linux')('the launcher on Linux', () => {
  const packed = join(folder, 'with space');
  const settings = join(folder, 'sys');
  mkdirSync(packed);
  writeFileSync(join(packed, 'forcewright'), '#!/bin/sh\nprintf "%s|" "$@"\n');
  chmodSync(join(packed, 'forcewright'), 0o755);
  afterPack({ electronPlatformName: 'linux', appOutDir: packed });

  const launch = (values: Record<string, string>, ...args: string[]) => {
    rmSync(settings, { recursive: true, force: true });
    for (const [name, value] of Object.entries(values)) {
      mkdirSync(join(settings, name, '..'), { recursive: true });
      writeFileSync(join(settings, name), `${value}\n`);
    }
    return spawnSync(join(packed, 'forcewright'), args, {
      encoding: 'utf8',
      // no box on a display that there may be
      env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', FORCEWRIGHT_PROC_SYS: settings },
    });
  };

  it('starts the program with its arguments where the sandbox can work', () => {
    const { status, stdout } = launch({ 'user/max_user_namespaces': '63000' }, 'my project.fwproj', '--flag');
    expect([status, stdout]).toEqual([0, 'my project.fwproj|--flag|']);
  });

  it('says what to do where it cannot, and starts what is asked to do without', () => {
    for (const values of [
      { 'kernel/apparmor_restrict_unprivileged_userns': '1' },
      { 'kernel/unprivileged_userns_clone': '0' },
      { 'user/max_user_namespaces': '0' },
    ] as Record<string, string>[]) {
      const { status, stdout, stderr } = launch(values);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/does not let the sandbox .* work\. Install the \.deb/);
      expect(launch(values, '--no-sandbox').stdout).toBe('--no-sandbox|');
    }
  });

  it('leaves other systems as they are', () => {
    const other = join(folder, 'mac');
    mkdirSync(other);
    copyFileSync(join(packed, 'forcewright'), join(other, 'forcewright'));
    afterPack({ electronPlatformName: 'darwin', appOutDir: other });
    expect(existsSync(join(other, 'forcewright-window'))).toBe(false);
  });
});
