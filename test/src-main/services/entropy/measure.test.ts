/** The entropy service and command on real data: the authors' numbers, bad input, caching in a project. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureEntropy } from '../../../../src-main/services/entropy/measure.ts';
import { kernelSettings } from '../../../../src-main/services/entropy/settings.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { hasShared, sharedPath } from '../../../support/shared.ts';
import { atoms, diamond } from '../../../src-compute/analysis/entropy/structures.ts';
import { commandLine } from '../../../support/command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-entropy-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (given: object = {}) => kernelSettings.parse(given);

/** Runs the command line from the sources. */
function forcewright(...args: string[]) {
  const main = commandLine;
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
}

describe('measureEntropy', () => {
  it('says what a perfect crystal, its supercell and a melt-like structure cover', async () => {
    const crystal = await measureEntropy({ configurations: [diamond(1), diamond(2)] }, undefined, {
      settings: settings(),
    });
    expect(crystal.entropy.entropy).toBeCloseTo(0, 10);
    const noisy = { configurations: [diamond(2, 0.6, 3)] };
    const report = await measureEntropy(
      noisy,
      { configurations: [diamond(2)] },
      { settings: settings(), overlap: true },
    );
    expect(report.novelty!.fractionPositive).toBe(1);
    expect(report.overlap!.coveredByB).toBe(0);
    expect(report.entropy.entropy).toBeGreaterThan(3);
    expect(report.frameStart).toEqual(Int32Array.of(0, 64));
  });

  it('counts atoms of elements that the references lack as new, and names them', async () => {
    const silicon = diamond(1, 0.1);
    const kinds = Uint16Array.of(0, 0, 0, 0, 1, 1, 0, 0);
    const carbide = { ...silicon, symbols: ['Si', 'C', 'Xe'], kinds };
    const { novelty } = await measureEntropy(
      { configurations: [carbide] },
      { configurations: [silicon] },
      { settings: settings() },
    );
    expect(novelty!.unknownElements).toEqual(['C']);
    // the two carbon atoms, and nearly all that have one nearby; as published only the former
    expect(novelty!.fractionPositive).toBeGreaterThan(0.25);
    const blind = await measureEntropy(
      { configurations: [carbide] },
      { configurations: [silicon] },
      { settings: settings({ descriptor: 'quests' }) },
    );
    expect(blind.novelty!.max).toBeLessThan(1e-9);
    expect(blind.novelty!.fractionPositive).toBe(0.25);
  });

  it('chooses the bandwidth by rule and refuses rules that do not fit', async () => {
    const structures = { configurations: [diamond(1, 0.2)] };
    const byVolume = await measureEntropy(structures, undefined, {
      settings: settings({ bandwidth: 'volume' }),
    });
    expect(byVolume.entropy.bandwidth).toBeCloseTo(
      0.0119417 + 0.0897141 * Math.exp(-0.5 * (20.0129 / 10.896) ** 2),
      5,
    );
    const rules = { default: 'displacement rule, 0.02 Å', median: 'median rule' } as const;
    for (const [bandwidth, rule] of Object.entries(rules)) {
      const measured = await measureEntropy(structures, undefined, {
        settings: settings({
          descriptor: 'mtp:8',
          bandwidth: kernelSettings.shape.bandwidth.parse(bandwidth),
        }),
      });
      expect(measured.bandwidthRule).toBe(rule);
    }
    const free = { configurations: [atoms([0, 0, 0, 2, 0, 0], new Float64Array(9), false)] };
    await expect(
      measureEntropy(free, undefined, { settings: settings({ bandwidth: 'volume' }) }),
    ).rejects.toThrow(/periodic in all directions/);
    await expect(
      measureEntropy(structures, undefined, {
        settings: settings({ bandwidth: 'volume', descriptor: 'mtp:8' }),
      }),
    ).rejects.toThrow(/QUESTS descriptor only/);
    expect(() => settings({ bandwidth: 0 })).toThrow();
  });

  it('names the structure that cannot be described', async () => {
    const configurations = [diamond(1), atoms([], new Float64Array(9), false)];
    await expect(measureEntropy({ configurations }, undefined, { settings: settings() })).rejects.toThrow(
      /Structure 1 .*no atoms/,
    );
  });

  it('gives the differential entropies, at most those of a normal distribution', async () => {
    const of = async (noise: number) => {
      const given = { settings: settings({ descriptor: 'mtp:4', bandwidth: 1 }), differential: true };
      const report = await measureEntropy({ configurations: [diamond(3, noise, 2)] }, undefined, given);
      return report.differential!;
    };
    const [a, b] = [await of(0.05), await of(0.2)];
    // one element: its column fills no dimension
    expect(a.gaussian).toMatchObject({ entropy: -Infinity, rank: a.nearestNeighbour.length - 1 });
    expect(a.gaussian.rank).toBeGreaterThan(1);
    expect(a.nearestNeighbour.at(-1)).toBeCloseTo(Math.log(216 * 1e-6) + Math.log(2) + 0.5772156649, 8);
    // standardised to deviation 1: no component can have more than the normal distribution
    for (const report of [a, b]) {
      for (const s of report.nearestNeighbour)
        expect(s).toBeLessThan(0.5 * Math.log(2 * Math.PI * Math.E) + 0.3);
    }
    expect(b.gaussian.subspaceEntropy).toBeLessThan(
      b.gaussian.rank * 0.5 * Math.log(2 * Math.PI * Math.E) + 1e-9,
    );
  });

  it('answers for one atom and for clusters with fewer neighbours than k', async () => {
    const one = { configurations: [atoms([0, 0, 0], new Float64Array(9), false)] };
    const alone = await measureEntropy(one, undefined, { settings: settings() });
    expect(alone.entropy).toMatchObject({ environments: 1, entropy: 0, maximum: 0, diversity: 0 });
    const trimer = { configurations: [atoms([0, 0, 0, 2, 0, 0, 0, 2.5, 0], new Float64Array(9), false)] };
    const three = await measureEntropy(trimer, one, { settings: settings() });
    expect(three.entropy.entropy).toBeGreaterThan(0);
    expect(three.novelty!.fractionPositive).toBe(1);
  });
});

describe.skipIf(!hasShared())('forcewright entropy', () => {
  it('prints the keys of its contract, with the authors’ numbers', async () => {
    const references = JSON.parse(readFileSync(sharedPath('references', 'quests.json'), 'utf8'));
    const out = join(folder, 'novel.xyz');
    const result = forcewright(
      'entropy', '--in', sharedPath('data', 'Si_test.xyz'), '--reference', sharedPath('data', 'Mo_test.xyz'),
      '--out', out, '--differential', '--json',
    ); // prettier-ignore
    expect(result.status, result.stderr).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(json.environments).toBe(1525);
    expect(Math.abs(json.entropy_nats - references.Si_test.entropy_nats)).toBeLessThan(1e-9);
    expect(Math.abs(json.diversity - references.Si_test.diversity)).toBeLessThan(1e-9);
    expect(json.max_nats).toBeCloseTo(Math.log(1525), 12);
    expect(json.bandwidth).toBe(0.015);
    expect(json.error_bound_nats).toBe(0);
    expect(json.differential.kozachenko_leonenko_nats).toHaveLength(63);
    expect(json.novelty).toMatchObject({ fraction_positive: 1, unknown_elements: ['Si'] });
    expect(json.novelty.max).toBeGreaterThan(json.novelty.mean);
    const written = await readConfigurations(out);
    const column = written.flatMap((c) => [
      ...(c.atomColumns!.find((x) => x.name === 'novelty')!.values as Float64Array),
    ]);
    expect(Math.max(...column)).toBeCloseTo(json.novelty.max, 9);
  });

  it('reduces a trajectory to distributions and says how it drifts', async () => {
    const [input, summary] = [join(folder, 'trajectory.xyz'), join(folder, 'summary.json')];
    await writeConfigurations(
      input,
      undefined,
      [0.02, 0.1, 0.3, 0.9].map((noise, k) => diamond(1, noise, k + 1)),
    );
    const result = forcewright('entropy', '--in', input, '--summary', summary, '--json');
    expect(result.status, result.stderr).toBe(0);
    const { drift } = JSON.parse(result.stdout);
    expect(drift).toHaveLength(4);
    expect(drift[0]).toBe(0);
    expect(drift[3]).toBeGreaterThan(drift[1]);
    const document = JSON.parse(readFileSync(summary, 'utf8'));
    expect(document.frames).toHaveLength(4);
    expect(document.frames[2].histograms).toHaveLength(4 * 64);
    expect(document.frames[2].moments).toHaveLength(12);
    expect(document.frames[2].histograms.reduce((a: number, b: number) => a + b)).toBe(32);
  });

  it('ends with 2 for bad usage and with 1 and one sentence for bad input', () => {
    expect(forcewright('entropy').status).toBe(2);
    const zero = forcewright('entropy', '--in', sharedPath('data', 'Si_test.xyz'), '--bandwidth', '0');
    expect(zero.status).toBe(2);
    expect(zero.stderr).toContain('positive number');
    const unknown = forcewright(
      'entropy',
      '--in',
      sharedPath('data', 'Si_test.xyz@0'),
      '--descriptor',
      'soap',
    );
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toMatch(/^Error: There is no descriptor soap\. Known are quests, mtp/m);
    const empty = join(folder, 'empty.xyz');
    writeFileSync(empty, '');
    expect(forcewright('entropy', '--in', empty).status).toBe(1);
  });
});
