/** HTML whose values are text: what comes from a project or a file is escaped wherever it stands. */
import { xmlCharacters } from '../../../src-compute/quoting/xml.ts';

/** Markup of our own; everything else that is put into `html` becomes text. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for anywhere in a document, also between quotes; characters that nobody sees are shown as their codes. */
export function escaped(value: string | number): string {
  return xmlCharacters(String(value)).replace(/[&<>"']/g, (character) => NAMED[character]);
}

type Part = string | number | Markup | readonly Markup[];

/** html`<p>${name}</p>`: values are escaped, markup and lists of it are not. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(
    strings.reduce((text, string, k) => text + string + (k < values.length ? part(values[k]) : ''), ''),
  );
}

function part(value: Part): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escaped(value);
  return value.map(({ text }) => text).join('');
}

/** Several lines, each in its own. */
export function lines(text: string): Markup[] {
  return text.split(/\r?\n/).map((line) => html`${line}<br />`);
}

/** A table; the first column is words, the others numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | Markup)[])[],
): Markup {
  return html`<table>
    <thead>
      <tr>
        ${head.map((cell) => html`<th>${cell}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr> `,
      )}
    </tbody>
  </table>`;
}
