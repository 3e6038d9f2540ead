/**
 * Projects that the system hands over: a double click gives a path in the command line (Windows, Linux), an address
 * (Linux desktop entries with %U), or the event open-file (macOS).
 */
import { posix, win32 } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The project that a command line names: its last argument that ends in .fwproj. Options are passed over, among them
 * those that Chromium adds to the line of a second instance.
 * @param args arguments behind the program
 * @param folder what relative paths begin at
 * @param platform whose paths they are
 * @returns an absolute path, or undefined when no project is named
 */
export function projectInArguments(
  args: readonly string[],
  folder: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const windows = platform === 'win32';
  const paths = args
    .filter((argument) => !argument.startsWith('-'))
    .map((argument) => asPath(argument, windows));
  const project = paths.findLast((path) => path?.toLowerCase().endsWith('.fwproj'));
  if (project === undefined) return undefined;
  return windows ? win32.resolve(folder, project) : posix.resolve(folder, project);
}

function asPath(argument: string, windows: boolean): string | undefined {
  if (!/^file:/i.test(argument)) return argument;
  try {
    return fileURLToPath(argument, { windows });
  } catch {
    // an address of another machine, or none at all
    return undefined;
  }
}

/** Projects that come before there is somebody to open them: the last one is kept. */
export class Arrivals {
  private waiting: string | undefined;
  private open: ((path: string) => void) | undefined;

  /** A project arrived. */
  add(path: string): void {
    if (this.open === undefined) this.waiting = path;
    else this.open(path);
  }

  /** From now on every project is given to `open`, the one that waits at once. */
  receive(open: (path: string) => void): void {
    this.open = open;
    if (this.waiting !== undefined) open(this.waiting);
    this.waiting = undefined;
  }
}
