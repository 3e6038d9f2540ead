/** The list of projects that were open lately; a small JSON file of the program's own. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { partName } from '../platform/temporary-files.ts';

/** As the window sees it. `key` stands for the path: the window never sends paths. */
export interface RecentProject {
  readonly key: string;
  readonly name: string;
  /** Folder, for the eye. */
  readonly folder: string;
  readonly openedAt: number;
  readonly bytes: number;
}

const stored = z.array(z.object({ path: z.string(), openedAt: z.number() }));
const MOST = 30;

/** Name that stands for a path. */
export function projectKey(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 24);
}

/** Name of a project for the eye: its file name without the ending. */
export function projectName(path: string): string {
  return basename(path).replace(/\.fwproj$/, '');
}

export class RecentProjects {
  private readonly file: string;
  private entries: { path: string; openedAt: number }[];

  constructor(folder: string) {
    this.file = join(folder, 'recent-projects.json');
    this.entries = read(this.file);
  }

  /** Projects that still exist, latest first. */
  list(): RecentProject[] {
    return this.entries
      .filter(({ path }) => existsSync(path))
      .map(({ path, openedAt }) => ({
        key: projectKey(path),
        name: projectName(path),
        folder: dirname(path),
        openedAt,
        bytes: statSync(path).size,
      }));
  }

  pathOf(key: string): string | undefined {
    return this.entries.find(({ path }) => projectKey(path) === key)?.path;
  }

  /** Notes that a project was opened now. */
  add(path: string): void {
    this.entries = [
      { path, openedAt: Date.now() },
      ...this.entries.filter((entry) => entry.path !== path),
    ].slice(0, MOST);
    this.write();
  }

  /** Takes a project off the list; its file stays. */
  forget(key: string): void {
    this.entries = this.entries.filter(({ path }) => projectKey(path) !== key);
    this.write();
  }

  private write(): void {
    // losing this list is no harm: a folder that cannot be written must not stop the work
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      const part = partName(this.file);
      writeFileSync(part, JSON.stringify(this.entries, null, 1));
      renameSync(part, this.file);
    } catch (error) {
      process.stderr.write(
        `The list of recent projects was not saved: ${error instanceof Error ? error.message : error}\n`,
      );
    }
  }
}

function read(file: string): { path: string; openedAt: number }[] {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}
