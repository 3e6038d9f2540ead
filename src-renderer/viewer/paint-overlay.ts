/** The overlay in exported pictures, drawn like the SVG on the page. */
import type { Overlay } from './overlay.ts';

/** Draws an overlay on a 2D canvas whose pixels are `scale` times the overlay's. */
export function paintOverlay(
  context: OffscreenCanvasRenderingContext2D,
  overlay: Overlay,
  scale: number,
  plate: string,
): void {
  context.save();
  context.scale(scale, scale);
  context.lineCap = 'round';
  for (const mark of overlay.marks ?? []) {
    context.fillStyle = mark.color ?? plate;
    context.beginPath();
    const radius = mark.round ? mark.width / 2 : mark.color ? 0 : 8;
    context.roundRect(mark.x, mark.y, mark.width, mark.height, radius);
    context.fill();
  }
  for (const line of overlay.lines) {
    context.strokeStyle = line.color;
    context.lineWidth = line.width;
    context.setLineDash(line.dashed ? [5, 5] : []);
    context.beginPath();
    context.moveTo(line.x1, line.y1);
    context.lineTo(line.x2, line.y2);
    context.stroke();
  }
  context.textBaseline = 'middle';
  for (const label of overlay.labels) {
    context.textAlign = label.align ?? 'center';
    context.font = `${label.bold ? 600 : 400} 13px system-ui, sans-serif`;
    if (label.plate) {
      const width = context.measureText(label.text).width + 10;
      context.fillStyle = plate;
      context.beginPath();
      context.roundRect(label.x - width / 2, label.y - 10, width, 20, 6);
      context.fill();
    }
    context.fillStyle = label.color;
    context.fillText(label.text, label.x, label.y);
  }
  context.restore();
}
