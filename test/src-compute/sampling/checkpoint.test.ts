/** Checkpoints come back to the last bit; what was cut off or written by others is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src-compute/sampling/checkpoint.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/lennard-jones.ts';
import {
  readRunCheckpoint,
  writeRunCheckpoint,
} from '../../../src-main/services/simulations/checkpoint-file.ts';
import { runIdentity } from '../../../src-main/services/simulations/run-identity.ts';
import { crystal } from '../../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'fw-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const arrays = { a: Float64Array.of(NaN, -0, Infinity), b: new Float64Array(0) };
const blocks = { state: Uint8Array.from({ length: 1001 }, (_, k) => k % 256), none: new Uint8Array(0) };
const whole = encodeCheckpoint({ kind: 'k-2', values: { n: 1 }, arrays, blocks });

describe('a checkpoint', () => {
  it('keeps arrays and blocks of bytes, and is read by whoever knows its kind', () => {
    const read = decodeCheckpoint(whole, 'k-3', 'k-2');
    expect(read).toEqual({ kind: 'k-2', values: { n: 1 }, arrays, blocks });
    expect(Object.is(read.arrays.a[1], -0)).toBe(true);
    expect(() => decodeCheckpoint(whole, 'k-3')).toThrow(/belongs to k-2, and k-3 was expected/);
  });

  it('keeps its bytes as bytes: no text grows with them', () => {
    const small = encodeCheckpoint({
      kind: 'k',
      values: {},
      arrays: {},
      blocks: { state: new Uint8Array(1) },
    });
    const large = encodeCheckpoint({
      kind: 'k',
      values: {},
      arrays: {},
      blocks: { state: new Uint8Array(1e6) },
    });
    const headerOf = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(8, true);
    expect(headerOf(large)).toBeLessThan(headerOf(small) + 10);
  });

  it('that was cut off anywhere is refused', () => {
    for (let length = 0; length < whole.length; length += 13)
      expect(() => decodeCheckpoint(whole.slice(0, length), 'k-2')).toThrow(/cannot be used/);
  });

  it('in which anything was changed is refused; those of the version before had no checksum', () => {
    for (let at = 0; at < whole.length; at += 7) {
      const changed = whole.slice();
      changed[at] ^= 1;
      expect(() => decodeCheckpoint(changed, 'k-2', 'k-3')).toThrow(/cannot be used/);
    }
    const earlier = whole.slice(0, -4);
    earlier[7] = '1'.charCodeAt(0);
    expect(decodeCheckpoint(earlier, 'k-2').arrays).toEqual(arrays);
  });

  it.each([['"lengths":[["a",-1]]'], ['"lengths":[["a",1e300]]'], ['"lengths":7'], ['"lengths":[],"blocks":[["a",-9]]']])(
    'with the sizes %s is refused',
    (sizes) => {
      const header = new TextEncoder().encode(`{"kind":"k","values":{},${sizes}}`);
      const bytes = new Uint8Array(12 + header.length);
      bytes.set(new TextEncoder().encode('FWCHECK1'));
      new DataView(bytes.buffer).setUint32(8, header.length, true);
      bytes.set(header, 12);
      expect(() => decodeCheckpoint(bytes, 'k')).toThrow(/cannot be used/);
    },
  ); // prettier-ignore
});

describe('the checkpoint of a run', () => {
  const identity = runIdentity({
    model: lennardJonesModel('Ar', 0.0104, 3.4, 7),
    configuration: crystal(2, 1),
  });
  const saved = { state: blocks.state, outputs: { out: 7 }, identity };

  it('comes back, also one of the version before', () => {
    const path = join(folder, 'now.checkpoint');
    writeRunCheckpoint(path, saved);
    expect(readRunCheckpoint(path, identity)).toMatchObject(saved);
    const recording = { '--every': '10', '--thermo-every': '5' };
    writeRunCheckpoint(path, { ...saved, recording });
    expect(readRunCheckpoint(path, identity, recording)).toMatchObject(saved);
    expect(() => readRunCheckpoint(path, identity, { '--every': '50' })).toThrow(
      'were written with --every 10, --thermo-every 5, and this run has --every 50, no --thermo-every.',
    );
    const values = {
      outputs: JSON.stringify(saved.outputs),
      identity: JSON.stringify(identity),
      state: Buffer.from(saved.state).toString('base64'),
      guarded: false,
    };
    writeFileSync(path, encodeCheckpoint({ kind: 'run-1', values, arrays: {} }));
    expect(readRunCheckpoint(path, identity)).toMatchObject(saved);
  });
});
