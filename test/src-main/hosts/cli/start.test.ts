/** Where the window opens: Electron with its binary and a display, else the browser. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { electronBinary, missingDisplay, runDesktop } from '../../../../src-main/hosts/cli/commands/start.ts';
import { sandboxProblem, type SystemView } from '../../../../src-main/hosts/cli/sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

  /** A program in Electron's place. */
  const run = (script: string, limit = 60) => runDesktop(process.execPath, ['-e', script], limit);
  const report = "require('node:fs').writeFileSync(process.env.FORCEWRIGHT_START_REPORT, 'window');";

  it('is content with a window, whatever comes later, and with a start that was handed over', async () => {
    expect(await run(`${report} process.exit(3)`)).toBeUndefined();
    expect(await run('process.exit(0)')).toBeUndefined();
  });

  it('says why there was no window: an error, a signal, silence', async () => {
    expect(await run('process.exit(3)')).toBe('Electron ended with code 3 before its window opened');
    expect(await run("process.kill(process.pid, 'SIGTRAP')")).toMatch(/the signal SIGTRAP/);
    // as a main module that awaits `ready` at its top level does
    expect(await run('setInterval(() => 0, 1000)', 0.5)).toBe(
      'Electron did not open a window within 0.5 seconds',
    );
    expect(await runDesktop(join(folder, 'no such program'), [], 60)).toBe('Electron could not be started');
  });
});

describe("Electron's sandbox on Linux", () => {
  const system = (settings: Record<string, string>, more: Partial<SystemView> = {}): SystemView => ({
    read: (path) => settings[path.replace('/proc/sys/', '')],
    status: () => undefined,
    uid: 1000,
    ...more,
  });
  const ubuntu = { 'kernel/apparmor_restrict_unprivileged_userns': '1\n' };

  it('works with user namespaces, or with the helper that root owns', () => {
    expect(sandboxProblem('/opt/e', 'linux', system({}))).toBeUndefined();
    const open = {
      'kernel/unprivileged_userns_clone': '1\n',
      'user/max_user_namespaces': '63000\n',
      'kernel/apparmor_restrict_unprivileged_userns': '0\n',
    };
    expect(sandboxProblem('/opt/e', 'linux', system(open))).toBeUndefined();
    const helper = { status: () => ({ uid: 0, mode: 0o104755 }) };
    expect(sandboxProblem('/opt/e', 'linux', system(ubuntu, helper))).toBeUndefined();
    expect(sandboxProblem('/opt/e', 'darwin', system(ubuntu))).toBeUndefined();
  });

  it('is missed in a sentence that says what to do', () => {
    const forbidding: Record<string, string>[] = [
      ubuntu,
      { 'kernel/unprivileged_userns_clone': '0\n' },
      { 'user/max_user_namespaces': '0\n' },
    ];
    for (const settings of forbidding) {
      const problem = sandboxProblem('/opt/with space', 'linux', system(settings));
      expect(problem?.reason).toBe("This system does not let Electron's sandbox work");
      expect(problem?.remedy).toContain('sudo chmod 4755 "/opt/with space/chrome-sandbox"');
    }
    const ours = { status: () => ({ uid: 1000, mode: 0o104755 }) };
    expect(sandboxProblem('/opt/e', 'linux', system(ubuntu, ours))).toBeDefined();
    expect(sandboxProblem('/opt/e', 'linux', system({}, { uid: 0 }))?.reason).toMatch(/root/);
  });
});
