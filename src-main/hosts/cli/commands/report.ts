/** `forcewright report`: a potential or a project as one HTML file, and as PDF. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { ProjectService } from '../../../services/project-service.ts';
import { loadPotential, writeFileAtomically } from '../../../services/potentials/potential-file.ts';
import { writePdf } from '../../../services/report/pdf.ts';
import {
  documentReport,
  potentialReport,
  projectReport,
  type Report,
} from '../../../services/report/report.ts';
import { interruptible } from '../interrupt.ts';
import { printResult } from '../output.ts';

interface ReportOptions {
  project?: string;
  potential?: string;
  html?: string;
  pdf?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('report')
    .summary('a report of a potential or a project: HTML, PDF')
    .description(
      'Writes one HTML file that stands alone: tables with units, figures, methods text, provenance, versions and\n' +
        'references. --pdf prints it through a Chromium of this machine.',
    )
    .option('--project <file>', 'project file, *.fwproj; the whole of it without --potential')
    .option('--potential <name>', 'a potential of the project by name or number, or a potential file')
    .option('--html <file>', 'where the HTML goes')
    .option('--pdf <file>', 'where the PDF goes')
    .option('--json', 'print one JSON object: title, potentials, figures, files')
    .addHelpText(
      'after',
      '\nExample: forcewright report --project my.fwproj --potential Si --html Si.html --pdf Si.pdf',
    )
    .action(run);
}

async function run(options: ReportOptions, command: Command): Promise<void> {
  const { html, pdf } = options;
  if (html === undefined && pdf === undefined)
    command.error("error: where the report goes is missing: '--html <file>', '--pdf <file>' or both");
  using interrupt = interruptible();
  const report = await made(options);
  if (html !== undefined) await writeFileAtomically(html, report.html);
  if (pdf !== undefined) await writePdf(report.html, pdf, interrupt.signal);
  const files = [html, pdf].filter((file) => file !== undefined);
  const { title, potentials, figures } = report;
  printResult(options.json ?? false, { title, potentials, figures, files }, () =>
    files.map((file) => `Written: ${file}`).join('\n'),
  );
}

async function made({ project: path, potential }: ReportOptions): Promise<Report> {
  if (path === undefined) {
    if (potential === undefined) {
      throw new ForcewrightError('There is nothing to report on.', {
        remedy: 'Name a project with --project, a potential file with --potential, or both.',
      });
    }
    const { document } = await loadPotential(potential);
    if (document) return documentReport(document);
    throw new ForcewrightError(`${potential} says nothing of its origin, so there is nothing to report.`, {
      remedy: 'Use a .potential.json, or import the file into a project.',
    });
  }
  using service = ProjectService.open(path);
  if (potential === undefined) return await projectReport(service, basename(path).replace(/\.fwproj$/, ''));
  const { id } = service.potentials.get(/^\d+$/.test(potential) ? Number(potential) : potential);
  return await potentialReport(service, id);
}
