/** Where the window opens: Electron with its binary and a display, else the browser. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { electronBinary, missingDisplay } from '../../../../src-main/hosts/cli/commands/start.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-start-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('start', () => {
  it('needs a display on Linux, of either kind, and nowhere else', () => {
    expect(missingDisplay('linux', {})).toMatch(/no display/);
    expect(missingDisplay('linux', { DISPLAY: ':0' })).toBeUndefined();
    expect(missingDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBeUndefined();
    expect(missingDisplay('darwin', {})).toBeUndefined();
    expect(missingDisplay('win32', {})).toBeUndefined();
  });

  it('finds the binary that was fetched, or one that is pointed at, or none', () => {
    mkdirSync(join(folder, 'dist'), { recursive: true });
    expect(electronBinary(folder, {})).toBeUndefined();
    writeFileSync(join(folder, 'path.txt'), 'electron');
    expect(electronBinary(folder, {})).toBeUndefined();
    writeFileSync(join(folder, 'dist', 'electron'), '');
    expect(electronBinary(folder, {})).toBe(join(folder, 'dist', 'electron'));
    expect(
      electronBinary(folder, { ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'elsewhere') }),
    ).toBeUndefined();
  });
});
