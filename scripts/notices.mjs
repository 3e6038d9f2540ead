#!/usr/bin/env node
/**
 * Writes src-renderer/public/third-party-notices.txt: name, version, licence and licence texts of every package that
 * the program brings along, from package-lock.json and node_modules: node scripts/notices.mjs
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const NOTICES = join(root, 'src-renderer', 'public', 'third-party-notices.txt');

/** Packages for development whose code or fonts are built into the window. */
const BUILT_IN = [
  '@babylonjs/core',
  '@fontsource-variable/inter',
  '@mdi/js',
  'echarts',
  'marked',
  'pinia',
  'vue',
  'vue-echarts',
  'vue-router',
  'vuetify',
];

const HEAD = `Forcewright brings along the packages below, each under its own licence.

The desktop program also contains Electron (MIT licence, Copyright Electron contributors and GitHub Inc.) with Chromium
and Node.js; their licences lie beside the program as LICENSE.electron.txt and LICENSES.chromium.html.
The font Inter is under the SIL Open Font License 1.1, whose text is with @fontsource-variable/inter.
`;

/** Where a package needed by another lies: the nearest node_modules upwards. */
function locate(packages, from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const path = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (base === '') return undefined;
  }
}

/** Paths of all packages that are reached from the roots, without programs of single platforms. */
function reached(packages) {
  const found = new Set();
  const visit = (from, name) => {
    const path = locate(packages, from, name);
    if (path === undefined || found.has(path) || packages[path].os || packages[path].cpu) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path];
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(path, next);
  };
  for (const name of [...Object.keys(packages[''].dependencies), ...BUILT_IN]) visit('', name);
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

/** The text of the file. */
export function notices() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const parts = [HEAD];
  for (const path of reached(packages)) {
    const folder = join(root, path);
    if (!existsSync(folder)) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const { version, license } = packages[path];
    const files = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice|copying|ofl)([.-]|$)/i.test(file))
      .sort();
    const texts = files.map((file) =>
      readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim(),
    );
    parts.push(
      `${'─'.repeat(80)}\n${name} ${version} (${license ?? 'see below'})\n`,
      ...texts.map((text) => `${text}\n`),
    );
  }
  return parts.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(NOTICES, notices());
