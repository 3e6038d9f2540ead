/** Settings of Quantum ESPRESSO's pw.x as a reference. */
import { z } from 'zod';

const positive = z.number().positive();

export const OCCUPATIONS = ['fixed', 'smearing'] as const;
export const SMEARINGS = ['gaussian', 'methfessel-paxton', 'marzari-vanderbilt', 'fermi-dirac'] as const;

export const espressoEngineSchema = z.strictObject({
  engine: z.literal('espresso'),
  /** File name of each element's pseudopotential, such as Si: Si.pz-vbc.UPF. */
  pseudopotentials: z.record(z.string(), z.string().min(1)),
  /** Folder with the pseudopotentials; ESPRESSO_PSEUDO or the one that came with the program where absent. */
  pseudoFolder: z.string().min(1).optional(),
  /** Cutoff of the wave functions, Ry. */
  cutoff: positive.max(10_000),
  /** Cutoff of the density, Ry; four times that of the wave functions where absent. */
  densityCutoff: positive.max(100_000).optional(),
  /** Monkhorst–Pack grid; Γ alone for 1 1 1. */
  kPoints: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]).default([1, 1, 1]),
  /** Shift the grid by half a step. */
  kPointShift: z.boolean().default(false),
  occupations: z.enum(OCCUPATIONS).default('smearing'),
  smearing: z.enum(SMEARINGS).default('gaussian'),
  /** Width of the smearing, Ry. */
  smearingWidth: positive.max(1).default(0.01),
  /** Estimated error of the energy at which the iteration ends, Ry per cell. */
  threshold: positive.max(1).default(1e-8),
  /** Most iterations; beyond them the structure counts as unconverged. */
  maximumIterations: z.int().min(1).max(10_000).default(100),
  /** Share of the new density. */
  mixing: positive.max(1).default(0.7),
  spinPolarised: z.boolean().default(false),
  /** Other lines of the namelists, such as { SYSTEM: { vdw_corr: "'grimme-d3'" } }; they win over ours. */
  namelists: z
    .partialRecord(
      z.enum(['CONTROL', 'SYSTEM', 'ELECTRONS']),
      z.record(z.string().regex(/^\w+(\(\d+\))?$/), z.string().regex(/^[^\n/&]+$/)),
    )
    .optional(),
  /** The program; pw.x on the PATH where absent. */
  program: z.string().min(1).optional(),
  /** What stands in front of it, such as mpirun -np 4. */
  launcher: z.string().min(1).optional(),
  /** Seconds that it may take to set up. */
  connectTimeout: positive.default(600),
  /** Seconds for one structure. */
  timeout: positive.default(3600),
  /** Room around the atoms along axes without a period, on each side, Å. */
  vacuum: positive.max(1000).default(8),
});
export type EspressoEngineSettings = z.output<typeof espressoEngineSchema>;
