/**
 * Pictures and films of the view. Pictures are rendered in tiles at twice the size and averaged down, so that they
 * may be larger than the graphics card renders at once and edges are smooth whatever the screen does.
 */
import type { Overlay } from './overlay.ts';
import { paintOverlay } from './paint-overlay.ts';
import { tilesOf } from './picture-tiles.ts';
import type { StructureScene } from './scene.ts';

/** Largest side of an exported picture: what browsers accept for a canvas. */
export const LARGEST_PICTURE = 16_384;

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly transparent: boolean;
  /** Drawn over the picture, in CSS pixels of a view of `overlayHeight`. */
  readonly overlay?: Overlay;
  readonly overlayHeight?: number;
  /** Colour behind labels. */
  readonly plate: string;
}

/** Sampling of exported pictures: rendered pixels per picture pixel along each side. */
const SUPERSAMPLING = 2;

/**
 * Renders the current view at any size.
 * @throws RangeError when a side is not between 16 and 16384 pixels
 */
export async function renderPicture(
  scene: StructureScene,
  options: PictureOptions,
): Promise<OffscreenCanvas> {
  const { width, height } = options;
  if (!(Math.min(width, height) >= 16 && Math.max(width, height) <= LARGEST_PICTURE)) {
    throw new RangeError(`A picture's sides must be between 16 and ${LARGEST_PICTURE} pixels.`);
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw the picture.');
  for (const tile of tilesOf(width, height, Math.floor(scene.largestTile / SUPERSAMPLING))) {
    const pixels = await scene.renderPixels({
      width: tile.width * SUPERSAMPLING,
      height: tile.height * SUPERSAMPLING,
      wholeHeight: height * SUPERSAMPLING,
      aspect: width / height,
      part: {
        left: tile.x / width,
        bottom: 1 - (tile.y + tile.height) / height,
        width: tile.width / width,
        height: tile.height / height,
      },
      transparent: options.transparent,
    });
    const image = new ImageData(tile.width * SUPERSAMPLING, tile.height * SUPERSAMPLING);
    flipRows(pixels, image.data, image.width, image.height);
    const bitmap = await createImageBitmap(image);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, tile.x, tile.y, tile.width, tile.height);
    bitmap.close();
  }
  if (options.overlay && options.overlayHeight) {
    paintOverlay(context, options.overlay, height / options.overlayHeight, options.plate);
  }
  return canvas;
}

/** OpenGL counts rows from below, pictures from above. */
function flipRows(from: Uint8Array, to: Uint8ClampedArray, width: number, height: number): void {
  for (let row = 0; row < height; row++) {
    to.set(from.subarray(4 * width * (height - 1 - row), 4 * width * (height - row)), 4 * width * row);
  }
}

/** Whether this browser records WebM. */
export function canRecordVideo(): boolean {
  return typeof MediaRecorder !== 'undefined' && videoType() !== undefined;
}

function videoType(): string | undefined {
  return ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm'].find((type) =>
    MediaRecorder.isTypeSupported(type),
  );
}

export interface VideoOptions extends Omit<PictureOptions, 'transparent' | 'overlay'> {
  readonly framesPerSecond: number;
  readonly frameCount: number;
  /** Brings a frame into the view and gives the overlay for it. */
  showFrame(index: number): Promise<Overlay | undefined>;
  onProgress?(done: number): void;
  readonly signal?: AbortSignal;
}

/**
 * Records a trajectory as WebM. The recorder stamps frames with the time at which they come, so each frame is held
 * for its share of a second; where rendering is slower the film is slower.
 */
export async function recordVideo(scene: StructureScene, options: VideoOptions): Promise<Blob> {
  const mimeType = videoType();
  if (!mimeType) throw new Error('This browser cannot record WebM.');
  const canvas = document.createElement('canvas');
  // encoders want even sides
  canvas.width = options.width & ~1;
  canvas.height = options.height & ~1;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw the film.');
  const stream = canvas.captureStream(options.framesPerSecond);
  const recorder = new MediaRecorder(stream, {
    mimeType,
    videoBitsPerSecond: Math.min(40e6, canvas.width * canvas.height * options.framesPerSecond * 0.15),
  });
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise<void>((resolve) => (recorder.onstop = () => resolve()));
  try {
    for (let index = 0; index < options.frameCount; index++) {
      if (options.signal?.aborted) throw new DOMException('The recording was cancelled.', 'AbortError');
      const due = performance.now() + 1000 / options.framesPerSecond;
      const overlay = await options.showFrame(index);
      const picture = await renderPicture(scene, {
        ...options,
        width: canvas.width,
        height: canvas.height,
        transparent: false,
        overlay,
      });
      context.drawImage(picture, 0, 0);
      if (recorder.state === 'inactive') recorder.start();
      options.onProgress?.(index + 1);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
  } finally {
    if (recorder.state !== 'inactive') {
      recorder.stop();
      await stopped;
    }
    for (const track of stream.getTracks()) track.stop();
  }
  return new Blob(parts, { type: 'video/webm' });
}
