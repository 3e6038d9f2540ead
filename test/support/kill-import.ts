/** Run as a process of its own by tests that kill it: imports files into a project. Arguments: project, [--skip-bad], files. */
import { JobService } from '../../src-main/services/jobs/job-service.ts';
import { Project } from '../../src-main/store/project.ts';

const [path, ...rest] = process.argv.slice(2);
const files = rest.filter((argument) => argument !== '--skip-bad');
const skipBad = files.length < rest.length;
using project = Project.open(path, { create: true });
using service = new JobService(project);
const id = service.create('import', 'import', { files, skipBad });
service.watch((event) => {
  if (event.type === 'progress') process.stdout.write(`${event.fraction} ${event.message}\n`);
});
await service.run(id);
