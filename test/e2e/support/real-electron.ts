/** Electron's own program, where there is one, driven by Playwright. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { existsSync } from 'node:fs';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { electronBinary, missingDisplay } from '../../../src-main/hosts/cli/commands/start.ts';
import { sandboxProblem } from '../../../src-main/hosts/cli/sandbox.ts';
import { repositoryRoot } from '../../support/shared.ts';

const binary = electronBinary(
  dirname(createRequire(import.meta.url).resolve('electron/package.json')),
  process.env,
);

/** Why Electron cannot be run here, or ''. */
export const noElectron =
  binary === undefined
    ? "Electron's binary is not here: node node_modules/electron/install.js, or ELECTRON_OVERRIDE_DIST_PATH"
    : (missingDisplay(process.platform, process.env) ?? sandboxProblem(dirname(binary))?.reason ?? '');

/** The desktop program in the real Electron. */
export interface RealProgram {
  readonly application: ElectronApplication;
  readonly page: Page;
  saveNext(path: string): Promise<void>;
}

/** Starts the desktop program. @param home folder for settings and projects */
export async function startElectron(home: string, args: readonly string[] = []): Promise<RealProgram> {
  const application = await _electron.launch({
    executablePath: binary,
    args: [repositoryRoot, ...args],
    env: { ...(process.env as Record<string, string>), FORCEWRIGHT_HOME: join(home, 'home') },
    timeout: 120_000,
  });
  const page = await application.firstWindow();
  return {
    application,
    page,
    async saveNext(path) {
      await application.evaluate(({ session }, target) => {
        session.defaultSession.once('will-download', (_event, item) => item.setSavePath(target));
      }, path);
      while (!existsSync(path)) await later(100);
    },
  };
}
