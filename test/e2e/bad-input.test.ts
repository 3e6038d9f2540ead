/**
 * What a careless user, a full disk or a hostile file can do to the window: in each case a sentence that says what is
 * wrong and what to do, nothing lost, and no script but our own. Everything real: host, files, SQLite, Chromium.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { Project } from '../../src-main/store/project.ts';
import { addDataset, crystal } from '../support/project.ts';
import { accessibility } from './support/axe.ts';
import { dropFile } from './support/drop.ts';
import { siliconFile } from './support/silicon-file.ts';
import { describeTasks, traceTasks } from './support/task-trace.ts';
import { hasChromium, startHost, Visitor, type RunningHost } from './support/web-host.ts';
import { useWindows } from './support/windows.ts';

/** Longest task that does not hold up the window, in yardsticks of some 50 ms (W3C, Long Tasks). */
const LONG_TASK = 8;

const NOBODY = 65534;
const scratch = mkdtempSync(join(tmpdir(), 'forcewright-bad-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A project with one dataset of a few crystals. */
function smallProject(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  using project = Project.open(path, { create: true });
  addDataset(project, 'crystals', [crystal(2, 1), crystal(2, 2), crystal(2, 3)]);
}

const notice = (page: Page): Locator => page.getByRole('region', { name: 'Messages' });
const recent = (page: Page, name: string): Locator =>
  page.locator('button.recent', { has: page.getByText(name, { exact: true }) });
const rail = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });

/** Selects the first row of the table by keyboard, when the rows are there. */
async function chooseFirst(page: Page): Promise<void> {
  const table = page.getByRole('grid', { name: 'Configurations' });
  await table.locator('.body .line').nth(2).waitFor();
  await table.focus();
  await page.keyboard.press('Home');
  await table.locator('.line.current').waitFor();
  await page.keyboard.press('Space');
  await page.getByText('1 configuration selected').waitFor();
}

/** Files that are not what they seem, with what is said about them. */
const FILES: readonly [name: string, content: string | Uint8Array, words: RegExp][] = [
  ['noise.xyz', Uint8Array.from({ length: 5000 }, (_, k) => (k * 7919) % 251), /noise\.xyz cannot be read/],
  ['empty.xyz', '', /empty\.xyz is empty/],
  ['picture.xyz', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /picture\.xyz cannot be read/],
  ['claims.xyz', '1000000000\nLattice="3 0 0 0 3 0 0 0 3"\nSi 0 0 0\n', /found "1000000000"/],
  ['negative.xyz', '-5\n\nSi 0 0 0\n', /found "-5"/],
  [
    'vasprun.xml',
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' +
      Array.from({ length: 12 }, (_, k) => `<!ENTITY a${k} "${`&a${k || ''};`.repeat(10)}">`).join('') +
      ']><modeling>&a11;</modeling>',
    /well-formed XML|entit(y|ies)/i,
  ],
  ['letter.docx', Buffer.from('504b0304140006000800', 'hex'), /letter\.docx cannot be read/],
];

/** The preview of what was dropped or chosen, when the host has looked at it. */
async function preview(page: Page): Promise<Locator> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('status').getByText('Nothing is saved yet').waitFor();
  return dialog;
}

/** The first that is seen: what is assumed of a file lies folded away with the same words. */
const seen = (within: Locator, words: RegExp | string): Locator =>
  within.getByText(words).filter({ visible: true }).first();

describe.skipIf(!hasChromium)('bad files', () => {
  const windows = useWindows();

  it.each(FILES)('%s is refused in the preview, and the rest can go on', async (name, content, words) => {
    const visitor = await windows.open({ project: smallProject });
    const { page } = visitor;
    await dropFile(page, name, content);
    const dialog = await preview(page);
    await seen(dialog, words).waitFor();
    expect(await dialog.getByRole('button', { name: 'Import' }).isDisabled()).toBe(true);
    if (name === 'noise.xyz') {
      await visitor.picture('20-unreadable');
      expect.soft(await accessibility(page)).toEqual([]);
    }
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
  });

  it('shows hostile names and contents as text, and runs nothing of them', async () => {
    const visitor = await windows.open();
    const { page } = visitor;
    const hostile = '<img src=x onerror="window.hacked=1">';
    const frames = [1, 2, 3].map(
      (k) =>
        `1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3 energy=${-k} ` +
        `config_type="${hostile.replaceAll('"', "'")}" pbc="T T T"\nSi 0 0 0 0 0 0\n`,
    );
    await dropFile(page, `..\\..\\${hostile}.xyz`, frames.join(''));
    const dialog = await preview(page);
    await seen(dialog, /onerror/).waitFor();
    await dialog.getByRole('button', { name: 'Import' }).click();
    await page.getByRole('link', { name: /onerror/ }).click();
    await page.getByRole('grid', { name: 'Configurations' }).locator('.line').nth(2).waitFor();
    await page.getByText('onerror', { exact: false }).first().waitFor();
    await visitor.picture('21-hostile');
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(existsSync(join(windows.folder, '..', 'window.hacked=1_.xyz'))).toBe(false);
  });

  it('judges a large file by its beginning while the window stays quick', async () => {
    const { text } = siliconFile();
    const large = text.repeat(120);
    expect(large.length).toBeGreaterThan(20e6);
    const path = join(scratch, 'large.xyz');
    writeFileSync(path, large);
    const visitor = await windows.open({ project: smallProject });
    const { page } = visitor;
    const tasks = await traceTasks(visitor.browser, page, async () => {
      const chooser = page.waitForEvent('filechooser');
      await page.keyboard.press('Control+i');
      await (await chooser).setFiles(path);
      await preview(page);
    });
    const dialog = page.getByRole('dialog');
    await seen(dialog, /looked at/).waitFor();
    await seen(dialog, /about [\d,]+ frames/).waitFor();
    await visitor.picture('22-large-file');
    console.info(describeTasks('a large file', tasks));
    expect(tasks.cpu[0]).toBeLessThan(LONG_TASK * tasks.yardstick);
  });
});

describe.skipIf(!hasChromium)('projects that cannot be used as they are', () => {
  it('locked, from a newer version, torn: each in a sentence, and nothing is lost', async () => {
    const host = await startHost();
    const projects = join(host.folder, 'projects');
    smallProject(join(projects, 'Busy.fwproj'));
    smallProject(join(projects, 'Newer.fwproj'));
    copyFileSync(join(projects, 'Newer.fwproj'), join(projects, 'Torn.fwproj'));
    spawnSync('truncate', ['-s', '3000', join(projects, 'Torn.fwproj')]);
    {
      using newer = Project.open(join(projects, 'Newer.fwproj'));
      newer.sqlite
        .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
        .run('of the future', 9e12);
    }
    const visitor = await Visitor.arrive(host.url);
    const { page } = visitor;
    try {
      await recent(page, 'Newer').click();
      await notice(page).getByText('made by a newer version').waitFor();
      await notice(page).getByText('update this one').waitFor();
      await recent(page, 'Torn').click();
      await notice(page)
        .getByText(/damaged|not a Forcewright project/)
        .waitFor();
      await visitor.picture('23-projects-refused');
      await recent(page, 'Busy').click();
      await rail(page, 'Data').click();
      await page.getByRole('link', { name: /crystals/ }).click();
      await chooseFirst(page);
      using other = Project.open(join(projects, 'Busy.fwproj'));
      other.sqlite.exec('BEGIN IMMEDIATE');
      await page.keyboard.press('Delete');
      await notice(page).getByText('in use by another program').waitFor();
      await notice(page).getByText('close the other window').waitFor();
      other.sqlite.exec('ROLLBACK');
      // the row is still selected: the same key works now
      await page.keyboard.press('Delete');
      await page.locator('.line.excluded').first().waitFor();
    } finally {
      await visitor.leave();
      await host.stop();
    }
  });

  it.skipIf(process.platform === 'win32')(
    'read-only: it can be looked at, and copied to work on',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'forcewright-read-only-'));
      const projects = join(folder, 'projects');
      const locked = join(projects, 'Locked.fwproj');
      smallProject(locked);
      for (const path of [folder, projects]) chmodSync(path, 0o777);
      chmodSync(locked, 0o444);
      const user = process.getuid?.() === 0 ? NOBODY : undefined;
      const host = await startHost({ folder, user, env: { HOME: folder } });
      const visitor = await Visitor.arrive(host.url);
      const { page } = visitor;
      try {
        await recent(page, 'Locked').click();
        await page.getByText('This project is read-only').waitFor();
        await rail(page, 'Data').click();
        await page.getByRole('link', { name: /crystals/ }).click();
        await chooseFirst(page);
        await page.keyboard.press('Delete');
        await notice(page)
          .getByText(/read-only|reading only/)
          .waitFor();
        await visitor.picture('24-read-only');
        expect.soft(await accessibility(page)).toEqual([]);
        await page.getByRole('button', { name: 'Work on a copy' }).click();
        await page.getByText('This project is read-only').waitFor({ state: 'hidden' });
        await rail(page, 'Data').click();
        await page.getByRole('link', { name: /crystals/ }).click();
        await chooseFirst(page);
        await page.keyboard.press('Delete');
        await page.locator('.line.excluded').first().waitFor();
      } finally {
        await visitor.leave();
        await host.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

/** A file system of a few MB of one's own, in a name space of one's own; most Linux systems allow it. */
const smallDisk = (folder: string, megabytes: number) => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=${megabytes}m none "$0" && exec "$@"`,
  folder,
];
const canMount =
  spawnSync(smallDisk(scratch, 1)[0], [...smallDisk(scratch, 1).slice(1), 'true'], { stdio: 'ignore' })
    .status === 0;

describe.skipIf(!hasChromium || !canMount)('a disk that is full', () => {
  /** A host whose projects lie on a disk of 2 MB; its uploads, too, where `uploads` says so. */
  async function onSmallDisk(uploads: boolean, work: (visitor: Visitor) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'forcewright-full-'));
    const disk = join(folder, 'projects');
    mkdirSync(disk);
    const env = uploads ? { TMPDIR: disk } : undefined;
    const host = await startHost({ folder, under: smallDisk(disk, 2), env });
    const visitor = await Visitor.arrive(host.url);
    try {
      await work(visitor);
    } finally {
      await visitor.leave();
      await host.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it('is said of an import, and what was there stays', () =>
    onSmallDisk(false, async (visitor) => {
      const { page } = visitor;
      await dropFile(page, 'small.xyz', siliconFile(20).text);
      await (await preview(page)).getByRole('button', { name: 'Import' }).click();
      await page.getByRole('link', { name: /small/ }).waitFor();
      await dropFile(page, 'large.xyz', siliconFile(1).text.repeat(3));
      await (await preview(page)).getByRole('button', { name: 'Import' }).click();
      await notice(page)
        .getByText(/Nothing of this step was saved/)
        .waitFor();
      await visitor.picture('25-disk-full');
      await page.reload();
      await rail(page, 'Data').click();
      await page.getByRole('link', { name: /small/ }).waitFor();
      expect(await page.getByRole('link', { name: /large/ }).count()).toBe(0);
    }));

  it('is said of an upload', () =>
    onSmallDisk(true, async ({ page }) => {
      await dropFile(page, 'some.xyz', siliconFile(20).text);
      await notice(page)
        .getByText(/The disk is (nearly )?full: some\.xyz could not be uploaded\./)
        .waitFor();
      await notice(page).getByText('Free some space').waitFor();
    }));
});

describe.skipIf(!hasChromium)('a host that dies', () => {
  it('leaves jobs that the next one resumes, and a page that says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forcewright-killed-'));
    const first = await startHost({ folder });
    let visitor = await Visitor.arrive(first.url);
    let second: RunningHost | undefined;
    try {
      await visitor.page.getByRole('button', { name: /silicon example/ }).click();
      await visitor.page
        .getByRole('link', { name: /Silicon/i })
        .first()
        .waitFor();
      await rail(visitor.page, 'Fit').click();
      await visitor.page.getByRole('button', { name: 'Start the fit' }).click();
      await visitor.page.getByRole('button', { name: 'Stop' }).waitFor();
      first.process.kill('SIGKILL');
      await visitor.page.getByText('The connection to Forcewright is lost').waitFor();
      await visitor.picture('26-connection-lost');
      await visitor.leave();
      second = await startHost({ folder });
      visitor = await Visitor.arrive(second.url);
      await recent(visitor.page, 'Silicon example').click();
      await rail(visitor.page, 'Home').waitFor();
      await visitor.page.keyboard.press('Control+j');
      const tray = visitor.page.getByRole('complementary', { name: 'Jobs' });
      await tray.getByText('interrupted', { exact: false }).first().waitFor();
      await tray
        .getByRole('button', { name: /Go on|Run again/ })
        .first()
        .click();
      await tray.getByRole('button', { name: 'Stop' }).first().click();
      await tray.getByText('cancelled').first().waitFor();
    } finally {
      await visitor.leave();
      await first.stop();
      await second?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
