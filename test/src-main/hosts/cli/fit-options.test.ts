/** The options of `fit` are a contract: what scripts use keeps its name, its kind of value and its default. */
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { register } from '../../../../src-main/hosts/cli/commands/fit.ts';
import { formRequest } from '../../../../src-main/hosts/cli/fit-form-options.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';

/** As they were before options were made from the settings of the forms. */
const BEFORE: readonly (readonly [string, unknown])[] = [
  ['--model <form>', 'mtp'],
  ['--level <n>', 16],
  ['--cutoff <r>', 5],
  ['--train <file>', undefined],
  ['--test <file>', undefined],
  ['--out <file>', undefined],
  ['--linear', undefined],
  ['--min-dist <r>', undefined],
  ['--radial-size <n>', 12],
  ['--body-order <n>', undefined],
  ['--rank <n>', undefined],
  ['--weights <list>', undefined],
  ['--scaling <list>', undefined],
  ['--ridge <lambda>', undefined],
  ['--zbl <on|off>', 'on'],
  ['--seed <n>', 1],
  ['--threads <n>', undefined],
  ['--max-iterations <n>', 60],
  ['--starts <n>', 9],
  ['--validation <share>', 0.1],
  ['--uncertainty', undefined],
  ['--no-uncertainty', undefined],
  ['--species <names>', undefined],
  ['--start-from <potential>', undefined],
  ['--resume', undefined],
  ['--skip-bad', undefined],
  ['--json', undefined],
  ['--radial <n>', undefined],
  ['--angular <n>', undefined],
  ['--angular-radial <n>', undefined],
  ['--elements <weighting>', undefined],
  ['--per-atom', undefined],
  ['--bond-dimension <n|auto>', undefined],
  ['--sweeps <n>', undefined],
  ['--ridge-choice <rule>', undefined],
  ['--auto', undefined],
  ['--auto-budget <s>', undefined],
  ['--auto-trials <n>', undefined],
  ['--max-cost <µs>', undefined],
];

const program = new Command();
register(program);
const [fit] = program.commands;

describe('options of fit', () => {
  it.each(BEFORE)('%s is what it was', (flags, fallback) => {
    const option = fit.options.find((known) => known.flags === flags);
    expect(option?.defaultValue).toEqual(
      // commander counts an option with a no- form as on
      flags === '--uncertainty' || flags === '--no-uncertainty' ? option?.defaultValue : fallback,
    );
    expect(option).toBeDefined();
  });

  it('name their form where they are of one', () => {
    const help = (flags: string) => fit.options.find((known) => known.flags === flags)?.description;
    expect(help('--level <n>')).toBe('mtp: level of the basis, even, 2–26');
    expect(help('--rank <n>')).toBe(
      'mtp: at most this tensor rank; tensor: rank, 1–3 dense, 2–8 as a tensor train (default 2)',
    );
    expect(help('--cutoff <r>')).toBe('cutoff radius, Å');
  });

  it('make the request of their form, and no other setting', () => {
    const given = { cutoff: 4.5, radialSize: 8, bodyOrder: 4, rank: 2, seed: 7 };
    expect(fitRequestSchema.parse(formRequest('moment-tensor', given))).toMatchObject({
      ...{ form: 'moment-tensor', cutoff: 4.5, radialBasisSize: 8, maximumBodyOrder: 4 },
      ...{ maximumRank: 2, seed: 7, level: 16 },
    });
    const tensor = formRequest('tensor-regression', { rank: 3, angularRadial: 2, bondDimension: 'auto' });
    expect(tensor).toEqual({
      ...{ form: 'tensor-regression', rank: 3, angularRadial: 2, bondDimension: 'auto' },
    });
    expect(fitRequestSchema.parse(tensor)).not.toHaveProperty('level');
  });
});
