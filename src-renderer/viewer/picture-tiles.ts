/** How a large picture is cut into pieces that the graphics card can render. */

/** One tile of a picture, in its pixels from the upper left. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Cuts a picture into tiles no larger than `largest` on a side. */
export function tilesOf(width: number, height: number, largest: number): Tile[] {
  const tiles: Tile[] = [];
  for (let y = 0; y < height; y += largest) {
    for (let x = 0; x < width; x += largest) {
      tiles.push({ x, y, width: Math.min(largest, width - x), height: Math.min(largest, height - y) });
    }
  }
  return tiles;
}
