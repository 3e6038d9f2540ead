/** Potentials refuse foreign structures before anything is started; what is there can be renamed. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import { requireElements, sourceElements } from '../../../src-main/services/potentials/elements.ts';
import { ProjectService } from '../../../src-main/services/project-service.ts';
import { temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
const lattice = {
  kind: 'lattice',
  lattice: 'zincblende',
  symbols: ['Si', 'C'],
  a: 4.36,
  repeat: [1, 1, 1],
} as const;
const source = {
  ...lattice,
  symbols: ['Si', 'C'],
  repeat: [1, 1, 1] as [number, number, number],
  vacancies: 0,
  seed: 1,
};

describe('elements of a potential', () => {
  let service: ProjectService;
  beforeAll(() => {
    service = ProjectService.open(join(folder, 'elements.fwproj'), { create: true });
    const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
    const document = { name: 'Si', model: stillingerWeberSilicon(), provenance, metrics: {} };
    for (const name of ['Si', 'other'])
      service.potentials.add({
        name,
        form: 'stillinger-weber',
        species: ['Si'],
        document: formatPotentialDocument(document),
      });
  });
  afterAll(() => service[Symbol.dispose]());

  it('are those that a structure may have', () => {
    const potential = service.potentials.get('Si');
    expect(sourceElements(service.project, source)).toEqual(['Si', 'C']);
    expect(() => requireElements(potential, ['Si', 'C'])).toThrow(
      'Si knows Si, and the structure holds C as well.',
    );
    expect(() => requireElements(potential, ['Si'])).not.toThrow();
    // an alloy takes the places of the lattice's own elements
    expect(sourceElements(service.project, { ...source, alloy: { Si: 1, Ge: 0 } })).toEqual(['Si']);
  });

  it('and potentials, datasets and runs can be renamed, each to a name of its own', async () => {
    service.potentials.rename(1, 'silicon, SW');
    expect(service.potentials.get('silicon, SW').id).toBe(1);
    expect(() => service.potentials.rename(2, 'silicon, SW')).toThrow(/already a potential/);
    const run = {
      name: 'first',
      potentialId: 1,
      structure: { ...source, lattice: 'diamond', symbols: ['Si'], a: 5.43 },
      every: 5,
      settings: { ensemble: 'nve', temperature: 300, timestep: 1, steps: 10, seed: 1 },
    };
    const id = service.jobs.create('md', 'first', JSON.parse(JSON.stringify(run)));
    await service.jobs.run(id);
    service.jobs.rename(id, 'a short run');
    expect(service.jobs.get(id).title).toBe('a short run');
    expect(service.trajectories.list().map(({ name }) => name)).toEqual(['a short run']);
    expect(() => service.jobs.rename(99, 'none')).toThrow(/no job number 99/);
  });
});
