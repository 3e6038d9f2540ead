/** The journey of electron.test.ts in Electron itself, wherever its binary is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { desktopJourney } from './support/desktop-journey.ts';
import { noElectron, startElectron } from './support/real-electron.ts';

vi.setConfig({ testTimeout: 400_000 });
const home = mkdtempSync(join(tmpdir(), 'forcewright-electron-'));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

describe.skipIf(noElectron !== '')(
  `the desktop program in Electron${noElectron && ` (${noElectron})`}`,
  () => {
    it('does the whole job, isolated and with shared memory', async () => {
      const { application, page, saveNext } = await startElectron(home);
      page.setDefaultTimeout(180_000);
      expect(await page.evaluate('[crossOriginIsolated, isSecureContext, typeof require]')).toEqual([
        true,
        true,
        'undefined',
      ]);
      await desktopJourney({ page, folder: home, saveNext });
      await application.close();
    });
  },
);
