/** `forcewright validate`, from files to files: what it prints, writes, goes on with and refuses. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice } from '../../../../src-compute/structure/lattices.ts';
import { writeConfigurations } from '../../../../src-main/formats/index.ts';
import { register } from '../../../../src-main/hosts/cli/commands/validate.ts';
import { savePotential } from '../../../../src-main/services/potentials/potential-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});

async function validate(...args: string[]): Promise<Record<string, unknown>> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const program = new Command('forcewright').exitOverride();
  register(program);
  program.commands[0].exitOverride().configureOutput({ writeErr: () => undefined });
  try {
    await program.parseAsync(['validate', '--json', ...args], { from: 'user' });
  } finally {
    vi.restoreAllMocks();
  }
  return JSON.parse(out) as Record<string, unknown>;
}

async function inputs(): Promise<string[]> {
  const potential = join(folder, 'Si.potential.json');
  await savePotential(potential, {
    name: 'Si',
    model: stillingerWeberSilicon(),
    metrics: {},
    provenance: { program: 'test', created: '2026-01-01T00:00:00Z', data: [], settings: {}, report: {} },
  });
  const structure = join(folder, 'Si.xyz');
  await writeConfigurations(structure, undefined, [{ ...lattice('diamond', ['Si'], 5.45), energy: -34 }]);
  return ['--potential', potential, '--data', structure];
}

it('prints verdict and checks, writes a report that stands alone, and goes on from what a folder holds', async () => {
  const given = await inputs();
  const out = join(folder, 'report');
  const references = join(folder, 'reference.json');
  writeFileSync(
    references,
    '{"lattice_constant_a": {"value": 5.431, "source": "a book"}, "bulk_modulus_gpa": 60}',
  );
  const args = [
    ...given,
    '--checks',
    'lattice,equation-of-state',
    '--reference',
    references,
    '--no-published',
    '--out',
    out,
  ];
  const json = await validate(...args, '--plan', 'two-minutes');
  expect(json).toMatchObject({
    plan: 'quick',
    verdict: [
      expect.stringMatching(/^Not safe as it is for Si/),
      expect.stringMatching(/^Bad: B 69 % high/),
      expect.any(String),
    ],
    potentials: [{ potential: 'Si', origin: expect.stringContaining('least energy per atom in Si.xyz') }],
  });
  expect(json.checks).toContainEqual(
    expect.objectContaining({
      name: 'lattice_constant_a',
      grade: 'good',
      reference: 5.431,
      source: 'a book',
    }),
  );
  const html = readFileSync(join(out, 'validation.html'), 'utf8');
  expect(html).toContain('a book');
  expect(html).not.toMatch(/<script|src=|href=/);
  expect(existsSync(join(out, 'lattice.xyz'))).toBe(true);
  // killed after its first check: the second alone is made again
  const state = join(out, 'validation.state.json');
  const kept = JSON.parse(readFileSync(state, 'utf8')) as { outcomes: Record<string, { seconds: number }> };
  const [[first, outcome]] = Object.entries(kept.outcomes);
  writeFileSync(state, JSON.stringify({ ...kept, outcomes: { [first]: { ...outcome, seconds: 77 } } }));
  const again = await validate(...args, '--resume');
  expect(again.potentials).toMatchObject([
    { steps: [{ name: 'lattice', seconds: 77 }, { name: 'equation-of-state' }] },
  ]);
  expect(again.checks).toEqual(json.checks);
  await expect(validate(...args, '--resume', '--plan', 'standard')).rejects.toThrow(/another validation/);
});

it('refuses in words what it cannot read', async () => {
  const given = await inputs();
  const file = join(folder, 'x.json');
  writeFileSync(file, '{"C11": "stiff"}');
  await expect(validate(...given, '--reference', file)).rejects.toThrow(
    /The references in .*x\.json cannot be used: C11/,
  );
  writeFileSync(file, '{"stiffness": {"good": 2, "fair": 1}}');
  await expect(validate(...given, '--thresholds', file)).rejects.toThrow(/good up to 2 and fair up to 1/);
  writeFileSync(file, '{"stifness": {"good": 2}}');
  await expect(validate(...given, '--thresholds', file)).rejects.toThrow(/cannot be used/);
  writeFileSync(file, 'no json');
  await expect(validate(...given, '--thresholds', file)).rejects.toThrow(/It is not JSON/);
  await expect(validate(...given, '--checks', 'soup')).rejects.toThrow(/no check "soup"/);
  await expect(validate(...given, '--resume')).rejects.toThrow(/no folder to go on from/);
  await expect(validate('--potential', file)).rejects.toThrow();
});
