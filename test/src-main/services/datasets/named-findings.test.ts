/** Findings of an import stay with the dataset, name their frames, and are said in one way everywhere. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importFindings, namedFindings } from '../../../../src-main/services/datasets/data-findings.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();

/** Two argon atoms in a box, one of them at a distance. */
const frame = (distance: number, energy: string) =>
  [
    2,
    `Lattice="12 0 0 0 12 0 0 0 12" Properties=species:S:1:pos:R:3:forces:R:3 energy=${energy} pbc="T T T"`,
    'Ar 0 0 0 0 0 0',
    `Ar ${distance} 0 0 0 0 0`,
    '',
  ].join('\n');

describe('findings of an import', () => {
  it('name their frames, those that were left out and those that are there', async () => {
    const file = join(folder, 'argon.xyz');
    writeFileSync(file, frame(3.8, '-0.02') + frame(3.9, 'none') + frame(0.3, '-0.01') + frame(4, '-0.01'));
    using service = ProjectService.open(join(folder, 'findings.fwproj'), { create: true });
    await service.jobs.run(service.jobs.create('import', 'import', { files: [file], skipBad: true }));
    const findings = namedFindings(service.project, 1);
    const torn = findings.find(({ places }) => places.some((place) => place.includes('frame 1,')));
    expect(torn).toMatchObject({ positions: [] });
    // frame 2 of the file is configuration 1 of the dataset: the torn one was left out
    for (const { places, positions } of findings)
      if (places.some((place) => place.includes('frame 2,'))) expect(positions).toContain(1);
    // the same words as in the log of a fit
    const said = importFindings(service.project, 1).join('\n');
    for (const { message, places } of findings) {
      expect(said).toContain(message);
      for (const place of places) expect(said).toContain(place);
    }
  });
});
