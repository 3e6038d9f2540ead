/** The guide: every page, link and picture that is named exists, and nothing of a text can become HTML. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fragment, h, type VNode } from 'vue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GUIDE } from '../../../src-renderer/guide/contents.ts';
import { anchorOf, guideElements, insideTarget } from '../../../src-renderer/guide/markdown.ts';
import { QUANTITIES } from '../../../src-renderer/quantities.ts';
import { requireProgram } from '../../support/real-part.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = join(repositoryRoot, 'docs', 'guide');
const pages = globSync('*.md', { cwd: folder });
/** Pages of the window that have an address. */
const views = readFileSync(join(repositoryRoot, 'src-renderer', 'router.ts'), 'utf8');

const links = {
  inside: (to: string, children: (VNode | string)[]) => h('a', { href: to }, children),
  picture: (reference: string) => (existsSync(join(folder, reference)) ? `/${reference}` : undefined),
};

/** Everything a text becomes: names of elements with their addresses, and its words. */
function flat(nodes: unknown[]): { tags: string[]; words: string } {
  const [tags, words]: [string[], string[]] = [[], []];
  const walk = (node: unknown) => {
    if (typeof node === 'string') words.push(node);
    else if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === 'object' && node !== null && 'type' in node) {
      const { type, props, children } = node as VNode;
      if (type !== Fragment) tags.push(`${String(type)}${props?.href ? ` ${String(props.href)}` : ''}`);
      walk(children);
    }
  };
  walk(nodes);
  return { tags, words: words.join('|') };
}

describe('the guide', () => {
  it('has a text for every page of its contents but the glossary, which is made of the quantities', () => {
    const wanted = GUIDE.filter(({ name }) => name !== 'glossary').map(({ name }) => `${name}.md`);
    expect(pages.toSorted()).toEqual(wanted.toSorted());
  });

  it.each(pages)('%s leads only to places that are there', (page) => {
    const text = readFileSync(join(folder, page), 'utf8');
    const targets = Array.from(text.matchAll(/(!?)\[[^\]]*\]\(([^)]+)\)/g), ([, picture, target]) => ({
      picture: picture === '!',
      target,
    }));
    for (const { picture, target } of targets) {
      if (picture) {
        expect(existsSync(join(folder, target)), target).toBe(true);
        continue;
      }
      const inside = insideTarget(target);
      expect(inside, target).toBeDefined();
      const guide = /^\/guide\/(.+)$/.exec(inside!);
      if (guide) expect(GUIDE.map(({ name }) => name)).toContain(guide[1]);
      else expect(views).toContain(`path: '${inside}'`);
    }
    const { tags } = flat(guideElements(text, links));
    expect(tags.filter((tag) => tag === 'h1')).toHaveLength(1);
    expect(tags.filter((tag) => tag === 'img')).toHaveLength(targets.filter(({ picture }) => picture).length);
  });

  it('has small pictures', () => {
    for (const name of globSync('pictures/*', { cwd: folder }))
      expect(statSync(join(folder, name)).size, name).toBeLessThan(150_000);
  });

  const script = join(repositoryRoot, 'scripts', 'guide-pictures.mjs');
  const sources = Array.from(
    readFileSync(script, 'utf8').matchAll(/^ {2}(\w+): '([\w-]+)',$/gm),
    ([, name, source]) => ({ name, source }),
  );

  it('has the pictures that its script makes, each of a screenshot that a test takes', () => {
    expect(sources.map(({ name }) => `${name}.webp`).sort()).toEqual(
      globSync('*', { cwd: join(folder, 'pictures') }).sort(),
    );
    const tests = globSync('test/e2e/*.ts', { cwd: repositoryRoot })
      .map((path) => readFileSync(join(repositoryRoot, path), 'utf8'))
      .join('');
    for (const { source } of sources) expect(tests).toContain(`picture('${source}')`);
  });

  it.skipIf(!requireProgram('chromium', 'apt-get install chromium'))(
    'has them made small by Chromium, and says which screenshot is missing',
    () => {
      const from = mkdtempSync(join(tmpdir(), 'forcewright-pictures-'));
      onTestFinished(() => rmSync(from, { recursive: true, force: true }));
      const [first, ...others] = sources;
      copyFileSync(join(repositoryRoot, 'resources', 'icons', 'icon.png'), join(from, `${first.source}.png`));
      const to = join(from, 'made');
      const { status, stderr } = spawnSync(process.execPath, [script, from, to], { encoding: 'utf8' });
      expect(status).toBe(1);
      for (const { source } of others) expect(stderr).toContain(`${source}.png is not there`);
      const made = readFileSync(join(to, `${first.name}.webp`));
      expect(made.toString('latin1', 0, 4) + made.toString('latin1', 8, 12)).toBe('RIFFWEBP');
      expect(made.length).toBeLessThan(150_000);
    },
  );

  it('draws headings, lists, tables, code and emphasis, and nothing else', () => {
    const text =
      '# A & B\n\nSome **bold** and `code`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx < y\n```\n' +
      '\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[out](https://example.org) [js](javascript:alert(1)) [in](start.md) [app](app:/data)\n' +
      '\n![no](https://example.org/x.png)\n';
    const { tags, words } = flat(guideElements(text, links));
    expect(new Set(tags)).toEqual(
      new Set([
        ...['h1', 'p', 'strong', 'code', 'ul', 'li', 'span', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
        ...['pre', 'em', 'a /guide/start', 'a /data'],
      ]),
    );
    expect(words).toContain('x < y');
    expect(words).not.toContain('alert(1)</script>');
    expect(anchorOf('1. The data: “what” & why')).toBe('1-the-data-what-why');
  });
});

describe('the glossary', () => {
  it('explains the words that pages use, once each', () => {
    const titles = Object.values(QUANTITIES).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const word of ['Entropy H', 'Diversity D', 'Novelty δH', 'Virial W', 'Grade', 'ΔH, βΔH', 'Drift'])
      expect(titles).toContain(word);
  });
});
