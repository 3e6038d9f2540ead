/**
 * Reference engines as a user interface may ask for them. A window, or a browser across the room, must not name programs,
 * commands or files of this machine: it chooses among what is installed, with potential files that came with it.
 */
import { z } from 'zod';
import type { ReferenceEngineInput } from './registry.ts';
import { espressoEngineSchema } from './espresso/settings.ts';

/** A line of LAMMPS without files of other folders. */
const lammpsLine = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[^\n;&$`/\\]+$/, 'one line of LAMMPS without folders, ; & or $ was expected');

const seconds = z.number().positive().max(1e7);

export const windowEngineSchema = z.discriminatedUnion('engine', [
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
    .extend({ pseudopotentials: z.record(z.string(), z.string().regex(/^[\w.+-]{1,200}$/)) }),
]);
export type WindowEngine = z.output<typeof windowEngineSchema>;
export type WindowEngineInput = z.input<typeof windowEngineSchema>;

/** The engine that a window asked for. */
export function engineOfWindow(asked: WindowEngine): ReferenceEngineInput {
  if (asked.engine !== 'i-pi' || asked.address.kind === 'unix') return asked as ReferenceEngineInput;
  return { ...asked, address: { kind: 'tcp', host: '127.0.0.1', port: asked.address.port } };
}
