/**
 * Pages of the guide as elements. Only what is named here is drawn: no HTML of a text ever reaches the page, links lead
 * inside the window, and pictures come from the bundle.
 */
import { Lexer, type Token, type Tokens } from 'marked';
import { h, type VNode } from 'vue';

export interface GuideLinks {
  /** Element of a link to a place inside the window ('/data', '/guide/silicon'). */
  inside(to: string, children: (VNode | string)[]): VNode;
  /** Address of a picture, undefined when it is not there. */
  picture(reference: string): string | undefined;
}

/** Name of a heading in addresses. */
export function anchorOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

/** Where a link of the guide leads inside the window; undefined for anything else. */
export function insideTarget(href: string): string | undefined {
  const page = /^([a-z-]+)\.md(?:#.*)?$/.exec(href);
  if (page) return `/guide/${page[1]}`;
  const view = /^app:(\/[a-z/-]*)$/.exec(href);
  return view?.[1];
}

/** Elements of a markdown text. */
export function guideElements(text: string, links: GuideLinks): VNode[] {
  return Lexer.lex(text)
    .map((token) => block(token, links))
    .filter((node) => node !== undefined);
}

function block(token: Token, links: GuideLinks): VNode | undefined {
  const children = (tokens: Token[] | undefined) => inlines(tokens ?? [], links);
  switch (token.type) {
    case 'heading':
      return h(
        `h${Math.min(3, token.depth as number)}`,
        { id: anchorOf(token.text) },
        children(token.tokens),
      );
    case 'paragraph':
      return h('p', children(token.tokens));
    case 'text':
      return h('span', children(token.tokens ?? [token]));
    case 'code':
      return h('pre', { tabindex: 0 }, h('code', token.text));
    case 'blockquote':
      return h('blockquote', blocks(token.tokens, links));
    case 'hr':
      return h('hr');
    case 'list':
      return h(
        token.ordered ? 'ol' : 'ul',
        (token as Tokens.List).items.map((item) => h('li', blocks(item.tokens, links))),
      );
    case 'table':
      return table(token as Tokens.Table, links);
    default:
      return undefined;
  }
}

const blocks = (tokens: Token[] | undefined, links: GuideLinks) =>
  (tokens ?? []).map((token) => block(token, links)).filter((node) => node !== undefined);

function table({ header, rows }: Tokens.Table, links: GuideLinks): VNode {
  const cells = (kind: 'th' | 'td', row: Tokens.TableCell[]) =>
    h(
      'tr',
      row.map((cell) => h(kind, inlines(cell.tokens, links))),
    );
  return h('table', { class: 'figures' }, [
    h('thead', cells('th', header)),
    h(
      'tbody',
      rows.map((row) => cells('td', row)),
    ),
  ]);
}

function inlines(tokens: Token[], links: GuideLinks): (VNode | string)[] {
  return tokens.map((token) => {
    const children = () => inlines('tokens' in token ? (token.tokens ?? []) : [], links);
    switch (token.type) {
      case 'strong':
        return h('strong', children());
      case 'em':
        return h('em', children());
      case 'codespan':
        return h('code', token.text);
      case 'br':
        return h('br');
      case 'link': {
        const to = insideTarget(token.href);
        return to === undefined ? h('span', children()) : links.inside(to, children());
      }
      case 'image': {
        const source = links.picture(token.href);
        return source === undefined
          ? h('em', token.text)
          : h('img', { src: source, alt: token.text, loading: 'lazy' });
      }
      default:
        return plain(token);
    }
  });
}

/** Text without the marks of HTML entities, which the lexer leaves as they stand. */
function plain(token: Token): string {
  const text = 'text' in token ? String(token.text) : token.raw;
  return text.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
}
