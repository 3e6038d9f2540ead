import { describe, expect, it } from 'vitest';
import type { PotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { provenanceComments } from '../../../../src-main/services/export/provenance.ts';

const model = lennardJonesModel('Ar', 0.01, 3.4, 8);
const document: PotentialDocument = {
  name: 'argon',
  model,
  provenance: {
    program: 'Forcewright 0.1.0',
    created: '2026-11-20T07:00:00Z',
    data: [{ name: '/home/someone/Ar.xyz', sha256: 'ab12', role: 'train' }],
    settings: { level: 16, note: `a\nlong ${'text '.repeat(60)}` },
    report: { iterations: 12 },
  },
  metrics: {
    train: {
      configurations: 3,
      atoms: 13233,
      energy_mae_mev_per_atom: 1.23456,
      energy_rmse_mev_per_atom: 2,
      force_mae_ev_per_a: 0.05,
      force_rmse_ev_per_a: 0.07,
      virial_mae_mev_per_atom: null,
      virial_rmse_mev_per_atom: null,
    },
  },
};

describe('provenanceComments', () => {
  it('tells data, settings and errors, one line each, and no folder of the machine', () => {
    const lines = provenanceComments({ model, name: 'argon', document }, '/somewhere/argon.potential.json');
    expect(lines[0]).toBe('Exported by Forcewright from argon.potential.json.');
    expect(lines).toContain('Made by Forcewright 0.1.0, 2026-11-20T07:00:00Z');
    expect(lines).toContain('Data (train): Ar.xyz, sha256 ab12');
    expect(lines).toContain('Setting level: 16');
    expect(lines).toContain('Report iterations: 12');
    expect(lines.find((line) => line.includes('  atoms'))).toMatch(/ 13233$/);
    expect(lines.find((line) => line.includes('energy MAE'))).toMatch(/ 1\.235$/);
    expect(lines.find((line) => line.includes('virial MAE'))).toMatch(/ –$/);
    lines.forEach((line) => {
      expect(line).not.toMatch(/\n|someone|somewhere/);
      expect(line.length).toBeLessThan(200);
    });
  });

  it('says so when a file has no provenance', () => {
    expect(provenanceComments({ model, name: 'x' }, 'x.mtp')).toEqual([
      'Exported by Forcewright from x.mtp.',
    ]);
  });
});
