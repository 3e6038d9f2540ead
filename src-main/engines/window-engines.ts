/**
 * Reference engines as a user interface may ask for them. A window, or a browser across the room, must not name programs,
 * commands or files of this machine: it chooses among what is installed, with potential files that came with it.
 */
import { z } from 'zod';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { checkPairStyle } from './lammps/pair-styles.ts';
import type { ReferenceEngineInput } from './registry.ts';
import { espressoEngineSchema } from './espresso/settings.ts';

/** What follows pair_style or pair_coeff; checkPairStyle says what may stand in it. */
const lammpsLine = z.string().min(1).max(2000);

const seconds = z.number().positive().max(1e7);

const windowEngines = z.discriminatedUnion('engine', [
  z.strictObject({
    engine: z.literal('lammps'),
    pairStyle: lammpsLine,
    pairCoefficients: z.array(lammpsLine).min(1).max(100),
    species: z.array(z.string().min(1).max(20)).min(1).max(20).optional(),
    timeout: seconds.optional(),
  }),
  /** A client that somebody starts elsewhere; only programs of this machine can connect. */
  z.strictObject({
    engine: z.literal('i-pi'),
    address: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('unix'), name: z.string().regex(/^[\w.-]{1,60}$/) }),
      z.strictObject({ kind: z.literal('tcp'), port: z.int().min(1024).max(65535) }),
    ]),
    timeout: seconds.optional(),
    connectTimeout: seconds.optional(),
  }),
  espressoEngineSchema
    .omit({ pseudoFolder: true, namelists: true, program: true, launcher: true })
    .extend({ pseudopotentials: z.record(z.string(), z.string().regex(/^[A-Za-z0-9][\w.+-]{0,199}$/)) }),
]);

export const windowEngineSchema = windowEngines.superRefine((engine, context) => {
  if (engine.engine !== 'lammps') return;
  try {
    checkPairStyle(engine.pairStyle, engine.pairCoefficients);
  } catch (error) {
    if (!(error instanceof ForcewrightError)) throw error;
    context.addIssue({ code: 'custom', path: ['pairStyle'], message: `${error.message} ${error.remedy}` });
  }
});
export type WindowEngine = z.output<typeof windowEngineSchema>;
export type WindowEngineInput = z.input<typeof windowEngineSchema>;

/** The engine that a window asked for. */
export function engineOfWindow(asked: WindowEngine): ReferenceEngineInput {
  if (asked.engine !== 'i-pi' || asked.address.kind === 'unix') return asked as ReferenceEngineInput;
  return { ...asked, address: { kind: 'tcp', host: '127.0.0.1', port: asked.address.port } };
}
