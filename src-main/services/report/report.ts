/**
 * A report of a potential or of a whole project: one HTML file that needs nothing else. Figures stand in it as SVG; no
 * script runs in it and nothing is fetched (its own content security policy says so).
 */
import {
  parsePotentialDocument,
  type Metrics,
  type PotentialDocument,
} from '../../../src-compute/potentials/document.ts';
import { fittedParameterCount, formTitle } from '../../../src-compute/potentials/registry.ts';
import { methodsText } from '../export/methods-text.ts';
import type { Figure } from '../figures/figure.ts';
import { svgOf } from '../figures/output.ts';
import { flat, objectPage, type Fact } from '../objects/object-page.ts';
import type { ProjectService } from '../project-service.ts';
import { html, lines, Markup, table } from './html.ts';
import { lineageFigure } from './lineage-figure.ts';
import { page } from './page.ts';
import { potentialFigures } from './report-figures.ts';

export interface Report {
  readonly title: string;
  readonly html: string;
  readonly figures: number;
  /** What the report is about, for --json. */
  readonly potentials: readonly string[];
}

/** Of one potential of a project. @throws StoreError when it is not there */
export async function potentialReport(open: ProjectService, id: number): Promise<Report> {
  const { name } = open.potentials.get(id);
  const section = await potentialSection(open, id);
  const title = `${name}: an interatomic potential`;
  return { title, ...page(title, [section.body]), figures: section.figures, potentials: [name] };
}

/** Of a potential in a file: what its document knows. */
export function documentReport(document: PotentialDocument): Report {
  const title = `${document.name}: an interatomic potential`;
  const body = documentSection(document, documentFacts(document), document.provenance.settings, undefined);
  return { title, ...page(title, [body]), figures: 0, potentials: [document.name] };
}

/** Of everything in a project. */
export async function projectReport(open: ProjectService, name: string): Promise<Report> {
  const lineage = open.lineage();
  const { nodes, edges } = lineage;
  const names = new Map(nodes.map((node) => [node.key, `${node.name} (${node.kind})`]));
  const potentials = open.listedPotentials();
  const sections: Markup[] = [];
  let figures = 0;
  for (const { id } of potentials) {
    const section = await potentialSection(open, id);
    sections.push(section.body);
    figures += section.figures;
  }
  const drawing = lineageFigure(lineage);
  if (drawing) figures++;
  const overview = html`<section>
    <h2>Datasets</h2>
    ${table(
      ['Dataset', 'Elements', 'Configurations', 'Atoms', 'Reference', 'SHA-256'],
      open
        .listedDatasets()
        .map((d) => [
          d.name,
          d.species.join(', '),
          d.configurationCount,
          d.atomCount,
          d.reference,
          d.hash.slice(0, 16),
        ]),
    )}
    <h2>Runs</h2>
    ${table(
      ['Run', 'What', 'State'],
      nodes.filter(({ kind }) => kind === 'run').map((run) => [run.name, run.about, run.state]),
    )}
    <h2>What was made from what</h2>
    ${drawing ?? ''}
    ${table(
      ['From', 'To'],
      edges.map(([from, to]) => [names.get(from) ?? from, names.get(to) ?? to]),
    )}
  </section>`;
  const title = `Project ${name}`;
  return {
    title,
    ...page(title, [overview, ...sections]),
    figures,
    potentials: potentials.map((potential) => potential.name),
  };
}

async function potentialSection(
  open: ProjectService,
  id: number,
): Promise<{ body: Markup; figures: number }> {
  const object = objectPage(open, 'potential', id);
  const document = parsePotentialDocument(open.potentials.document(id));
  const { datasetId } = open.potentials.get(id);
  const dataset = open.datasets.list().find((item) => item.id === datasetId);
  const figures = await drawn(potentialFigures(open, id));
  const known = dataset && {
    name: dataset.name,
    reference: dataset.reference,
    configurations: dataset.configurationCount,
    atoms: dataset.atomCount,
  };
  const more = html`${object.badges.map(({ label, text }) => html`<p class="badge"><b>${label}</b> ${text}</p>`)}
  ${figures}
  ${
    object.parents.length + object.children.length === 0
      ? ''
      : html`<h3>Made from, and used for</h3>
          ${table(
            ['', 'Object', 'What'],
            [
              ...object.parents.map((node) => ['made from', node.name, `${node.kind}, ${node.about}`]),
              ...object.children.map((node) => ['used for', node.name, `${node.kind}, ${node.about}`]),
            ],
          )}`
  }
  ${
    object.cost === null
      ? ''
      : html`<p>
          The fit took ${object.cost.seconds.toFixed(1)} s on ${object.cost.cores}
          core${object.cost.cores === 1 ? '' : 's'}.
        </p>`
  }
  ${
    object.notes === ''
      ? ''
      : html`<h3>Notes</h3>
          <p>${lines(object.notes)}</p>`
  }`;
  const facts = [...documentFacts(document), { label: 'SHA-256 of the document', value: object.version }];
  return {
    body: documentSection(document, facts, document.provenance.settings, known, more),
    figures: figures.length,
  };
}

async function drawn(figures: readonly Figure[]): Promise<Markup[]> {
  const all: Markup[] = [];
  for (const figure of figures) all.push(html`<figure>${new Markup(await svgOf(figure, 720, 440))}</figure>`);
  return all;
}

function documentFacts({ model, provenance }: PotentialDocument): Fact[] {
  const value = (label: string, given: string | number): Fact => ({ label, value: String(given) });
  return [
    value('Form', formTitle(model.form)),
    value('Elements', model.species.join(', ')),
    value('Cutoff (Å)', model.cutoff),
    value('Parameters', fittedParameterCount(model, provenance.settings)),
    value('Made by', provenance.program),
    value('Made', provenance.created),
    ...provenance.data.map(({ name, role, sha256 }) =>
      value(`Data, ${role}`, sha256 === undefined ? name : `${name}, SHA-256 ${sha256}`),
    ),
  ];
}

function documentSection(
  document: PotentialDocument,
  facts: readonly Fact[],
  settings: PotentialDocument['provenance']['settings'],
  dataset: Parameters<typeof methodsText>[1],
  more: Markup = html``,
): Markup {
  const { paragraph, bibtex } = methodsText(document, dataset);
  const { train, test } = document.metrics;
  const rows = [...errorRow('training', train), ...errorRow('test', test)];
  return html`<section>
    <h2>${document.name}</h2>
    ${table(
      ['Property', 'Value'],
      facts.map(({ label, value }) => [label, value]),
    )}
    <h3>Errors</h3>
    ${
      rows.length === 0
        ? html`<p>None were measured.</p>`
        : table(
            [
              'Part',
              'Configurations',
              'Energy MAE (meV/atom)',
              'Energy RMSE (meV/atom)',
              'Force MAE (eV/Å)',
              'Force RMSE (eV/Å)',
              'Virial MAE (meV/atom)',
            ],
            rows,
          )
    }
    ${more}
    <h3>Methods</h3>
    <p>${paragraph}</p>
    <h3>References (BibTeX)</h3>
    <pre>${bibtex}</pre>
    <h3>Settings</h3>
    ${table(
      ['Setting', 'Value'],
      flat(settings).map(({ label, value }) => [label, value]),
    )}
  </section>`;
}

function errorRow(part: string, m: Metrics | undefined): string[][] {
  if (!m) return [];
  const shown = (value: number | null | undefined, decimals: number) => value?.toFixed(decimals) ?? '–';
  return [
    [
      part,
      String(m.configurations),
      shown(m.energy_mae_mev_per_atom, 2),
      shown(m.energy_rmse_mev_per_atom, 2),
      shown(m.force_mae_ev_per_a, 4),
      shown(m.force_rmse_ev_per_a, 4),
      shown(m.virial_mae_mev_per_atom, 2),
    ],
  ];
}
