/**
 * Packages of the desktop program. Build out/ first (npm run build), then on each platform:
 *
 *   npx electron-builder@26.17.0 --config electron-builder.config.js
 *
 * The deb asks for who publishes it, which is not for the source to say: -c.linux.maintainer="NAME <MAIL>" and
 * -c.extraMetadata.homepage=ADDRESS.
 *
 * better-sqlite3 ships Node-API prebuilds inside its package: nothing is compiled and one build serves all Electrons.
 * test/src-main/hosts/electron/package.test.ts lays out what these patterns take in and runs the program from there.
 */
export default {
  appId: 'org.forcewright.workbench',
  productName: 'Forcewright',
  copyright: 'MIT licence',
  directories: { output: 'dist', buildResources: 'resources/icons' },
  electronVersion: '45.3.4',
  npmRebuild: false,
  // plain files: job threads, engine threads and native parts are read by Node itself, which knows no archives
  asar: false,
  // production packages come by themselves
  files: [
    'out/**',
    'package.json',
    '!**/*.map',
    '!node_modules/**/{test,tests,docs,example,examples}/**',
    '!node_modules/node-{linux,win}-*/**',
  ],
  // read from disk as files: migrations, samples, the C++ sources of the KIM model
  extraResources: [{ from: 'resources', to: 'resources', filter: ['**/*', '!icons/**'] }],
  linux: {
    category: 'Science',
    synopsis: 'From first-principles data to interatomic potentials',
    target: ['AppImage', 'deb'],
    mimeTypes: ['application/x-forcewright-project'],
  },
  deb: { depends: ['libgtk-3-0', 'libnss3', 'libasound2'] },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  mac: { category: 'public.app-category.education', target: ['dmg'], hardenedRuntime: true },
  fileAssociations: [
    { ext: 'fwproj', name: 'Forcewright project', description: 'Forcewright project', role: 'Editor' },
  ],
};
