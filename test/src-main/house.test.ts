/** The house plan where the linter does not see it: no file imports itself by a detour, and SQL stays in store/. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const FOLDERS = ['src-compute', 'src-main', 'src-renderer'];

const sources = new Map(
  FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|vue)$/.test(name))
      .map((name): [string, string] => [join(folder, name), readFileSync(join(root, folder, name), 'utf8')]),
  ),
);

/** Files that a file imports, types included: a type that two files take from each other belongs to neither. */
function importsOf(file: string, texts: ReadonlyMap<string, string>): string[] {
  const imports = (texts.get(file) ?? '').matchAll(
    /^(?:import|export)\s[^;'"]*from '(\.[^']+)'|^import '(\.[^']+)'/gm,
  );
  return [...imports]
    .map(([, named, bare]) => relative(root, resolve(root, dirname(file), named ?? bare)))
    .filter((target) => texts.has(target));
}

/** Circles of imports: sets of files each of which reaches the others (Tarjan 1972). */
function circles(texts: ReadonlyMap<string, string>): string[][] {
  const [index, low] = [new Map<string, number>(), new Map<string, number>()];
  const [path, found]: [string[], string[][]] = [[], []];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    path.push(file);
    for (const next of importsOf(file, texts)) {
      if (!index.has(next)) visit(next);
      if (path.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = path.splice(path.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of texts.keys()) if (!index.has(file)) visit(file);
  return found;
}

describe('the house', () => {
  it('has no circle of imports', () => {
    expect(sources.size).toBeGreaterThan(500);
    expect(circles(sources)).toEqual([]);
  });

  it('would notice one, of types, too', () => {
    const texts = new Map([
      ['src-main/a.ts', "import { b } from './b.ts';\n"],
      ['src-main/b.ts', "import {\n  type C,\n} from './c.ts';\n"],
      ['src-main/c.ts', "export type { A } from './a.ts';\nimport { d } from './d.ts';\n"],
      ['src-main/d.ts', 'export const d = 1;\n'],
    ]);
    expect(circles(texts)).toEqual([['src-main/a.ts', 'src-main/b.ts', 'src-main/c.ts']]);
  });

  it('keeps SQL in src-main/store', () => {
    const sql =
      /\b(?:SELECT\s+[\w*,().\s]+\s+FROM|INSERT (?:OR \w+ )?INTO|DELETE FROM|UPDATE \w+ SET|PRAGMA \w+)\b/;
    const elsewhere = [...sources].filter(
      ([file, text]) => !file.startsWith('src-main/store/') && (sql.test(text) || /\.prepare</.test(text)),
    );
    expect(elsewhere.map(([file]) => file)).toEqual([]);
    // what it looks for is what the store has
    expect(sql.test(sources.get('src-main/store/datasets.ts') ?? '')).toBe(true);
  });
});
