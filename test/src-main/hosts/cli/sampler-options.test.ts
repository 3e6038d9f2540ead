/** Options of md and hmc that would have no effect: refused with a sentence and exit code 2, before any file is read. */
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { register as registerHmc } from '../../../../src-main/hosts/cli/commands/hmc.ts';
import { register as registerMd } from '../../../../src-main/hosts/cli/commands/md.ts';

/** What the command says when it refuses; undefined when it goes on to the files, which do not exist. */
async function refusal(args: readonly string[]): Promise<string | undefined> {
  let text = '';
  const program = new Command('forcewright').exitOverride();
  registerMd(program);
  registerHmc(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: (piece) => (text += piece) });
  }
  try {
    await program.parseAsync(args as string[], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      expect(error.exitCode).not.toBe(0);
      return text.trim();
    }
    expect(String(error)).toMatch(/nowhere/);
    return undefined;
  }
  throw new Error('the files should not exist');
}

const files = ['--potential', 'nowhere.potential.json', '--structure', 'nowhere.xyz'];
const md = (...more: string[]) => [
  'md', ...files, '--temperature', '300', '--timestep', '1', '--steps', '5', ...more,
]; // prettier-ignore
const hmc = (...more: string[]) => [
  'hmc', ...files, '--temperature', '300', '--trajectories', '5', '--leapfrog-steps', '3', ...more,
]; // prettier-ignore

describe('options of one ensemble given with another', () => {
  it.each<[string[], string]>([
    [md('--friction', '0.1'), '--friction belongs to nvt-langevin, and the ensemble is nve.'],
    [md('--ensemble', 'nvt-bussi', '--friction', '0.1'), 'and the ensemble is nvt-bussi.'],
    [md('--ensemble', 'nvt-langevin', '--relaxation', '50'), '--relaxation belongs to nvt-bussi,'],
    [md('--ensemble', 'nvt-bussi', '--chain-length', '4'), '--chain-length belongs to nvt-nose-hoover,'],
    [md('--ensemble', 'nvt-bussi', '--cell', 'full'), '--cell belongs to npt, nph, and the ensemble is'],
    [md('--cell-relaxation', '500'), '--cell-relaxation belongs to npt, nph'],
    [md('--ensemble', 'nvt-langevin', '--pressure', '1'), '--pressure belongs to npt, nph'],
    [md('--thermostatted', '1-4'), '--thermostatted belongs to nvt-langevin, nvt-bussi, nvt-nose-hoover'],
    [md('--ensemble', 'npt', '--max-displacement', '0.1'), '--max-displacement works with a constant volume'],
    [md('--ensemble', 'npt', '--cheap-potential', 'c.json'), '--cheap-potential drives multiple time steps'],
    [md('--inner-steps', '3'), '--inner-steps needs --cheap-potential'],
    [md('--write', 'forces'), '--write needs --out'],
    [md('--every', '5'), '--every needs --out or --thermo'],
    [md('--thermo-every', '5'), '--thermo-every needs --thermo'],
    [hmc('--pressure', '1'), '--pressure belongs to npt, and the ensemble is nvt.'],
    [hmc('--cell', 'full'), '--cell belongs to npt'],
    [hmc('--fidelity', 'surrogate'), '--fidelity surrogate needs --cheap-potential'],
    [hmc('--cheap-potential', 'c.json', '--fidelity', 'single'), 'single would not use --cheap-potential'],
    [hmc('--inner-steps', '3'), '--inner-steps needs --fidelity respa'],
    [hmc('--no-adapt', '--acceptance', '0.8'), '--acceptance is what the step is tuned for'],
    [hmc('--burn-in', '0', '--acceptance', '0.8'), 'and it is not tuned'],
    [hmc('--unadjusted', '--refreshment', '0.5'), '--refreshment needs the acceptance step'],
    [
      hmc('--replicas', '310,330'),
      '--replicas must contain 300, the temperature at which averages are taken',
    ],
    [hmc('--out', 'x.xyz', '--write', 'velocities'), '--write takes forces and energies only'],
    [hmc('--thermo', 't.csv', '--every', '2'), '--every needs --out'],
  ])('%s', async (args, sentence) => {
    expect(await refusal(args)).toContain(sentence);
  });

  it.each<[string[]]>([
    [md('--ensemble', 'nvt-langevin', '--friction', '0.1')],
    [md('--ensemble', 'npt', '--pressure', '1', '--cell', 'full', '--relaxation', '50')],
    [md('--ensemble', 'nvt-bussi', '--thermostatted', '1-4', '--thermo', 't.csv', '--every', '5')],
    [hmc('--ensemble', 'npt', '--pressure', '1', '--cell', 'full')],
    [hmc('--backend', 'webgpu', '--fidelity', 'respa', '--inner-steps', '3')],
    [hmc('--replicas', '290,300,310')],
  ])('%s is no contradiction', async (args) => {
    expect(await refusal(args)).toBeUndefined();
  });
});
