/** The one workspace of the desktop program, whether a window or a browser looks at it. */
import { applicationFolder } from '../../api/folders.ts';
import { Workspace } from '../../api/workspace.ts';

let workspace: Workspace | undefined;

/** @returns the workspace, made at the first call */
export function ownWorkspace(): Workspace {
  workspace ??= new Workspace({ folder: applicationFolder() });
  return workspace;
}
