/**
 * The web host as a process of its own, for tests that attack it. Arguments: a folder for everything, and optionally a
 * project to open. Prints {"url", "port", "token", "pid"} when it listens. Words on stdin: `throw`, `reject`,
 * `md` (starts a long run of the first potential), `resume` (goes on with the newest job), `state` (prints how it is), `count` (prints how many connections and uploads there are).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Workspace } from '../../src-main/api/workspace.ts';
import { guardProcess } from '../../src-main/hosts/last-resort.ts';
import { startWebHost } from '../../src-main/hosts/web/server.ts';

const [folder, project] = process.argv.slice(2);
const rendererFolder = join(folder, 'renderer');
mkdirSync(rendererFolder, { recursive: true });
writeFileSync(join(rendererFolder, 'index.html'), 'hello');
const workspace = new Workspace({
  folder: join(folder, 'settings'),
  projectsFolder: join(folder, 'projects'),
});
guardProcess({ workspace, end: (code) => process.exit(code) });
if (project !== undefined) workspace.openPath(project);
const host = await startWebHost({ workspace, rendererFolder, patience: 2000 });
process.stdout.write(`${JSON.stringify({ port: host.port, token: host.token })}\n`);

const long = {
  name: 'long',
  potentialId: 1,
  structure: { kind: 'lattice', lattice: 'fcc', symbols: ['Ar'], a: 5.3, repeat: [2, 2, 2] },
  every: 100,
  settings: {
    ensemble: 'nvt-langevin',
    temperature: 40,
    timestep: 2,
    steps: 3_000_000,
    seed: 7,
    checkpointEvery: 100,
  },
};
createInterface({ input: process.stdin }).on('line', (word) => {
  if (word === 'throw')
    setTimeout(() => {
      throw new Error('thrown on purpose');
    }, 0);
  if (word === 'reject') void Promise.reject(new Error('rejected on purpose'));
  if (word === 'resume') {
    const { jobs } = workspace.requireOpen();
    jobs.start(jobs.list()[0].id);
  }
  if (word === 'state') {
    const [job] = workspace.requireOpen().jobs.list();
    process.stdout.write(`${job.state}: ${job.error?.message ?? ''}\n`);
  }
  if (word === 'md') workspace.requireOpen().jobs.submit('md', 'long', long);
});
process.stdin.on('end', () => process.exit(0));
