/** Data that leave through the window: every format that can be written comes back as what it was. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRouter } from '../../../src-main/api/router.ts';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { readConfigurations } from '../../../src-main/formats/index.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let workspace: Workspace;
let api: ReturnType<typeof appRouter.createCaller>;

beforeAll(() => {
  const path = join(folder, 'p.fwproj');
  const project = Project.open(path, { create: true });
  addDataset(project, 'silicon', [crystal(2, 1), crystal(2, 2), crystal(2, 3)]);
  project.close();
  workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: folder });
  workspace.openPath(path);
  api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
});
afterAll(() => workspace.dispose());

/** What a key of an export leads to. */
async function fetched(key: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of workspace.exports.read(key)) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

describe('data that leave through the window', () => {
  it('a format that is a folder comes as a zip of it', async () => {
    const formats = await api.datasets.writableFormats();
    expect(formats.find(({ name }) => name === 'deepmd')).toMatchObject({ extension: '.zip' });
    const { key, fileName, written } = await api.datasets.exportFile({ id: 1, format: 'deepmd' });
    expect([fileName, written]).toEqual(['silicon.zip', 3]);
    const unpacked = join(folder, 'unpacked');
    const files = Object.entries(unzipSync(await fetched(key)));
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(unpacked, name)), { recursive: true });
      writeFileSync(join(unpacked, name), bytes);
    }
    const type = files.map(([name]) => name).find((name) => name.endsWith('type.raw'));
    const back = await readConfigurations(join(unpacked, type ?? ''));
    expect(back.map(({ energy }) => energy)).toEqual([1, 2, 3].map((seed) => crystal(2, seed).energy));
  });

  it('a format that is a file comes as that file', async () => {
    const { key, fileName } = await api.datasets.exportFile({ id: 1, format: 'extxyz' });
    expect(fileName).toBe('silicon.xyz');
    expect(new TextDecoder().decode(await fetched(key))).toContain('Lattice=');
  });
});
