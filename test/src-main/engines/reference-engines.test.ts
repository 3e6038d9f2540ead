/** Reference engines with the real programs: LAMMPS directly and as an i-PI client. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../src-compute/backends/reference/evaluate.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import {
  openReferenceEngine,
  potentialEngine,
  referenceEngineSchema,
  type ReferenceEngineInput,
} from '../../../src-main/engines/registry.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/model.ts';
import { requireProgram } from '../../support/real-part.ts';

const able = requireProgram('lmp', 'apt-get install lammps lammps-data');
const folder = mkdtempSync(join(tmpdir(), 'forcewright-test-engines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A sheared, strained and shaken silicon cell whose first vector is not along x. */
const silicon: Configuration = (() => {
  const cell = supercell(lattice('diamond', ['Si'], 5.5), [2, 1, 1]);
  const shear = [1.01, 0.03, -0.02, 0.04, 0.99, 0.05, 0.02, -0.03, 1.02];
  const turn = (v: Float64Array) =>
    v.map((_, k) => {
      const row = k - (k % 3);
      return v[row] * shear[k % 3] + v[row + 1] * shear[3 + (k % 3)] + v[row + 2] * shear[6 + (k % 3)];
    });
  const positions = turn(cell.positions).map((x, k) => x + 0.1 * Math.sin(7 * k));
  return { ...cell, cell: turn(cell.cell), positions };
})();

const direct: ReferenceEngineInput = {
  engine: 'lammps',
  pairStyle: 'sw',
  pairCoefficients: ['* * Si.sw Si'],
  folder,
};

const script = join(folder, 'in.ipi');
writeFileSync(
  script,
  `units metal
atom_style atomic
atom_modify map yes
box tilt large
read_data \${data}
pair_style sw
pair_coeff * * Si.sw Si
neighbor 1.0 bin
neigh_modify every 1 delay 0 check no
fix 1 all ipi \${where} \${port} \${kind}
run 1000000
`,
);
const potentials = '/usr/share/lammps/potentials';
const overUnix: ReferenceEngineInput = {
  engine: 'i-pi',
  client: `env LAMMPS_POTENTIALS=${potentials} lmp -in ${script} -log none -var data {data} -var where {name} -var port 1 -var kind unix`,
  timeout: 300,
  folder,
};

describe.skipIf(!able)('LAMMPS as a reference', () => {
  const expected = evaluateReference(stillingerWeberSilicon(), silicon);
  const engines: [string, ReferenceEngineInput, number][] = [
    ['directly', direct, 1e-8],
    // fix ipi converts with constants of seven digits
    ['as an i-PI client over a UNIX socket', overUnix, 3e-6],
    [
      'as an i-PI client over TCP',
      {
        ...overUnix,
        address: { kind: 'tcp', port: 0 },
        client: overUnix.client
          ?.replace('{name}', '{host}')
          .replace('port 1', 'port {port}')
          .replace('unix', 'inet'),
      },
      3e-6,
    ],
  ];
  it.each(engines)('%s gives what our own Stillinger–Weber gives', async (_name, input, tolerance) => {
    await using engine = await openReferenceEngine(referenceEngineSchema.parse(input), silicon);
    const { energy, forces, virial } = await engine.compute(silicon);
    expect(Math.abs(energy / expected.energy - 1)).toBeLessThan(tolerance);
    forces.forEach((f, k) => expect(Math.abs(f - expected.forces[k])).toBeLessThan(20 * tolerance));
    virial?.forEach((w, k) => expect(Math.abs(w - expected.virial[k])).toBeLessThan(100 * tolerance));
    expect(virial).toBeDefined();
    // the same process computes the next one
    const moved = { ...silicon, positions: silicon.positions.map((x, k) => x + 0.01 * Math.cos(k)) };
    const next = evaluateReference(stillingerWeberSilicon(), moved);
    expect(Math.abs((await engine.compute(moved)).energy / next.energy - 1)).toBeLessThan(tolerance);
    expect(engine.calls).toBe(2);
  });

  it('takes an interaction from a template, with its files beside it', async () => {
    const template = join(folder, 'silicon.in');
    writeFileSync(
      template,
      '# two styles\npair_style hybrid/overlay sw zero 4.0\npair_coeff * * sw Si.sw Si\npair_coeff * * zero # nothing\n',
    );
    const settings = referenceEngineSchema.parse({ engine: 'lammps', template, species: ['Si'] });
    await using engine = await openReferenceEngine(settings, silicon);
    expect((await engine.compute(silicon)).energy).toBeCloseTo(expected.energy, 8);
    writeFileSync(template, 'pair_style sw\nshell rm -rf x\npair_coeff * * Si.sw Si\n');
    await expect(openReferenceEngine(settings, silicon)).rejects.toThrow(
      /only commands that define the interaction, not: shell/,
    );
  });

  it('says that LAMMPS stopped, and that it hangs', async () => {
    await using engine = await openReferenceEngine(referenceEngineSchema.parse(direct), silicon);
    await engine.compute(silicon);
    kill('KILL');
    await expect(engine.compute(silicon)).rejects.toMatchObject({
      failure: 'failed',
      message: expect.stringMatching(/ended by SIGKILL/) as string,
    });
    // as patient as the machine is slow: the first calculation has to come through
    let timeout = 0.5;
    const patient = async () => {
      for (;;) {
        timeout *= 2;
        const impatient = referenceEngineSchema.parse({ ...direct, timeout });
        const opened = await openReferenceEngine(impatient, silicon);
        if (
          await opened.compute(silicon).then(
            () => true,
            () => false,
          )
        )
          return opened;
        await opened[Symbol.asyncDispose]();
      }
    };
    await using hanging = await patient();
    kill('STOP');
    await expect(hanging.compute(silicon)).rejects.toMatchObject({
      failure: 'timeout',
      message: expect.stringContaining(`within ${timeout} s`) as string,
    });
    await expect(hanging.compute(silicon)).rejects.toThrow(/was closed/);
  });

  it('says that an i-PI client was killed', async () => {
    await using engine = await openReferenceEngine(referenceEngineSchema.parse(overUnix), silicon);
    await engine.compute(silicon);
    kill('KILL');
    await expect(engine.compute(silicon)).rejects.toMatchObject({
      failure: 'failed',
      message: expect.stringMatching(/i-PI client lmp was ended by SIGKILL/) as string,
    });
  });

  it('says which file LAMMPS did not find', async () => {
    const settings = referenceEngineSchema.parse({ ...direct, pairCoefficients: ['* * nothing.sw Si'] });
    await using engine = await openReferenceEngine(settings, silicon);
    await expect(engine.compute(silicon)).rejects.toMatchObject({
      failure: 'failed',
      message: expect.stringMatching(/nothing\.sw/) as string,
    });
  });
});

describe('a potential as a reference', () => {
  it('gives its own energies, and refuses other atoms', async () => {
    await using engine = potentialEngine(stillingerWeberSilicon(), silicon, 'Stillinger–Weber');
    const { energy, seconds } = await engine.compute(silicon);
    expect(energy).toBeCloseTo(evaluateReference(stillingerWeberSilicon(), silicon).energy, 9);
    expect(seconds).toBeGreaterThan(0);
    await expect(engine.compute(supercell(silicon, [2, 1, 1]))).rejects.toThrow(/other atoms/);
  });
});

/** Sends a signal to the LAMMPS that this process started last. */
function kill(signal: 'KILL' | 'STOP'): void {
  const children = execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  process.kill(Number(children.at(-1)), `SIG${signal}`);
}
