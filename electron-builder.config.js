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
  /*
   * The packaged program is no Node for others to run: no ELECTRON_RUN_AS_NODE, no NODE_OPTIONS, no --inspect. Jobs and
   * engines are worker threads, which need none of it. Archives alone cannot be asked for while the program lies in
   * plain files.
   */
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    grantFileProtocolExtraPrivileges: false,
    loadBrowserProcessSpecificV8Snapshot: false,
    onlyLoadAppFromAsar: false,
    enableEmbeddedAsarIntegrityValidation: false,
    resetAdHocDarwinSignature: true,
  },
  // on Linux a launcher that says what to do where the sandbox cannot work
  afterPack: './scripts/after-pack.mjs',
  // production packages come by themselves
  files: [
    'out/**',
    'package.json',
    '!**/*.map',
    '!node_modules/**/{test,tests,docs,example,examples}/**',
    '!node_modules/node-{linux,win}-*/**',
  ],
  // read from disk as files: migrations, samples, the C++ sources of the KIM model
  extraResources: [{ from: 'resources', to: 'resources', filter: ['**/*', '!icons/**', '!linux/**'] }],
  linux: {
    executableName: 'forcewright',
    category: 'Science',
    synopsis: 'From first-principles data to interatomic potentials',
    target: ['AppImage', 'deb'],
  },
  deb: { depends: ['libgtk-3-0', 'libnss3', 'libasound2'] },
  win: { target: ['nsis'] },
  // associations of files need an installation for the machine
  nsis: { oneClick: false, perMachine: true, allowToChangeInstallationDirectory: true },
  mac: { category: 'public.app-category.education', target: ['dmg'], hardenedRuntime: true },
  // Linux takes associations with a type only
  fileAssociations: [
    {
      ext: 'fwproj',
      name: 'Forcewright project',
      description: 'Forcewright project',
      mimeType: 'application/x-forcewright-project',
      role: 'Editor',
    },
  ],
};
