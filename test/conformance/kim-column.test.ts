/**
 * The column of the support matrix that no program of ours computes: the library of the KIM model, asked by a driver in C
 * through the KIM API alone. A form that loses this backend, or computes something else there, fails here.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { evaluateReference } from '../../src-compute/backends/reference/evaluate.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { FORM_NAMES } from '../../src-compute/potentials/registry.ts';
import { sumModel } from '../../src-compute/potentials/sum/sum.ts';
import { programPlaces } from '../../src-compute/programs/cpp/print.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { LIBRARY, scratchModel } from '../../src-main/services/export/model-folder.ts';
import { formatParameterFile, programsOf } from '../../src-main/services/export/parameter-file.ts';
import { canRunKimModels } from '../support/kim.ts';
import { KIM_SPECIES, programPotentials, tablePotentials } from '../support/kim-forms.ts';
import { randomNumbers } from './random.ts';

vi.setConfig({ hookTimeout: 240_000 });

const able = canRunKimModels();
const programs = programPotentials();
const forms = [...programs, ...tablePotentials(), sumModel<PotentialModelBase>([...tablePotentials()])];
const source = join(import.meta.dirname, '..', 'support', 'kim-driver.c');

let folder: string;
let built: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-kim-column-'));
  if (!able) return;
  // the same programs as in kim-programs.test.ts, so that the library is built once
  built = await scratchModel(mkdtempSync(join(folder, 'm')), sumModel(programs));
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libkim-api'], { encoding: 'utf8' });
  execFileSync('cc', [source, '-o', join(folder, 'driver'), ...flags.trim().split(/\s+/)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A cluster of some atoms at distances of bonds and beyond. */
function cluster(): Configuration {
  const random = randomNumbers(3);
  const positions = Array.from({ length: 12 }, (_, k) => [k % 2, (k >> 1) % 2, k >> 2]).flatMap((place) =>
    place.map((n) => 2.4 * n + 0.5 * random()),
  );
  return {
    symbols: KIM_SPECIES,
    kinds: Uint16Array.from({ length: 12 }, (_, k) => (k % 3 === 0 ? 1 : 0)),
    positions: Float64Array.from(positions),
    cell: Float64Array.of(40, 0, 0, 0, 40, 0, 0, 0, 40),
    periodic: [false, false, false],
  };
}

/** A folder with the library of all programs and one potential's parameters, its program at its place in the library. */
function modelOf(model: PotentialModelBase): string {
  const own = join(mkdtempSync(join(folder, 'f')), basename(built));
  mkdirSync(own);
  copyFileSync(join(built, LIBRARY), join(own, LIBRARY));
  const places = programPlaces(programsOf(sumModel(programs)));
  const place = places[programs.indexOf(model)];
  const lines = formatParameterFile(model, [])
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('checksum'))
    .map((line) => line.replace(/^program \d+/, `program ${place}`));
  const sum = crc32(lines.map((line) => `${line}\n`).join(''));
  writeFileSync(
    join(own, 'parameters.txt'),
    [...lines, `checksum ${sum.toString(16).padStart(8, '0')}`, ''].join('\n'),
  );
  return own;
}

function run(model: PotentialModelBase, { kinds, positions, symbols }: Configuration): number[] {
  const own = modelOf(model);
  const atoms = Array.from(
    kinds,
    (kind, k) => `${symbols[kind]} ${positions.subarray(3 * k, 3 * k + 3).join(' ')}`,
  );
  const text = execFileSync(join(folder, 'driver'), [basename(own)], {
    input: [kinds.length, ...atoms].join('\n'),
    env: { ...process.env, KIM_API_PORTABLE_MODELS_DIR: dirname(own) },
    encoding: 'utf8',
    cwd: folder,
  });
  return text.trim().split(/\s+/).map(Number);
}

describe.skipIf(!able)('the library of the KIM model', () => {
  it.each(forms.map((model, k) => [`${model.form} (${k + 1})`, model] as const))(
    'computes %s',
    (_, model) => {
      const c = cluster();
      const expected = evaluateReference(model, c);
      const wanted = [
        expected.energy,
        ...Array.from(expected.atomEnergies, (energy, k) => [
          energy,
          ...expected.forces.subarray(3 * k, 3 * k + 3),
        ]).flat(),
      ];
      const scale = Math.max(...wanted.map(Math.abs));
      expect(scale).toBeGreaterThan(1e-3);
      run(model, c).forEach((x, k) => expect(Math.abs(x - wanted[k]) / scale).toBeLessThan(1e-11));
    },
  );
});

it('has every form', () => {
  expect([...new Set(forms.map(({ form }) => form))].sort()).toEqual([...FORM_NAMES].sort());
});
