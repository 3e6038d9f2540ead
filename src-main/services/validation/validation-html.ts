/** The report of a validation: one HTML file that stands alone, the verdict first. */
import { html, Markup, table } from '../report/html.ts';
import { page } from '../report/page.ts';
import type { Figure } from '../figures/figure.ts';
import { svgOf } from '../figures/output.ts';
import { cellOf, comparisonFigures, comparisonRows } from './comparison.ts';
import { spokenDeviation, spokenValue, type JudgedCheck, type JudgedValue } from './judge.ts';
import { spoken } from './plan.ts';
import type { Thresholds } from './thresholds.ts';
import type { PotentialValidation, Validation } from './validate.ts';

const STYLE = `
.verdict { border-left: 4px solid #59616e; padding: 2px 0 2px 16px; font-size: 16px; } .verdict p { margin: 6px 0; }
.verdict p:first-child { font-weight: 650; font-size: 18px; }
.grade { border-radius: 9px; padding: 1px 9px; font-size: 12.5px; white-space: nowrap; }
.good { background: #dcf2e3; color: #14532d; } .fair { background: #fdf0cd; color: #6b4a00; }
.bad { background: #fbdedd; color: #7f1d1d; } .outside { background: #e4e2f7; color: #35307a; }`;

/** The whole page. */
export async function validationHtml(
  validation: Validation,
): Promise<{ title: string; html: string; figures: number }> {
  const { potentials, plan, budget, thresholds } = validation;
  const names = potentials.map(({ name }) => name).join(', ');
  const title = `Validation of ${names}`;
  let figures = 0;
  const drawn = async (list: readonly Figure[]): Promise<Markup[]> => {
    const all: Markup[] = [];
    for (const figure of list) {
      // a figure without a point says nothing
      if (!figure.series.some(({ y }) => y.some(Number.isFinite))) continue;
      figures++;
      all.push(html`<figure>${new Markup(await svgOf(figure, 720, 420))}</figure>`);
    }
    return all;
  };
  const verdicts = potentials.map(
    (potential) =>
      html`<h2>${potentials.length > 1 ? `Verdict: ${potential.name}` : 'Verdict'}</h2>
        <div class="verdict">${potential.verdict.map((sentence) => html`<p>${sentence}</p>`)}</div>`,
  );
  const sections: Markup[] = [html`<section>${verdicts}</section>`];
  if (potentials.length > 1)
    sections.push(html`${comparisonTable(potentials)}${await drawn(comparisonFigures(potentials))}`);
  for (const potential of potentials) {
    const several = potentials.length > 1;
    const checks: Markup[] = [];
    for (const check of potential.checks) checks.push(checkSection(check, await drawn(check.figures)));
    sections.push(
      html`<section>
        ${several ? html`<h2>${potential.name}</h2>` : ''}
        <p class="about">
          Material: ${potential.material}. ${potential.origin} Plan: ${plan} (${spoken(budget)}); one
          evaluation takes ${potential.cost.toPrecision(2)} µs per atom here; the checks took
          ${spoken(potential.seconds)}.
        </p>
        ${checks}
        ${
          potential.leftOut.length > 0
            ? html`<h2>Not part of this plan</h2>
                ${potential.leftOut.map((why) => html`<p>${why}</p>`)}`
            : ''
        }
      </section>`,
    );
  }
  sections.push(thresholdSection(thresholds));
  return { title, html: page(title, sections, STYLE).html, figures };
}

const badge = ({ judgement }: JudgedValue): Markup =>
  judgement === null ? html`` : html`<span class="grade ${judgement}">${judgement}</span>`;

function checkSection(check: JudgedCheck, figures: readonly Markup[]): Markup {
  const sources = [
    ...new Set(check.values.flatMap(({ reference }) => (reference ? [reference.source] : []))),
  ];
  return html`<h2>${check.title}</h2>
    <p>${check.question}</p>
    ${
      check.failed === undefined
        ? table(
            ['Value', 'Result', 'Reference', 'Deviation', 'Grade', 'What it tells'],
            check.values.map((value) => [
              value.title,
              spokenValue(value),
              value.reference
                ? `${value.reference.value} ${value.unit}${sources.length > 1 ? ` [${sources.indexOf(value.reference.source) + 1}]` : ''}`
                : '–',
              spokenDeviation(value),
              badge(value),
              value.meaning,
            ]),
          )
        : html`<p><span class="grade bad">not done</span> ${check.failed}</p>`
    }
    ${sources.length > 0 ? html`<p class="about">${sources.map((source, k) => html`${sources.length > 1 ? `[${k + 1}] ` : 'Reference: '}${source}. `)}</p>` : ''}
    ${check.notes.map((note) => html`<p>${note}</p>`)} ${figures}
    <p class="about">
      Cost: ${spoken(check.seconds)}, ${check.evaluations} evaluations of energy and forces.
    </p>`;
}

function comparisonTable(potentials: readonly PotentialValidation[]): Markup {
  return html`<h2>Side by side</h2>
    ${table(
      ['Value', 'Unit', 'Reference', ...potentials.map(({ name }) => name)],
      comparisonRows(potentials).map(({ title, unit, reference, values }) => [
        title,
        unit,
        reference ?? '–',
        ...values.map(cellOf),
      ]),
    )}`;
}

function thresholdSection(thresholds: Thresholds): Markup {
  return html`<section>
    <h2>Thresholds</h2>
    <p>
      A value is good up to the first number and fair up to the second. A file changes them (--thresholds).
    </p>
    ${table(
      ['Threshold', 'Good', 'Fair', 'Of', 'Reason'],
      Object.entries(thresholds).map(([name, { good, fair, of, unit, reason }]) => [
        name,
        of === 'relative' ? `${100 * good} %` : `${good} ${unit}`,
        of === 'relative' ? `${100 * fair} %` : `${fair} ${unit}`,
        of === 'relative' ? 'relative deviation' : of === 'difference' ? 'deviation' : 'the value itself',
        reason,
      ]),
    )}
  </section>`;
}
