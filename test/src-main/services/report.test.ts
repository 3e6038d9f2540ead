/** Reports: what they say, that they stand alone, and that no name or note in them becomes markup. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatPotentialDocument } from '../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/lennard-jones.ts';
import { escaped, html } from '../../../src-main/services/report/html.ts';
import { potentialReport, projectReport } from '../../../src-main/services/report/report.ts';
import { ProjectService } from '../../../src-main/services/project-service.ts';
import { EVALUATION, evaluationInputs } from '../../../src-main/services/evaluation/evaluation-runner.ts';
import { AnalysisRepository } from '../../../src-main/store/analyses.ts';
import { JobRepository } from '../../../src-main/store/jobs.ts';
import { NoteRepository } from '../../../src-main/store/notes.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { requireProgram } from '../../support/real-part.ts';
import { commandLine } from '../../support/command-line.ts';

const folder = temporaryFolder();
const HOSTILE = `</pre></style></svg><script>alert(1)</script><img src=x onerror='alert(2)'>"&\u202e`;
let files = 0;

function filled(hostile: string) {
  const path = join(folder, `${files++}.fwproj`);
  const service = ProjectService.open(path, { create: true });
  onTestFinished(() => service[Symbol.dispose]());
  const datasetId = addDataset(service.project, `data ${hostile}`, [crystal(2, 1), crystal(2, 2)]);
  service.datasets.store.setReference(datasetId, `PBE ${hostile}`);
  const jobs = new JobRepository(service.project);
  const jobId = jobs.create('fit', `Fit ${hostile}`, { datasetId });
  for (const x of [1, 2, 3])
    service.project
      .prepare<[number, string, number, number]>(
        'INSERT INTO job_points (job_id, series, x, y) VALUES (?, ?, ?, ?)',
      )
      .run(jobId, `loss ${hostile}`, x, 1 / x);
  const metrics = {
    configurations: 2,
    atoms: 16,
    energy_mae_mev_per_atom: 1.5,
    energy_rmse_mev_per_atom: 2,
    force_mae_ev_per_a: 0.05,
    force_rmse_ev_per_a: 0.07,
    virial_mae_mev_per_atom: null,
    virial_rmse_mev_per_atom: null,
  };
  const document = {
    name: `potential ${hostile}`,
    model: lennardJonesModel('Si', 0.1, 2, 5),
    metrics: { train: metrics },
    provenance: {
      program: `program ${hostile}`,
      created: '2024-01-01T00:00:00Z',
      data: [{ name: `file ${hostile}`, role: 'train' }],
      settings: { [`key ${hostile}`]: `value ${hostile}`, level: 8 },
      report: {},
    },
  };
  const text = formatPotentialDocument(document);
  const potentialId = service.potentials.add({
    ...{ name: document.name, form: 'lennard-jones', species: ['Si'], document: text, datasetId, jobId },
  });
  writeFileSync(join(folder, `${files}.potential.json`), text);
  new NoteRepository(service.project).set('potential', potentialId, `note\n${hostile}`);
  const analyses = new AnalysisRepository(service.project);
  analyses.save(EVALUATION, evaluationInputs(service.project, potentialId, datasetId), {
    result: {},
    arrays: {
      energyReference: { data: Float64Array.of(-5, -4.9) },
      energyPredicted: { data: Float64Array.of(-5.1, NaN) },
    },
  });
  const recipe = { potentialId, recipe: 'ev', settings: {} };
  analyses.save('recipe', recipe, {
    result: {
      figures: [
        {
          ...{ title: `E(V) ${hostile}`, caption: hostile, x: { label: `V ${hostile}` }, y: { label: 'E' } },
          series: [{ name: `fcc ${hostile}`, kind: 'line', x: [1, 2, 3], y: [3, null, 2] }],
        },
      ],
    },
  });
  return { service, path, potentialId, documentFile: join(folder, `${files}.potential.json`) };
}

/** Names of all elements of a document. */
const tags = (text: string) =>
  new Set([...text.matchAll(/<([a-z]+)/gi)].map(([, name]) => name.toLowerCase()));

describe('a report', () => {
  it('escapes whatever is put into markup', () => {
    expect(html`<p title="${'"'}">${'<b>'}</p>`.text).toBe('<p title="&quot;">&lt;b&gt;</p>');
    expect(escaped(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;');
    expect(escaped('\u202e')).not.toContain('\u202e');
  });

  it('of a potential says what it is, how good, from what, and cites', async () => {
    const { service, potentialId } = filled('plain');
    const { html: text, figures, title } = await potentialReport(service, potentialId);
    expect(title).toBe('potential plain: an interatomic potential');
    // loss, energies, E(V)
    expect(figures).toBe(3);
    expect(text.match(/<svg/g)).toHaveLength(3);
    for (const words of [
      'Energy MAE (meV/atom)',
      '1.50',
      '0.0500',
      'PBE plain',
      'not tested',
      'data plain',
      'value plain',
      'References (BibTeX)',
      'note',
      'Energies of data plain',
      'SHA-256',
    ])
      expect(text).toContain(words);
    // nothing is fetched
    expect(text).not.toMatch(/(src|href|xlink:href)="?(?!#|data:)/i);
    expect(text).toContain('default-src &#39;none&#39;');
  });

  it('of a project draws what was made from what', async () => {
    const { service } = filled('plain');
    const { html: text, figures } = await projectReport(service, 'mine');
    expect(figures).toBe(4);
    const drawing = /<svg[^>]*aria-label="What was made from what"[^]*?<\/svg>/.exec(text)?.[0] ?? '';
    for (const name of ['data plain', 'potential plain']) expect(drawing).toContain(`>${name}</text>`);
    // an arrow from one to the other
    expect(drawing.match(/<path/g)).toHaveLength(service.lineage().edges.length);
  });

  it.each(['potential', 'project'])('of a %s lets no name or note become markup', async (kind) => {
    const make = async (words: string) => {
      const { service, potentialId } = filled(words);
      return kind === 'potential'
        ? await potentialReport(service, potentialId)
        : await projectReport(service, words);
    };
    const [hostile, plain] = [await make(HOSTILE), await make('plain')];
    expect([...tags(hostile.html)].sort()).toEqual([...tags(plain.html)].sort());
    expect(tags(hostile.html).has('script')).toBe(false);
    expect(tags(hostile.html).has('img')).toBe(false);
    expect(hostile.html.match(/<svg/g)?.length).toBe(plain.html.match(/<svg/g)?.length);
    expect(hostile.html).not.toContain('\u202e');
  });
});

describe('forcewright report', () => {
  const cli = commandLine;
  const run = (args: readonly string[], environment: Record<string, string> = {}) =>
    spawnSync(process.execPath, [cli, 'report', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });

  it('writes HTML of a potential file, and says where it went', () => {
    const { documentFile } = filled('plain');
    const { status, stdout } = run(['--potential', documentFile, '--html', 'file.html', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      title: 'potential plain: an interatomic potential',
      potentials: ['potential plain'],
      figures: 0,
      files: ['file.html'],
    });
    expect(readFileSync(join(folder, 'file.html'), 'utf8')).toContain('<!doctype html>');
  });

  it.skipIf(!requireProgram('chromium', 'apt-get install -y chromium'))(
    'prints the report of a project as PDF through Chromium',
    () => {
      const { path, service } = filled(HOSTILE);
      service[Symbol.dispose]();
      const { status, stderr } = run(['--project', path, '--pdf', 'project.pdf']);
      expect([status, stderr]).toEqual([0, '']);
      const pdf = readFileSync(join(folder, 'project.pdf'));
      expect(pdf.toString('latin1', 0, 5)).toBe('%PDF-');
      expect(pdf.length).toBeGreaterThan(10_000);
    },
  );

  it('says when there is no Chromium, and what is missing', () => {
    const { documentFile } = filled('plain');
    const none = run(['--potential', documentFile, '--pdf', 'a.pdf'], { FORCEWRIGHT_CHROMIUM: '/no/such' });
    expect([none.status, none.stderr]).toEqual([
      1,
      expect.stringMatching(/There is no Chromium on this machine/),
    ]);
    expect(run(['--potential', documentFile]).status).toBe(2);
    expect(run(['--html', 'a.html']).stderr).toMatch(/nothing to report on/);
  });
});
