/** `forcewright driver`: a potential as a client of the i-PI protocol, for i-PI, ASE and whatever else serves it. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { resourcePath } from '../../../services/resources.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import { ATOMIC_UNITS } from '../../../engines/i-pi/driver-messages.ts';
import { connectToServer, IpiDriver, ServerAwayError } from '../../../engines/i-pi/driver.ts';
import { describe, ipiAddressSchema, type IpiAddress } from '../../../engines/i-pi/server.ts';
import { EngineTimeoutError } from '../../../engines/reference-engine.ts';
import { PotentialDriver } from '../../../services/driver/potential-driver.ts';
import { interruptible } from '../interrupt.ts';
import { real, whole } from '../options.ts';
import { note, printResult } from '../output.ts';
import { addStructureReadingOptions } from '../reading-options.ts';
import { addEngineOptions, engineChoice, loadStructure, type EngineOptions } from '../simulation-options.ts';

interface DriverOptions extends EngineOptions {
  structure?: string;
  unix?: string;
  host: string;
  port: number;
  constants: keyof typeof ATOMIC_UNITS;
  connectTimeout: number;
  reconnect?: number;
  perAtom?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('driver')
    .summary('serve a potential to i-PI, ASE and other programs')
    .description(
      'Connects to a server of the i-PI protocol and answers positions with energy, forces and virial, until the\n' +
        'server says EXIT or closes the connection. The server decides how atoms move; any number of drivers may run,\n' +
        'one for each connection. The protocol says nothing of elements: --structure gives the atoms in the order of\n' +
        'the server and along which axes they are periodic (the cell comes from the server).',
    );
  addEngineOptions(command);
  addStructureReadingOptions(
    command.option(
      '--structure <file>',
      'the atoms in the order of the server, any format; FILE@k for frame k. Without it the server has to send ' +
        '{"symbols": [...], "pbc": [...]} as the text of INIT',
    ),
  );
  command
    .option('--unix <name>', 'connect to the UNIX socket /tmp/ipi_NAME', socketName)
    .option('--host <name>', 'connect over TCP', '127.0.0.1')
    .option('--port <n>', 'port of the server', whole(1, 65535), 31415)
    .addOption(
      new Option(
        '--constants <whose>',
        'what the server means by bohr and hartree; ASE has values of its own',
      )
        .choices(['codata-2018', 'ase'])
        .default('codata-2018'),
    )
    .option('--connect-timeout <s>', 'how long to wait for the server to listen, s', real(0, 1e6), 60)
    .option(
      '--reconnect <s>',
      'when the server goes away without EXIT, try for so many seconds to find it again (default: end)',
      real(0, 1e9),
    )
    .option('--per-atom', 'send the energies of the atoms with the forces, as JSON {"energies": [...]} in eV')
    .option('--json', 'print one JSON object at the end: how it ended, calls, seconds')
    .addHelpText(
      'after',
      '\nExample: forcewright driver --potential Si.potential.json --structure si.xyz --unix silicon --constants ase\n' +
        '  in Python: SocketIOCalculator(unixsocket="silicon"), or the calculator of its own in\n' +
        `  ${pythonFile()}`,
    )
    .action(run);
}

function pythonFile(): string {
  try {
    return resourcePath('python', 'forcewright_ase.py');
  } catch {
    return 'resources/python/forcewright_ase.py';
  }
}

function socketName(text: string): string {
  const name = text.replace(/^\/tmp\/ipi_/, '');
  if (!/^[\w.-]{1,60}$/.test(name))
    throw new InvalidArgumentError('A name of letters, digits, _ . and - was expected: silicon.');
  return name;
}

async function run(options: DriverOptions): Promise<void> {
  const began = performance.now();
  const { unix, host, port, perAtom } = options;
  const address: IpiAddress = ipiAddressSchema.parse(
    unix === undefined ? { kind: 'tcp', host, port } : { kind: 'unix', name: unix },
  );
  const { model, name } = await loadPotential(options.potential, options.species);
  const structure =
    options.structure === undefined
      ? undefined
      : await loadStructure(options.structure, model.species, options);
  using driver = new PotentialDriver({
    model,
    name,
    structure,
    engine: engineChoice(options),
    perAtom,
    note,
  });
  using interrupt = interruptible();
  const { ended, calls, connections } = await serveUntilEnd(options, address, driver, interrupt.signal);
  const result = { ended, calls, connections, seconds: (performance.now() - began) / 1000 };
  printResult(options.json ?? false, result, () => `${calls} structures computed.`);
}

/** Serves; with --reconnect again and again, while the server comes back. */
async function serveUntilEnd(
  options: DriverOptions,
  address: IpiAddress,
  model: PotentialDriver,
  signal: AbortSignal,
): Promise<{ ended: 'exit' | 'closed'; calls: number; connections: number }> {
  const { reconnect, connectTimeout, constants } = options;
  let [calls, connections] = [0, 0];
  for (let patience = connectTimeout; ; patience = reconnect ?? 0) {
    const socket = await connectToServer(address, patience, signal).catch((error: unknown) => {
      // a server that does not come back after it was there once has come to its end
      if (connections > 0 && error instanceof EngineTimeoutError) return undefined;
      throw error;
    });
    if (!socket) return { ended: 'closed', calls, connections };
    connections++;
    note(`Connected to ${describe(address)}.`);
    const driver = new IpiDriver(socket, model, ATOMIC_UNITS[constants]);
    try {
      const ended = await driver.serve(signal);
      if (ended === 'exit' || reconnect === undefined)
        return { ended, calls: calls + driver.calls, connections };
    } catch (error) {
      if (reconnect === undefined || !(error instanceof ServerAwayError)) throw error;
    }
    calls += driver.calls;
    note(`The server went away; trying for ${reconnect} s to find it again.`);
  }
}
