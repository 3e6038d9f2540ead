/** Several blocks of bytes in one: letters FWSECTS1, length of the header (u32), header (JSON: names and lengths), blocks. */
import { z } from 'zod';
import { SimulationError } from '../../../src-compute/errors.ts';

const MAGIC = 'FWSECTS1';
const headerSchema = z.array(z.tuple([z.string(), z.int().nonnegative()]));

export type Sections = Readonly<Record<string, Uint8Array>>;

export function joinSections(sections: Sections): Uint8Array {
  const entries = Object.entries(sections);
  const header = Buffer.from(JSON.stringify(entries.map(([name, bytes]) => [name, bytes.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([Buffer.from(MAGIC), length, header, ...entries.map(([, bytes]) => bytes)]);
}

/** @throws SimulationError for anything else */
export function splitSections(bytes: Uint8Array): Sections {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (cause?: unknown) =>
    new SimulationError('This checkpoint cannot be used: it is damaged or of another kind of run.', {
      remedy: 'Start the run again without --resume.',
      cause,
    });
  const start = MAGIC.length + 4;
  if (buffer.length < start || buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) throw damaged();
  const end = start + buffer.readUInt32LE(MAGIC.length);
  let header: z.output<typeof headerSchema>;
  try {
    header = headerSchema.parse(JSON.parse(buffer.toString('utf8', start, end)));
  } catch (cause) {
    throw damaged(cause);
  }
  const sections: Record<string, Uint8Array> = {};
  let offset = end;
  for (const [name, length] of header) {
    if (offset + length > buffer.length) throw damaged();
    sections[name] = buffer.subarray(offset, offset + length);
    offset += length;
  }
  return sections;
}
