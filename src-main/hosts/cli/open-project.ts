/** Opens the project of a command, and says what is amiss with its file. */
import { Project, type ProjectOptions } from '../../store/project.ts';
import { note } from './output.ts';

/** @throws StoreError */
export function openProject(path: string, options: ProjectOptions = {}): Project {
  const project = Project.open(path, options);
  if (project.incomplete !== undefined) note(`Warning: ${project.incomplete}`);
  if (project.readOnly)
    note(
      `Note: ${path} lies where nothing can be written: it can be looked at, and nothing in it can be changed.`,
    );
  return project;
}
