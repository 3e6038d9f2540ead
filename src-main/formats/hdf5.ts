/**
 * HDF5 files through h5wasm, the HDF5 library of The HDF Group as WebAssembly: it opens the file itself, reads only what
 * is asked for, and is loaded when the first such file is.
 */
import { FrameFailure } from './format.ts';

export interface Hdf5 {
  /** Lengths of a dataset along its axes; undefined when there is none of that name. */
  shape(path: string): readonly number[] | undefined;
  /** Numbers of a dataset, or those at one index of its first axis. */
  numbers(path: string, index?: number): Float64Array | undefined;
  /** Texts of a dataset, blanks at the ends left out. */
  strings(path: string): string[] | undefined;
  close(): void;
}

/** @throws FrameFailure when the file is damaged or cut off */
export async function openHdf5(path: string): Promise<Hdf5> {
  const { ready, File, Dataset, Group } = await import('h5wasm/node');
  const library = await ready;
  // failures come as errors, not as text on the terminal
  library.activate_throwing_error_handler();
  const damaged = (cause: unknown) =>
    new FrameFailure(
      `Expected an HDF5 file that is whole, but ${reasonOf(cause)}.`,
      1,
      'The file was cut off or is damaged: copy it again.',
    );
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw damaged(cause);
    }
  };
  const file = attempt(() => new File(path, 'r'));
  const dataset = (name: string) => {
    const names = name.split('/');
    // asking for what is not there would be an error
    for (let k = 1; k <= names.length; k++) {
      const group = k === 1 ? file : attempt(() => file.get(names.slice(0, k - 1).join('/')));
      if (!(group instanceof Group) || !attempt(() => group.keys()).includes(names[k - 1])) return undefined;
    }
    const found = attempt(() => file.get(name));
    return found instanceof Dataset ? found : undefined;
  };
  return {
    shape: (name) => {
      const found = dataset(name);
      return found && attempt(() => found.shape ?? []);
    },
    numbers: (name, index) => {
      const found = dataset(name);
      if (found === undefined) return undefined;
      const rest = (found.shape?.length ?? 1) - 1;
      const slice = (): unknown =>
        index === undefined
          ? found.value
          : found.slice([[index, index + 1], ...Array.from({ length: rest }, (): [] => [])]);
      return reals(attempt(slice), name);
    },
    strings: (name) => {
      const found = dataset(name);
      const value: unknown = found && attempt(() => found.value);
      return Array.isArray(value) && value.every((text) => typeof text === 'string')
        ? value.map((text) => text.trim())
        : undefined;
    },
    close: () => void file.close(),
  };
}

/** The innermost message of the library's stack: "truncated file: eof = …". */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : '';
  const messages = text.split('\n').flatMap((line) => /\(\): (.{1,200})/.exec(line)?.[1] ?? []);
  return messages.at(-1) ?? 'it cannot be read';
}

function reals(value: unknown, name: string): Float64Array {
  if (typeof value === 'number' || typeof value === 'bigint') return Float64Array.of(Number(value));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Float64Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  throw new FrameFailure(`Expected numbers in ${name} of the HDF5 file.`, 1);
}
