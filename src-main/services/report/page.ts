/** The page around a report: nothing runs in it, nothing is fetched by it. */
import { PROGRAM } from '../program.ts';
import { html, Markup } from './html.ts';

const STYLE = `
body { font: 15px/1.5 system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; color: #1c1f24; background: #fff;
  max-width: 900px; margin: 40px auto; padding: 0 24px; font-variant-numeric: tabular-nums; }
h1 { font-size: 27px; line-height: 1.25; } h2 { font-size: 20px; margin-top: 44px; border-bottom: 1px solid #d5d9e0; }
h3 { font-size: 16px; margin-top: 28px; } p, td, li { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid #e6e9ee; vertical-align: top; }
th { color: #59616e; font-weight: 600; } pre { white-space: pre-wrap; font-size: 12px; background: #f4f5f8; padding: 12px; }
figure { margin: 24px 0; break-inside: avoid; } svg { max-width: 100%; height: auto; }
.badge b { border: 1px solid #9aa3b2; border-radius: 10px; padding: 1px 9px; margin-right: 8px; font-size: 13px; }
.about { color: #59616e; } tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
@page { margin: 18mm 16mm; }`;

/** Nothing may run in it or be fetched by it, whatever the names in it say. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A document that stands alone. @param style further rules, our own */
export function page(title: string, sections: readonly Markup[], style = ''): { html: string } {
  const { text } = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title}</title>
      <style>
        ${new Markup(STYLE + style)}
      </style>
    </head>
    <body>
      <h1>${title}</h1>
      <p class="about">
        Written by ${PROGRAM} on ${new Date().toISOString().slice(0, 10)}. Units: Å, eV, eV/Å, GPa; the virial
        is −∂E/∂strain.
      </p>
      ${sections}
    </body>
  </html>`;
  return { html: `<!doctype html>\n${text}\n` };
}
