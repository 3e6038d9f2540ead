/** `forcewright potentials`: list, rename and remove the potentials of a project. */
import type { Command } from 'commander';
import { PotentialRepository, type PotentialSummary } from '../../../store/potentials.ts';
import type { Project } from '../../../store/project.ts';
import { openProject } from '../open-project.ts';
import { printResult, table } from '../output.ts';

interface Common {
  project?: string;
  json?: boolean;
}

export function register(program: Command): void {
  const potentials = program
    .command('potentials')
    .summary('list, rename and remove the potentials of a project')
    .description('Without a subcommand: the potentials of a project, newest first, by name or number.')
    .option('--project <file>', 'project file, *.fwproj')
    .option('--json', 'print one JSON object')
    .action((_options: unknown, command: Command) => list(command));
  sub(potentials, 'rename <potential> <name>', 'Give a potential another name.').action(rename);
  sub(potentials, 'remove <potential>', 'Remove a potential from the project for good.').action(remove);
}

function sub(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--project <file>', 'project file, *.fwproj')
    .option('--json', 'print one JSON object');
}

/** --project and --json may stand before or after the subcommand's name. */
function open(
  command: Command,
): { project: Project; potentials: PotentialRepository; json: boolean } & Disposable {
  const { project: path, json } = command.optsWithGlobals<Common>();
  if (path === undefined) command.error("error: required option '--project <file>' not specified");
  const project = openProject(path as string);
  const potentials = new PotentialRepository(project);
  return { project, potentials, json: json ?? false, [Symbol.dispose]: () => project.close() };
}

const facts = ({ id, name, form, species, createdAt, datasetId, jobId }: PotentialSummary) => ({
  id,
  name,
  form,
  species: [...species],
  created: new Date(createdAt).toISOString(),
  dataset: datasetId ?? null,
  job: jobId ?? null,
});

function list(command: Command): void {
  using opened = open(command);
  const all = opened.potentials.list();
  printResult(opened.json, { potentials: all.map(facts) }, () =>
    all.length === 0
      ? 'There are no potentials in this project.'
      : table([
          ['number', 'name', 'form', 'elements'],
          ...all.map(({ id, name, form, species }) => [String(id), name, form, species.join(', ')]),
        ]),
  );
}

function rename(potential: string, name: string, _options: unknown, command: Command): void {
  using opened = open(command);
  const wanted = name.trim();
  if (wanted === '') command.error('error: a name is needed');
  const { id, name: before } = opened.potentials.get(potential);
  opened.potentials.rename(id, wanted);
  printResult(opened.json, { id, name: wanted }, () => `${before} is called ${wanted} now.`);
}

function remove(potential: string, _options: unknown, command: Command): void {
  using opened = open(command);
  const { id, name } = opened.potentials.get(potential);
  opened.potentials.remove(id);
  printResult(opened.json, { id, name }, () => `${name} was removed.`);
}
