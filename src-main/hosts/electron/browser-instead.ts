/** Where no window comes, the same program serves a browser on this machine, and says so. */
import { app, dialog, shell } from 'electron';
import { rendererFolder } from '../../api/folders.ts';
import { reportStart } from '../start-report.ts';
import { startWebHost } from '../web/server.ts';
import { ownWorkspace } from './own-workspace.ts';
import { endWell } from './quitting.ts';

/** Without a page and without a job the program ends after so many minutes: there is no window to close. */
const IDLE_MINUTES = 10;

/**
 * Opens the browser in place of the window.
 * @param reason why, without a full stop
 */
export async function openBrowserInstead(reason: string): Promise<void> {
  const workspace = ownWorkspace();
  try {
    const host = await startWebHost({
      workspace,
      rendererFolder: rendererFolder(),
      idleMinutes: IDLE_MINUTES,
      onIdle: () => app.quit(),
    });
    endWell(workspace, { browser: true });
    process.stdout.write(`${JSON.stringify({ url: host.url })}\n`);
    process.stderr.write(
      `${reason}: Forcewright opens in the browser instead, at ${host.url}\n` +
        `It ends ${IDLE_MINUTES} minutes after its page was closed, or with Ctrl+C.\n`,
    );
    reportStart('browser');
    await shell.openExternal(host.url);
  } catch (error) {
    // neither a window nor a browser: the last means is a box of the system
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${reason}, and no browser either: ${why}\n`);
    dialog.showErrorBox('Forcewright cannot open a window', `${reason}. ${why}`);
  }
}
