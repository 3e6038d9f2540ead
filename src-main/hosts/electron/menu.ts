/** The application menu: what every program of the platform has; everything else is in the window. */
import type { MenuItemConstructorOptions } from 'electron';

export function applicationMenu(platform: NodeJS.Platform, name: string): MenuItemConstructorOptions[] {
  const program: MenuItemConstructorOptions[] =
    platform === 'darwin'
      ? [{ label: name, role: 'appMenu' }]
      : [{ label: 'File', submenu: [{ role: 'quit' }] }];
  return [
    ...program,
    {
      // undo and redo of curation steps belong to the window
      label: 'Edit',
      submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
    },
    {
      label: 'View',
      submenu: [
        { role: 'reload' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
  ];
}
