/** Runs the web host until a signal, or until nobody has used it for a while. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { applicationFolder, rendererFolder } from '../../api/folders.ts';
import { Workspace } from '../../api/workspace.ts';
import { guardProcess } from '../last-resort.ts';
import { startWebHost } from './server.ts';

export interface WebHostRun {
  readonly port: number;
  /** Project to open; made when there is none. */
  readonly project?: string;
  readonly projectsFolder?: string;
  /** 0 never. */
  readonly idleMinutes: number;
  /** Called once the host listens. */
  readonly onReady: (url: string) => void;
}

/** @returns when the host has ended */
export async function runWebHost(run: WebHostRun): Promise<void> {
  const workspace = new Workspace({ folder: applicationFolder(), projectsFolder: run.projectsFolder });
  guardProcess({ workspace, end: (code) => process.exit(code) });
  try {
    if (run.project !== undefined) workspace.openPath(resolve(run.project), !existsSync(run.project));
    await new Promise<void>((ended, failed) => {
      // until the host listens a signal ends the program as usual
      const stop = () => ended();
      startWebHost({
        workspace,
        rendererFolder: rendererFolder(),
        port: run.port,
        idleMinutes: run.idleMinutes,
        onIdle: stop,
      }).then((host) => {
        process.once('SIGINT', stop);
        process.once('SIGTERM', stop);
        // the terminal was closed
        process.once('SIGHUP', stop);
        run.onReady(host.url);
      }, failed);
    });
  } finally {
    await workspace.dispose();
  }
  // jobs' threads and sockets are closed or belong to what was disposed: nothing is left to wait for
  process.exit(0);
}
