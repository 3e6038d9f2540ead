/** `md --on-the-fly` and `label --engine` as real processes, with real LAMMPS and pw.x; killed and resumed. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { parsePotentialDocument } from '../../../../src-compute/potentials/document.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { lammpsEnvironment } from '../../../../src-main/engines/lammps/program.ts';
import { register } from '../../../../src-main/hosts/cli/commands/md.ts';
import { requireProgram } from '../../../support/real-part.ts';
import { commandLine } from '../../../support/command-line.ts';

const lammps = requireProgram('lmp', 'apt-get install lammps lammps-data');
const espresso = requireProgram('pw.x', 'apt-get install quantum-espresso quantum-espresso-data');
const cli = commandLine;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-on-the-fly-'));
  await writeConfigurations(join(folder, 'si.xyz'), undefined, [
    supercell(lattice('diamond', ['Si'], 5.431), [1, 1, 1]),
  ]);
  const primitive: Configuration = {
    symbols: ['Si'],
    kinds: new Uint16Array(2),
    positions: Float64Array.of(0, 0, 0, 1.3575, 1.4075, 1.3575),
    cell: Float64Array.of(0, 2.715, 2.715, 2.715, 0, 2.715, 2.715, 2.715, 0),
    periodic: [true, true, true],
  };
  await writeConfigurations(join(folder, 'si2.xyz'), undefined, [primitive]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function forcewright(args: readonly string[]) {
  const result = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

const run = (name: string, ...more: string[]) => [
  'md', '--on-the-fly', '--pair-style', 'sw', '--pair-coeff', '* * Si.sw Si', '--structure', 'si.xyz', '--per-atom',
  '--ensemble', 'nvt-langevin', '--temperature', '300', '--timestep', '1', '--seed', '5', '--steps', '120', '--json',
  '--learn-steps', '50', '--check-every', '10', '--cutoff', '4', '--radial', '4', '--angular', '3',
  '--out', `${name}.xyz`, '--every', '5', '--write', 'forces', ...more,
]; // prettier-ignore

const text = (file: string) => readFileSync(join(folder, file), 'utf8');
/** Rows of a run's log, which has a temporary name until the run has something to go on from. */
function logged(name: string): number {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}.xyz.log.csv`));
  try {
    return file === undefined ? 0 : text(file).split('\n').length - 2;
  } catch {
    return 0; // was renamed meanwhile
  }
}

/** Starts a run and does something to it when its log has so many rows. */
async function disturbed(
  args: readonly string[],
  name: string,
  rows: number,
  what: (child: ChildProcess) => void,
) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  const watch = setInterval(() => {
    if (logged(name) < rows) return;
    clearInterval(watch);
    what(child);
  }, 2);
  const end = await ended;
  clearInterval(watch);
  return { ...end, err };
}

/** The LAMMPS that a run has started. */
const lammpsOf = (child: ChildProcess) =>
  Number(execFileSync('pgrep', ['-P', String(child.pid), '-x', 'lmp'], { encoding: 'utf8' }).trim());

describe.skipIf(!lammps)('md --on-the-fly with LAMMPS', () => {
  it('learns, reports what was saved, and writes a potential that computes what the run computed', async () => {
    const { code, out, err } = forcewright(run('whole', '--model-out', 'learned.potential.json'));
    expect(err).toMatch(/the model takes over/);
    expect(code).toBe(0);
    const result = JSON.parse(out) as Record<string, number> & { checks: Record<string, number> };
    expect(result).toMatchObject({ steps: 120, atoms: 8, handed_back: 0, uncertain_calls: 0 });
    expect(result.reference_calls).toBe(50 + 7);
    expect(result.model_steps).toBe(64);
    expect(result.steps_per_reference_call).toBeCloseTo(121 / 57, 9);
    expect(result.checks.force_rmse_mev_per_a).toBeLessThan(100);
    expect(logged('whole')).toBe(121);
    // frames are flagged, and those of the reference have its forces
    const frames = await readConfigurations(join(folder, 'whole.xyz'));
    expect(new Set(frames.map((frame) => frame.info?.source))).toEqual(new Set(['reference', 'model']));
    const { model } = parsePotentialDocument(text('learned.potential.json'));
    expect(model.form).toBe('sum');
    for (const frame of frames.slice(-3)) {
      const { forces } = evaluateReference(model, frame);
      const square = forces.reduce((sum, f, k) => sum + (f - (frame.forces?.[k] ?? NaN)) ** 2, 0);
      expect(Math.sqrt(square / forces.length)).toBeLessThan(0.1);
    }
  });

  it('pauses with exit 1 when LAMMPS is killed, and goes on with --resume as if nothing had happened', async () => {
    // a run whose LAMMPS was gone or needed for the last time is begun again
    const kill = (child: ChildProcess) => {
      try {
        process.kill(lammpsOf(child), 'SIGKILL');
      } catch {
        // gone
      }
    };
    let name = 'killed';
    let killed = await disturbed(run(name), name, 20, kill);
    for (let again = 1; again < 20 && killed.code === 0; again++) {
      name = `killed-${again}`;
      killed = await disturbed(run(name), name, 20, kill);
    }
    expect(killed.code).toBe(1);
    expect(killed.err).toMatch(
      /Error: .*ended by SIGKILL: the run paused after step \d+, and all that was learned from \d+ structures is kept\. .*continue with --resume\./s,
    );
    const resumed = forcewright(run(name, '--resume'));
    expect(resumed.code).toBe(0);
    expect(resumed.err).toMatch(/Resumed at step \d+, with what was learned from \d+ structures/);
    expect(text(`${name}.xyz`)).toBe(text('whole.xyz'));
  });

  it('goes on after being killed itself, from its last checkpoint', async () => {
    const args = run('murdered', '--checkpoint-every', '20');
    const { signal } = await disturbed(args, 'murdered', 75, (child) => child.kill('SIGKILL'));
    expect(signal).toBe('SIGKILL');
    const resumed = forcewright([...args, '--resume']);
    expect(resumed.err).toMatch(/Resumed at step \d0,/);
    expect(resumed.code).toBe(0);
    // neighbour lists are built afresh at checkpoints, so that the undisturbed run is one with the same checkpoints
    expect(forcewright(run('calm', '--checkpoint-every', '20')).code).toBe(0);
    expect(text('murdered.xyz')).toBe(text('calm.xyz'));
  });

  it('waits for an i-PI client that is started elsewhere', async () => {
    const crystal = await readConfigurations(join(folder, 'si.xyz'));
    await writeConfigurations(join(folder, 'si.data'), 'lammps-data', crystal);
    writeFileSync(
      join(folder, 'in.client'),
      'units metal\natom_style atomic\natom_modify map yes\nread_data si.data\npair_style sw\n' +
        'pair_coeff * * Si.sw Si\nneigh_modify every 1 delay 0 check no\nfix 1 all ipi ${name} 1 unix\nrun 1000000\n',
    );
    const name = `forcewright-test-${process.pid}-cli`;
    const args = [
      '--on-the-fly',
      '--engine',
      'i-pi',
      '--ipi-address',
      `unix:${name}`,
      '--structure',
      'si.xyz',
    ];
    const more = [
      '--temperature',
      '300',
      '--timestep',
      '1',
      '--steps',
      '40',
      '--learn-steps',
      '20',
      '--json',
    ];
    const child = spawn(process.execPath, [cli, 'md', ...args, ...more], { cwd: folder });
    let [out, err] = ['', ''];
    let client: ChildProcess | undefined;
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      if (client || !/Waiting for an i-PI client at the UNIX socket/.test(err)) return;
      const environment = { LAMMPS_POTENTIALS: '/usr/share/lammps/potentials', ...lammpsEnvironment() };
      client = spawn('lmp', ['-in', 'in.client', '-log', 'none', '-var', 'name', name], {
        cwd: folder,
        env: environment,
        stdio: 'ignore',
      });
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    client?.kill();
    expect(err).toMatch(/Waiting for an i-PI client/);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ steps: 40, handed_back: 0 });
  });

  it('saves what was learned, and begins another run with it', () => {
    expect(forcewright(run('first', '--learned-out', 'first.learned')).code).toBe(0);
    const again = forcewright(
      run(
        'second',
        '--learned',
        'first.learned',
        '--learn-steps',
        '10',
        '--update-every',
        '2',
        '--steps',
        '40',
      ),
    );
    expect(again.code).toBe(0);
    const result = JSON.parse(again.out) as Record<string, number>;
    expect(result.took_over_at_step).toBe(10);
    const other = forcewright(run('third', '--learned', 'first.learned', '--radial', '5'));
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/^Error: /m);
  });
});

describe.skipIf(!espresso)('md --on-the-fly with Quantum ESPRESSO', () => {
  const first = (name: string, ...more: string[]) => [
    'md', '--on-the-fly', '--engine', 'espresso', '--pseudopotentials', 'Si=Si.pz-vbc.UPF', '--ecutwfc', '10',
    '--k-points', '2,2,2', '--occupations', 'fixed', '--structure', 'si2.xyz', '--temperature', '300', '--timestep', '1',
    '--steps', '20', '--learn-steps', '8', '--update-every', '2', '--check-every', '4', '--per-atom', '--radial', '3',
    '--angular', '2', '--cutoff', '4', '--out', `${name}.xyz`, '--every', '1', '--json', ...more,
  ]; // prettier-ignore
  it('learns from first principles', () => {
    const { code, out, err } = forcewright(first('lda'));
    expect(err).toMatch(/Reference: Quantum ESPRESSO/);
    expect(code).toBe(0);
    const result = JSON.parse(out) as Record<string, number>;
    expect(result.model_steps).toBeGreaterThan(5);
    expect(result.reference_calls + result.model_steps).toBe(21);
  });

  it('says that the electrons did not converge', () => {
    const { code, err } = forcewright(first('unconverged', '--scf-iterations', '2'));
    expect(code).toBe(1);
    expect(err).toMatch(/Error: Quantum ESPRESSO did not converge the electrons in 2 iterations/);
  });

  it('labels structures', async () => {
    const { code, err } = forcewright([
      'label', '--engine', 'espresso', '--pseudopotentials', 'Si=Si.pz-vbc.UPF', '--ecutwfc', '10', '--k-points', '2,2,2',
      '--in', 'lda.xyz@0', '--out', 'labelled.xyz',
    ]); // prettier-ignore
    expect(err).not.toMatch(/Error/);
    expect(code).toBe(0);
    const [labelled] = await readConfigurations(join(folder, 'labelled.xyz'));
    expect(labelled.energy).toBeLessThan(-100);
    expect(labelled.virial).toBeDefined();
  });
});

describe('options of md --on-the-fly', () => {
  const usage: [string, string[], RegExp][] = [
    [
      'of learning without it',
      ['--potential', 'x.json', '--tolerance', '0.1'],
      /--tolerance needs --on-the-fly/,
    ],
    [
      'a potential with it',
      ['--on-the-fly', '--potential', 'x.json'],
      /--potential has no effect with --on-the-fly/,
    ],
    ['neither a potential nor learning', [], /'--potential <file>' not specified \(or learn one/],
    [
      'of another engine',
      ['--on-the-fly', '--engine', 'espresso', '--pair-style', 'sw'],
      /--pair-style belongs to --engine lammps/,
    ],
    ['no interaction', ['--on-the-fly'], /either --pair-style or --lammps-template/],
    ['no client', ['--on-the-fly', '--engine', 'i-pi'], /needs --ipi-client, or --ipi-address/],
    [
      'an address that is none',
      ['--on-the-fly', '--engine', 'i-pi', '--ipi-address', 'unix:/tmp/x'],
      /unix:NAME or HOST:PORT was expected/,
    ],
  ];
  it.each(usage)('%s is bad usage', async (_what, more, message) => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    register(program);
    const args = [
      '--structure',
      'si.xyz',
      '--temperature',
      '300',
      '--timestep',
      '1',
      '--steps',
      '1',
      ...more,
    ];
    const bad = await program.parseAsync(['md', ...args], { from: 'user' }).catch((error: unknown) => error);
    // the command line ends with 2 for every CommanderError
    expect(bad).toBeInstanceOf(CommanderError);
    expect(bad).toMatchObject({ message: expect.stringMatching(message) as string });
  });
});
