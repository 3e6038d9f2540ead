/** Bytes of a file, plain or unpacked on the way: gzip, xz, bzip2 and zstd, told from the first bytes. */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import xz from 'xz-decompress';

const CHUNK = 1 << 20;

export interface ByteSource {
  readonly compressed: boolean;
  /** Reads into the buffer; 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number): Promise<number>;
  /** Bytes of the file consumed so far. */
  readonly consumed: number;
  close(): Promise<void>;
}

class PlainSource implements ByteSource {
  readonly compressed = false;
  consumed = 0;
  private readonly handle: FileHandle;

  constructor(handle: FileHandle) {
    this.handle = handle;
  }

  async read(buffer: Uint8Array, offset: number, length: number): Promise<number> {
    const { bytesRead } = await this.handle.read(buffer, offset, length, this.consumed);
    this.consumed += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** Turns the packed bytes of a file into a stream of the unpacked ones. */
type Unpack = (file: Readable) => Readable;

/** The file through one of Node's own unpackers; an error of either side reaches whoever reads. */
function through(unpacker: Readable & NodeJS.WritableStream, file: Readable): Readable {
  file.on('error', (error) => unpacker.destroy(error));
  file.pipe(unpacker);
  return unpacker;
}

const PACKED: readonly { readonly magic: readonly number[]; readonly unpack: Unpack }[] = [
  { magic: [0x1f, 0x8b], unpack: (file) => through(createGunzip({ chunkSize: CHUNK }), file) },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpack: (file) => through(createZstdDecompress({ chunkSize: CHUNK }), file),
  },
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    unpack: (file) =>
      Readable.fromWeb(
        new xz.XzReadableStream(
          Readable.toWeb(file) as unknown as globalThis.ReadableStream,
        ) as unknown as ReadableStream,
      ),
  },
  {
    // "BZh" and the size of a block from 1 to 9, then the beginning of a block: six digits of π
    magic: [0x42, 0x5a, 0x68, NaN, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59],
    unpack: (file) => {
      const unpacker = unbzip2();
      // a stream of Node's first kind: only behind a newer one can it be iterated
      const bytes = new PassThrough({ highWaterMark: CHUNK });
      for (const stream of [file, unpacker]) stream.on('error', (error: Error) => bytes.destroy(error));
      file.pipe(unpacker).pipe(bytes);
      return bytes;
    },
  },
];

class PackedSource implements ByteSource {
  readonly compressed = true;
  private readonly file;
  private readonly stream: Readable;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(path: string, unpack: Unpack) {
    this.file = createReadStream(path, { highWaterMark: CHUNK });
    this.stream = unpack(this.file);
    this.stream.on('error', () => undefined); // reported by the iterator, to whoever reads
    this.chunks = this.stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  get consumed(): number {
    return this.file.bytesRead;
  }

  async read(buffer: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.rest.length === 0) {
      const { value, done } = await this.chunks.next();
      if (done === true) return 0;
      this.rest = value;
    }
    const count = Math.min(length, this.rest.length);
    buffer.set(this.rest.subarray(0, count), offset);
    this.rest = this.rest.subarray(count);
    return count;
  }

  close(): Promise<void> {
    this.file.destroy();
    this.stream.destroy();
    return Promise.resolve();
  }
}

/** Source of the bytes of an open file; the handle is closed when the file is packed, else by close(). */
export async function sourceOf(path: string, handle: FileHandle): Promise<ByteSource> {
  const head = new Uint8Array(10);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  const packed = PACKED.find(({ magic }) =>
    magic.every((byte, k) => k < bytesRead && (Number.isNaN(byte) || head[k] === byte)),
  );
  if (packed === undefined) return new PlainSource(handle);
  await handle.close();
  return new PackedSource(path, packed.unpack);
}

/** Ending of a file name that tells how the file is packed. */
export const PACKED_ENDING = /\.(?:gz|xz|bz2|zst)$/i;
