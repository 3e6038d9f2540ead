/**
 * How the program ends. Electron does not await what listens to `before-quit` or `will-quit`: the first is stopped,
 * jobs come to rest, the project is closed, and only then the program quits for good.
 */
import { app, BrowserWindow, dialog, type BrowserWindow as Window } from 'electron';
import type { Workspace } from '../../api/workspace.ts';

/** What the user wants of jobs that run while the last window closes or the program quits. */
export type RunningJobsChoice = 'background' | 'stop' | 'stay';

/** Jobs that do not come to rest in this time are cut off; what they saved is kept, s. */
const REST_LIMIT = 30;

/** Asks with a box of the system. */
export async function askAboutJobs(titles: readonly string[], window?: Window): Promise<RunningJobsChoice> {
  const options = {
    type: 'question' as const,
    message:
      titles.length === 1 ? `“${titles[0]}” is still running.` : `${titles.length} jobs are still running.`,
    detail:
      'Stopped jobs keep what they saved last and can be resumed. Without a window they go on until they are done, ' +
      'and Forcewright ends then.',
    buttons: ['Stop and quit', 'Go on without a window', 'Cancel'],
    defaultId: 2,
    cancelId: 2,
    noLink: true,
  };
  const { response } =
    window === undefined
      ? await dialog.showMessageBox(options)
      : await dialog.showMessageBox(window, options);
  return (['stop', 'background', 'stay'] as const)[response] ?? 'stay';
}

let state: 'running' | 'asking' | 'ending' | 'ended' = 'running';
let watched = false;
let inBrowser = false;

/** Whether the program is on its way out, so that closing windows ask nothing. */
export function isQuitting(): boolean {
  return state === 'ending' || state === 'ended';
}

async function end(workspace: Workspace): Promise<void> {
  state = 'ending';
  try {
    await workspace.rest(REST_LIMIT);
    await workspace.dispose();
  } catch (error) {
    process.stderr.write(`The project did not close well: ${String(error)}\n`);
  }
  state = 'ended';
  app.quit();
}

/** What to do about running jobs; one question at a time. In a browser there is no window to ask in. */
async function decide(workspace: Workspace, window: Window | undefined): Promise<RunningJobsChoice> {
  const jobs = workspace.ownJobs();
  if (jobs.length === 0 || inBrowser) return 'stop';
  state = 'asking';
  try {
    return await askAboutJobs(
      jobs.map(({ title }) => title),
      window,
    );
  } finally {
    state = 'running';
  }
}

async function askAndEnd(workspace: Workspace, windows: readonly Window[]): Promise<void> {
  const choice = await decide(workspace, windows.at(0));
  if (choice === 'stop') await end(workspace);
  else if (choice === 'background') for (const window of windows) window.destroy();
}

/** Asks before a window closes while jobs run. On macOS programs go on without windows anyway. */
export function askBeforeClosing(window: Window, workspace: Workspace): void {
  window.on('close', (event) => {
    if (isQuitting() || process.platform === 'darwin' || workspace.ownJobs().length === 0) return;
    event.preventDefault();
    if (state === 'running') void askAndEnd(workspace, [window]);
  });
}

/**
 * Asks before the program quits and lets jobs and project come to rest first; ends the program when there is neither a
 * window nor a job of its own, however the last job ended.
 * @param browser a browser looks at the workspace, so that no window need be there
 */
export function endWell(workspace: Workspace, { browser = false } = {}): void {
  inBrowser ||= browser;
  if (watched) return;
  watched = true;
  app.on('before-quit', (event) => {
    if (state === 'ended') return;
    event.preventDefault();
    if (state === 'running') void askAndEnd(workspace, BrowserWindow.getAllWindows());
  });
  const look = () => {
    const needed = inBrowser || process.platform === 'darwin' || BrowserWindow.getAllWindows().length > 0;
    if (!needed && state === 'running') app.quit();
  };
  app.on('window-all-closed', () => void workspace.whenIdle().then(look));
}
