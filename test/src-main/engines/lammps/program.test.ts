/** LAMMPS is asked what it is once, not at every look at the equipment of the host; another LAMMPS is asked anew. */
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findLammps } from '../../../../src-main/engines/lammps/program.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { requireProgram } from '../../../support/real-part.ts';

const hasLammps = requireProgram('lmp', 'apt-get install lammps');

describe.skipIf(!hasLammps || process.platform === 'win32')('the LAMMPS of this machine', () => {
  it('is run once however often it is looked for, and again when it was replaced', async () => {
    const folder = temporaryFolder();
    const [path, calls] = [join(folder, 'lmp'), join(folder, 'calls')];
    // the real program, which leaves a mark whenever it is run
    writeFileSync(path, `#!/bin/sh\necho run >> ${calls}\nexec lmp "$@"\n`);
    chmodSync(path, 0o755);
    const count = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0);
    const found = await Promise.all([findLammps(path), findLammps(path), findLammps(path)]);
    for (let k = 0; k < 5; k++) found.push(await findLammps(path));
    expect(new Set(found.map(({ version }) => version)).size).toBe(1);
    expect(found[0].packages.size).toBeGreaterThan(0);
    expect(count()).toBe(1);
    appendFileSync(path, '# another build\n');
    await findLammps(path);
    expect(count()).toBe(2);
    // one that is no LAMMPS is asked again: it may be mended
    const other = join(folder, 'other');
    writeFileSync(other, '#!/bin/sh\necho nothing\n');
    chmodSync(other, 0o755);
    await expect(findLammps(other)).rejects.toThrow(/is no LAMMPS/);
    await expect(findLammps(other)).rejects.toThrow(/is no LAMMPS/);
  });
});
