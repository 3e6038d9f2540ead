/**
 * Entry of the desktop program. Nothing in it or in what it imports may await at top level: Electron emits `ready` only
 * after this module has been evaluated, so that an await of whenReady() here would wait for ever (electron/electron
 * #40719, #41369). What must come before `ready` is here; the rest is in desktop.ts, loaded once Electron is ready.
 */
import { app, protocol } from 'electron';
import { join } from 'node:path';
import { reportStart } from '../start-report.ts';
import { SCHEME_PRIVILEGES } from './channels.ts';
import { Arrivals, projectInArguments } from './opened-files.ts';
import { StartWatch } from './start-watch.ts';

protocol.registerSchemesAsPrivileged([SCHEME_PRIVILEGES]);
app.enableSandbox();
// groups windows and lets notifications through on Windows; the same name as in electron-builder.config.js
app.setAppUserModelId('org.forcewright.workbench');
// a home of one's own keeps Chromium's files as well, and is a program of its own
const home = process.env.FORCEWRIGHT_HOME;
if (home) app.setPath('userData', join(home, 'window'));

const arrivals = new Arrivals();
// macOS tells of a double click before `ready`
app.on('open-file', (event, path) => {
  event.preventDefault();
  arrivals.add(path);
});
const project = projectInArguments(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd());

if (app.requestSingleInstanceLock({ project: project ?? null })) {
  if (project !== undefined) arrivals.add(project);
  const start = new StartWatch((reason) => {
    void import('./browser-instead.ts').then(({ openBrowserInstead }) => openBrowserInstead(reason));
  });
  app
    .whenReady()
    .then(() => import('./desktop.ts'))
    .then(({ openDesktop }) => openDesktop(start, arrivals))
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      start.failed('The window could not be opened');
    });
} else {
  reportStart('handed over');
  app.quit();
}
