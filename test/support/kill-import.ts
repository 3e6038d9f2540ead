/** Run as a process of its own by tests that kill it: imports files into a project. Arguments: project, files. */
import { JobService } from '../../src-main/services/jobs/job-service.ts';
import { Project } from '../../src-main/store/project.ts';

const [path, ...files] = process.argv.slice(2);
using project = Project.open(path, { create: true });
using service = new JobService(project);
const id = service.create('import', 'import', { files });
service.watch((event) => {
  if (event.type === 'progress') process.stdout.write(`${event.fraction} ${event.message}\n`);
});
await service.run(id);
