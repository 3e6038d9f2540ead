import { describe, expect, it } from 'vitest';
import { requireAccepted, requireConserved } from '../../../../src-main/services/simulations/verdict.ts';

describe('runs that mean nothing', () => {
  it('are those whose conserved energy changed by more than an eV per atom', () => {
    // 1000 meV/atom/ps over 2 ps
    expect(() => requireConserved(1000, 2000)).toThrow('2.00 eV/atom');
    expect(() => requireConserved(-1000, 2000)).toThrow('mean nothing');
    expect(() => requireConserved(100, 2000)).not.toThrow();
    // too short for a slope
    expect(() => requireConserved(NaN, 1)).not.toThrow();
  });

  it('are chains without an accepted trajectory', () => {
    expect(() => requireAccepted(0, 50)).toThrow('None of 50 trajectories');
    expect(() => requireAccepted(0, 5)).not.toThrow();
    expect(() => requireAccepted(0.02, 50)).not.toThrow();
  });
});
