/** What was made from what, drawn for a report: boxes from left to right, as the window has them. */
import { layOut } from '../../../src-compute/lineage-layout.ts';
import type { Lineage } from '../objects/lineage.ts';
import { html, type Markup } from './html.ts';

const WIDTH = 200;
const HEIGHT = 44;
const ACROSS = 48;
const BETWEEN = 12;
/** Letters that fit into a box. */
const LETTERS = 28;
/** Objects up to which a drawing says more than its table. */
const MOST = 120;

/** An SVG element, or nothing where there are no objects, or too many of them to be told apart. */
export function lineageFigure({ nodes, edges }: Lineage): Markup | undefined {
  if (nodes.length === 0 || nodes.length > MOST || edges.length === 0) return undefined;
  const layout = layOut(
    nodes.map(({ key }) => key),
    edges,
  );
  const corner = (key: string) => {
    const { column, row } = layout.places.get(key) ?? { column: 0, row: 0 };
    return { x: 1 + column * (WIDTH + ACROSS), y: 1 + row * (HEIGHT + BETWEEN) };
  };
  const [width, height] = [
    2 + layout.columns * (WIDTH + ACROSS) - ACROSS,
    2 + layout.rows * (HEIGHT + BETWEEN) - BETWEEN,
  ];
  const arrows = edges.map(([from, to]) => {
    const [a, b] = [corner(from), corner(to)];
    const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2];
    const bend = Math.max(ACROSS / 2, (x2 - x1) / 2);
    return html`<path
      d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"
      fill="none"
      stroke="#8a93a0"
      stroke-width="1.3"
    />`;
  });
  const boxes = nodes.map(({ key, name, kind, about }) => {
    const { x, y } = corner(key);
    return html`<g>
      <title>${name}: ${kind}, ${about}</title>
      <rect
        x="${x}"
        y="${y}"
        width="${WIDTH}"
        height="${HEIGHT}"
        rx="7"
        fill="#ffffff"
        stroke="${kind === 'dataset' || kind === 'potential' ? '#24507a' : '#9a4a12'}"
      />
      <text x="${x + 10}" y="${y + 18}" font-size="13" font-weight="600" fill="#1c2127">${short(name)}</text>
      <text x="${x + 10}" y="${y + 34}" font-size="11" fill="#5a636e">${short(`${kind}, ${about}`)}</text>
    </g>`;
  });
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${height}"
    width="${Math.min(width, 900)}"
    role="img"
    aria-label="What was made from what"
    font-family="system-ui, sans-serif"
  >
    ${arrows}${boxes}
  </svg>`;
}

function short(text: string): string {
  const letters = [...text];
  return letters.length <= LETTERS ? text : `${letters.slice(0, LETTERS - 1).join('')}…`;
}
