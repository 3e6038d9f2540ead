/** `forcewright serve`: the window in a browser. */
import type { Command } from 'commander';
import { note } from '../output.ts';
import { real, whole } from '../options.ts';

interface ServeOptions {
  readonly port: number;
  readonly project?: string;
  readonly projects?: string;
  readonly idleMinutes: number;
}

export function register(program: Command): void {
  program
    .command('serve')
    .description('Show the window in a browser: prints the address with its token, then runs until Ctrl+C.')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', whole(0, 65535), 0)
    .option('--project <file>', 'project to open (*.fwproj); made when it does not exist')
    .option(
      '--projects <folder>',
      'where projects made in the browser go (default: Forcewright in your home folder)',
    )
    .option(
      '--idle-minutes <n>',
      'end after so many minutes without a page and without a job; 0 never',
      real(0),
      0,
    )
    .option('--json', 'print nothing but the JSON line with the address')
    .addHelpText(
      'after',
      '\nFrom another computer: ssh -L 8080:127.0.0.1:PORT this-machine, then open the address with port 8080.',
    )
    .action(async (options: ServeOptions & { json?: boolean }) => {
      const { runWebHost } = await import('../../web/run-web-host.ts');
      await runWebHost({
        port: options.port,
        project: options.project,
        projectsFolder: options.projects,
        idleMinutes: options.idleMinutes,
        onReady: (url) => {
          process.stdout.write(`${JSON.stringify({ url })}\n`);
          if (!options.json) note('Open this address in a browser on this machine. Ctrl+C ends Forcewright.');
        },
      });
    });
}
