/**
 * Entry of the command line. Exit codes: 0 done, 1 failed (one clear sentence), 2 bad usage. DESIGN.md, "Command line".
 */
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/index.ts';
import { fileError } from '../../platform/file-error.ts';
import { printError } from './output.ts';
import { requireWritableOutputs } from './output-check.ts';

import { VERSION } from '../../services/program.ts';

async function main(args: readonly string[]): Promise<number> {
  const program = new Command('forcewright')
    .description('From first-principles data to an interatomic potential, and on to simulations with it.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(--help shows what is expected)')
    .addHelpText(
      'after',
      '\nUnits: Å, eV, eV/Å, amu, K, fs; the virial is −∂E/∂strain in eV. With --json a command prints one JSON object.',
    );
  const named = args.find((arg) => !arg.startsWith('-'));
  const wanted = named !== undefined && Object.hasOwn(COMMANDS, named) ? [named] : Object.keys(COMMANDS);
  for (const name of wanted) (await COMMANDS[name]()).register(program);
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError('(--help shows what is expected)');
  program.hook('preAction', (_program, command) => requireWritableOutputs(command));
  try {
    await program.parseAsync(args as string[], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    printError(error);
    return 1;
  }
}

/**
 * An error that nothing caught, as one of a stream or a timer: the state of the command is unknown, so it ends, in a
 * sentence as every failure does. A host that the command started has a guard of its own (hosts/last-resort.ts), which
 * saves the jobs first.
 */
function uncaught(error: unknown): void {
  if (process.listeners('uncaughtException').some((other) => other !== uncaught)) return;
  printError(error);
  process.exit(1);
}
process.on('uncaughtException', uncaught);
process.on('unhandledRejection', (reason) => {
  if (process.listenerCount('unhandledRejection') === 1) uncaught(reason);
});

// stdout may be a closed pipe (`| head`): end quietly, as other tools do
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  printError(fileError(error, 'The output') ?? error);
  process.exit(1);
});

process.exitCode = await main(process.argv.slice(2));
