import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  partName,
  sweepAgain,
  sweepFolders,
  sweepParts,
  temporaryFolder as ownFolder,
} from '../../../src-main/platform/temporary-files.ts';
import { temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = temporaryFolder();
process.env.TMPDIR = folder;
beforeEach(sweepAgain);

/** What a process that was killed leaves behind: the names of a folder and of a half-written file. */
function killedProcess(): { made: string; part: string } {
  const module = join(repositoryRoot, 'src-main', 'platform', 'temporary-files.ts');
  const script = `
    import { writeFileSync } from 'node:fs';
    const { partName, temporaryFolder } = await import(${JSON.stringify(module)});
    const part = partName(${JSON.stringify(join(folder, 'run.xyz'))});
    writeFileSync(part, 'half');
    console.log(JSON.stringify({ made: temporaryFolder('test'), part }));
    process.kill(process.pid, 'SIGKILL');`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(signal).toBe('SIGKILL');
  return JSON.parse(stdout) as { made: string; part: string };
}

describe('files and folders for a while', () => {
  it('are removed when the process that made them was killed', () => {
    const { made, part } = killedProcess();
    writeFileSync(join(made, 'in.lammps'), 'run 0');
    expect(existsSync(part)).toBe(true);
    expect(sweepParts(folder)).toEqual([basename(part)]);
    expect(sweepFolders()).toContain(basename(made));
    expect(readdirSync(folder)).not.toContain(basename(made));
  });

  it('stay while their process lives, and where they are of another machine or no such file', () => {
    const own = ownFolder('test');
    const part = partName(join(folder, 'live.xyz'));
    writeFileSync(part, 'being written');
    const { made, part: dead } = killedProcess();
    // the same process number on another machine, and a folder and a link under the name of a file
    const elsewhere = dead.replace(/\.[0-9a-f]{8}-(?=\d+-\d*-\d+-\d+\.part$)/, '.00000000-');
    writeFileSync(elsewhere, 'being written elsewhere');
    mkdirSync(dead.replace('.part', '9.part'));
    symlinkSync(part, dead.replace('.part', '8.part'));
    writeFileSync(join(folder, 'notes.part'), "the user's own");
    sweepAgain();
    expect(sweepParts(folder)).toEqual([basename(dead)]);
    sweepFolders();
    expect(existsSync(made)).toBe(false);
    for (const path of [own, part, elsewhere, join(folder, 'notes.part')])
      expect(existsSync(path)).toBe(true);
  });

  it('have names that nobody can foresee, and fit on the disk behind names of any length and script', () => {
    const [first, second] = [partName(join(folder, 'a')), partName(join(folder, 'a'))];
    const numberOf = (name: string) => Number(/-(\d+)\.part$/.exec(name)?.[1]);
    expect(Math.abs(numberOf(first) - numberOf(second))).toBeGreaterThan(1000);
    for (const name of ['a'.repeat(250), '\u4e2d'.repeat(80)]) {
      const part = partName(join(folder, name));
      writeFileSync(part, 'half');
      expect(Buffer.byteLength(basename(part))).toBeLessThan(256);
      expect(basename(part)).not.toContain('\ufffd');
      sweepAgain();
      expect(sweepParts(folder)).toEqual([]); // this process lives
      rmSync(part);
    }
  });

  it('stay where the number of a dead process has been given to another one', () => {
    const { part } = killedProcess();
    // our own number with another start: that process is dead; ours with our start: it lives
    const [reused, ours] = [`1`, /-(\d*)-\d+-\d+\.part$/.exec(partName('x'))?.[1] ?? ''].map((start) =>
      part.replace(/-\d+-\d*-(\d+-\d+)\.part$/, `-${process.pid}-${start}-$1.part`),
    );
    for (const path of [reused, ours]) writeFileSync(path, 'half');
    sweepAgain();
    expect(sweepParts(folder).sort()).toEqual([basename(part), basename(reused)].sort());
    expect(existsSync(ours)).toBe(true);
  });
});
