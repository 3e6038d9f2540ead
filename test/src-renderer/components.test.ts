/** Vue draws a component that was not imported as an empty element and says nothing: every tag has its import. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'vue/compiler-sfc';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/shared.ts';

/** Elements that Vue itself knows. */
const BUILT_IN = new Set(['Component', 'KeepAlive', 'Suspense', 'Teleport', 'Transition', 'TransitionGroup']);

const files = globSync('src-renderer/**/*.vue', { cwd: repositoryRoot });

describe('components of the window', () => {
  it('are many', () => expect(files.length).toBeGreaterThan(60));

  it.each(files)('%s imports what it draws', (file) => {
    const { descriptor } = parse(readFileSync(join(repositoryRoot, file), 'utf8'));
    const drawn = new Set(
      Array.from((descriptor.template?.content ?? '').matchAll(/<([A-Z][A-Za-z]*)/g), ([, name]) => name),
    );
    const script = descriptor.scriptSetup?.content ?? descriptor.script?.content ?? '';
    const imports = new Set(
      Array.from(script.matchAll(/import\s+(?:type\s+)?([\s\S]*?)\s+from/g), ([, names]) =>
        names.split(/[{},\s]+/),
      ).flat(),
    );
    const missing = [...drawn].filter((name) => !imports.has(name) && !BUILT_IN.has(name));
    // a component may draw itself, and charts are made by functions
    const made = missing.filter((name) => !new RegExp(`const ${name}\\b`).test(script));
    expect(made).toEqual([]);
  });

  it('watch values and not new lists of them, which differ whenever anything near them changes', () => {
    const sources = globSync('src-renderer/**/*.{vue,ts}', { cwd: repositoryRoot });
    const wrong = sources.filter((file) =>
      /\bwatch\(\s*(?:\/\/[^\n]*\n\s*)*\(\) =>\s*\[/.test(readFileSync(join(repositoryRoot, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
