/** A recipe as a job of the project: its result is kept as an analysis. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { RECIPE_ANALYSIS } from '../../../../src-main/services/recipes/recipe-runner.ts';
import { AnalysisRepository } from '../../../../src-main/store/analyses.ts';
import { PotentialRepository } from '../../../../src-main/store/potentials.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { stillingerWeber } from '../../../conformance/potentials.ts';
import { requireProgram } from '../../../support/real-part.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();
const hasLammps = requireProgram('lmp', 'apt-get install lammps');

describe('recipe jobs', () => {
  it('keep values, tables and figures with the project; wrong settings fail in words', async () => {
    using project = Project.open(join(folder, 'recipes.fwproj'), { create: true });
    const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
    const document = { name: 'Si', model: stillingerWeberSilicon(), provenance, metrics: {} };
    const potentialId = new PotentialRepository(project).add({
      name: 'Si',
      form: 'stillinger-weber',
      species: ['Si'],
      document: formatPotentialDocument(document),
    });
    using service = new JobService(project);
    const structure = { kind: 'lattice', lattice: 'diamond', symbols: ['Si'], a: 5.431, repeat: [1, 1, 1] };
    const id = service.create('recipe', 'elastic constants', {
      recipe: 'elastic',
      potentialId,
      settings: {},
      structure,
    });
    const job = await service.run(id);
    expect(job.state).toBe('done');
    const { analysisId } = job.result as { analysisId: number };
    const kept = new AnalysisRepository(project).get(analysisId);
    expect(kept?.kind).toBe(RECIPE_ANALYSIS);
    const result = kept?.result as {
      values: { constants_gpa: { C44: number } };
      tables: { rows: unknown[] }[];
      figures: { series: unknown[] }[];
      notes: string[];
    };
    expect(result.values.constants_gpa.C44).toBeCloseTo(56.4, 0);
    expect(result.tables[0].rows).toHaveLength(6);
    expect(result.figures[0].series).toHaveLength(6);
    const wrong = service.create('recipe', 'soup', { recipe: 'soup', potentialId, settings: {} });
    await expect(service.run(wrong)).rejects.toThrow('no recipe "soup"');
    expect(service.get(wrong)).toMatchObject({
      state: 'failed',
      error: { remedy: expect.stringContaining('elastic') },
    });
    const elsewhere = { recipe: 'melting', potentialId, settings: {}, place: 'lammps' };
    const onlyHere = service.create('recipe', 'melting', elsewhere);
    await expect(service.run(onlyHere)).rejects.toThrow('computes here only');
    if (!hasLammps) return;
    // LAMMPS gets potentials as KIM models, and not every form can be one
    const both = stillingerWeber(['Si', 'Ge']);
    const uneven = both.triplets.map((t) => (t.species.join('') === 'SiSiGe' ? { ...t, lambda: 1 } : t));
    const odd = new PotentialRepository(project).add({
      name: 'odd',
      form: 'stillinger-weber',
      species: both.species,
      document: formatPotentialDocument({ ...document, model: { ...both, triplets: uneven } }),
    });
    const noModel = { recipe: 'ev', potentialId: odd, settings: {}, structure, place: 'both' };
    const refused = service.create('recipe', 'E(V)', noModel);
    await expect(service.run(refused)).rejects.toThrow('cannot be exported as a KIM model');
  });
});
