/**
 * What each call of the router gives, in a few words, for programs that use it over HTTP: docs/http-api.md and GET /api
 * are made of this list. A test holds it against the router.
 */
import { z } from 'zod';
import { appRouter } from './router.ts';

/** What a call gives; a change that gives nothing says what it does. */
export const CALLS: Readonly<Record<string, string>> = {
  'project.current': 'the host and the open project (key, name, folder, readOnly), or project: null',
  'project.list': 'projects known to this host, newest first, each with its key',
  'project.create': 'makes a project in the projects folder and opens it',
  'project.open': 'opens a project of project.list by its key',
  'project.openCopy': 'opens a copy of a project that cannot be written where it lies',
  'project.openFile': 'opens an uploaded project file',
  'project.openWithDialog': 'of the desktop program only',
  'project.forget': 'takes a project off the list; the file stays',
  'project.close': 'closes the open project',
  'jobs.list': 'all jobs: id, kind, title, state, fraction, message, error, what they made',
  'jobs.get':
    'one job: state is queued, running, done, failed, cancelled or interrupted; settings and result are JSON text',
  'jobs.log': 'lines that a job logged',
  'jobs.points': 'points of the curves of a job (loss, energies) from the given number on',
  'jobs.rename': 'gives a job another title',
  'jobs.cancel': 'stops a job in good order; it can be resumed',
  'jobs.startNow': 'begins a job that waits for a free core',
  'jobs.resume': 'goes on with a job; null, or what has to be confirmed first for a job made elsewhere',
  'datasets.list': 'datasets: id, name, elements, counts, labels, parts, tags, findings',
  'datasets.get': 'one dataset, as in datasets.list',
  'datasets.findings': 'what the import found, with the numbers of the configurations',
  'datasets.preview': 'what is in an uploaded file: format, counts, keys, units, findings',
  'datasets.import': '{jobId}: imports uploaded files',
  'datasets.importSample': '{jobId}: imports the bundled silicon data',
  'datasets.rename': 'gives a dataset another name',
  'datasets.setReference': 'notes the reference method',
  'datasets.remove': 'removes a dataset; it can be brought back until the project is closed',
  'datasets.restore': 'brings a removed dataset back; whether it was still there',
  'datasets.flagMessages': 'sentences about the flags of one configuration',
  'datasets.inTest': 'how many of these configurations belong to the test part',
  'datasets.exclude': 'leaves configurations out of fits',
  'datasets.include': 'takes them in again',
  'datasets.tag': 'tags configurations',
  'datasets.untag': 'takes the tag away',
  'datasets.reweight': 'sets the weight of configurations in fits',
  'datasets.split': 'makes parts: at random, by content, by tag or by hand',
  'datasets.unsplit': 'removes the parts',
  'datasets.steps': 'changes made, for undo',
  'datasets.undo': 'takes the last change back; what it was, or null',
  'datasets.redo': 'does it again',
  'datasets.writableFormats': 'formats that can be written',
  'datasets.exportFile': '{key, fileName, written}: writes a file, fetched under /data/exports/KEY',
  'datasets.compare': 'structures that two datasets share, and how far their labels differ',
  'datasets.extract': 'makes a dataset of some configurations',
  'datasets.combine': 'makes one dataset of others; parts and tags go along',
  'coverage.measure': '{analysisId} or {jobId}: descriptor entropy, diversity, completeness',
  'coverage.measures': 'its result',
  'coverage.map': '{analysisId} or {jobId}: a map of environments',
  'coverage.mapFacts': 'its result',
  'coverage.compare': '{analysisId} or {jobId}: how far two datasets overlap',
  'coverage.comparison': 'its result',
  'coverage.findDuplicates': '{analysisId} or {jobId}: structures that are nearly the same',
  'coverage.duplicates': 'its result',
  'coverage.choose': '{jobId}: chooses configurations; changes nothing',
  'coverage.choice': 'what was chosen',
  'coverage.follow': '{analysisId} or {jobId}: novelty of every atom along a trajectory',
  'coverage.followed': 'its result',
  'coverage.keepFrames': '{datasetId}: frames of a trajectory as a dataset without labels',
  'fits.forms': 'the functional forms that can be fitted, each with its settings and defaults',
  'fits.estimate': 'parameters, memory and time of a fit before it is started',
  'fits.start': '{jobId}: starts a fit; the job then has potentialId',
  'fits.settingsOf': 'the dataset and settings that a potential was fitted with',
  'potentials.list': 'potentials: id, name, form, species, errors on train and test',
  'potentials.details': 'form, cutoff, parameters, data with their hashes, settings, report',
  'potentials.importFile': '{potentialId}: takes an uploaded potential file',
  'potentials.rename': 'gives a potential another name',
  'potentials.remove': 'removes a potential; it can be brought back until the project is closed',
  'potentials.restore': 'brings a removed potential back; whether it was still there',
  'potentials.evaluate':
    '{analysisId} or {jobId}: evaluates on a dataset; the numbers are under /data/evaluations/ID',
  'potentials.exportFormats': 'formats that a potential can be exported to',
  'potentials.export': '{jobId}: makes the files for another program',
  'potentials.exported': '{key, fileName, files}: what the job made, as a zip under /data/exports/KEY',
  'potentials.cost': 'µs per atom of one evaluation on one thread, or null',
  'potentials.methods': 'a paragraph for the paper, and BibTeX',
  'potentials.document': 'the potential document, JSON text: what every command takes as --potential',
  'recipes.list': 'recipes with their settings, units and defaults',
  'recipes.start': '{jobId}: starts a recipe',
  'recipes.result': 'tables and figures of a recipe that is done',
  'validations.checks': 'checks of a potential, plans with their seconds, thresholds with their reasons',
  'validations.start': '{jobId}: validates potentials; the job then has analysisId',
  'validations.result': 'verdict, values with references and grades, figures, structures',
  'validations.report': '{key, fileName}: the report as HTML under /data/exports/KEY',
  'simulations.equipment': 'whether the host has a GPU and LAMMPS',
  'simulations.readStructure':
    'atoms for structure of startMd and startHmc: one frame of a file that was sent, without labels',
  'simulations.lattices': 'names of the lattices that a run can start from',
  'simulations.startMd': '{jobId}: starts molecular dynamics; the job then has trajectoryId',
  'simulations.startHmc': '{jobId}: starts hybrid Monte Carlo',
  'simulations.trajectories': 'trajectories: id, name, frames, atoms, potential',
  'simulations.removeTrajectory': 'removes a trajectory',
  'simulations.exportTrajectory': '{key, fileName, frames}: writes it, fetched under /data/exports/KEY',
  'onTheFly.references': 'programs of the host that can serve as a reference',
  'onTheFly.start': '{jobId}: starts learning on the fly',
  'onTheFly.view': 'the state of such a run',
  'objects.lineage': 'datasets, potentials, runs and exports, and what was made from what',
  'objects.get':
    'one dataset, potential or run: facts, settings, version, badges, cost, parents, children, notes',
  'objects.report':
    '{key, fileName}: a potential, or the project, as one HTML file, fetched under /data/exports/KEY',
  'objects.setNotes': 'saves what somebody wrote about it',
};

export interface CallDescription {
  readonly name: string;
  /** query: GET, changes nothing; mutation: POST. */
  readonly kind: 'query' | 'mutation';
  readonly gives: string;
  /** JSON Schema of the input; absent where there is none. */
  readonly input?: Readonly<Record<string, unknown>>;
}

/** What a procedure is underneath; tRPC declares its list by nested names, and keeps it by whole ones. */
interface Procedure {
  readonly _def: {
    readonly type: 'query' | 'mutation' | 'subscription';
    readonly inputs?: readonly unknown[];
  };
}

/** Every call that answers once; streams of events are for the window. */
export function describeCalls(): CallDescription[] {
  const procedures = appRouter._def.procedures as unknown as Readonly<Record<string, Procedure>>;
  return Object.entries(procedures).flatMap(([name, { _def }]) => {
    const { type, inputs } = _def;
    if (type === 'subscription') return [];
    const schema = inputs?.at(0);
    const input =
      schema instanceof z.ZodType
        ? z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })
        : undefined;
    return [{ name, kind: type, gives: CALLS[name] ?? '', ...(input && { input: { ...input } }) }];
  });
}

/** The names of the input's fields; those that may be left out with ?. */
function fields({ input }: CallDescription): string {
  const shape = z
    .object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()).default([]) })
    .safeParse(input);
  if (!shape.success) return input ? 'see GET /api' : '';
  const { properties, required } = shape.data;
  return Object.keys(properties)
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(', ');
}

/** The table of docs/http-api.md, in Markdown. */
export function callTable(): string[] {
  return describeCalls().map((call) => {
    const method = call.kind === 'query' ? 'GET' : 'POST';
    return `| \`${call.name}\` | ${method} | ${fields(call)} | ${call.gives} |`;
  });
}
