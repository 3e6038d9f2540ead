/** Saving what the viewer shows: a PNG of any size, a WebM of the trajectory or of one turn. */
import { ref, type Ref } from 'vue';
import type { Overlay, PictureSize } from './overlay.ts';
import { recordVideo, renderPicture } from './picture-export.ts';
import type { StructureView } from './structure-view.ts';
import type { TrajectoryState } from './use-trajectory.ts';

/** What the exports need of the component. */
export interface ExportSource {
  view(): StructureView | undefined;
  /** Size of the drawing on the page. */
  size(): PictureSize;
  overlay(size: PictureSize): Overlay;
  /** What the colours mean, in the corner of a picture. */
  legend(size: PictureSize): Overlay;
  /** Colour behind labels. */
  plate(): string;
  frameCount(): number;
  readonly trajectory: TrajectoryState;
  label(): string;
  failed(sentence: string): void;
}

export interface ExportActions {
  /** What is being made, for the user; empty when nothing is. */
  readonly busy: Ref<string>;
  png(width: number, height: number, transparent?: boolean, legend?: boolean): Promise<Blob>;
  webm(width: number, height: number, signal?: AbortSignal): Promise<Blob>;
  /** Makes a file and hands it to the browser's downloads. */
  save(what: string, make: () => Promise<Blob>, extension: string): Promise<void>;
}

/** Frames of a film of one turn. */
const TURN_FRAMES = 90;

export function useExport(source: ExportSource): ExportActions {
  const busy = ref('');

  function shownView(): StructureView {
    const view = source.view();
    if (!view) throw new Error('Nothing is shown yet.');
    return view;
  }

  /** The overlay as it lies over a picture of this shape. */
  function overlayOf(
    width: number,
    height: number,
    withLegend: boolean,
  ): { overlay: Overlay; overlayHeight: number } {
    const overlayHeight = source.size().height;
    const size = { height: overlayHeight, width: (overlayHeight * width) / height };
    const { lines, labels } = source.overlay(size);
    const legend = withLegend ? source.legend(size) : { lines: [], labels: [] };
    const overlay = { lines, labels: [...labels, ...legend.labels], marks: legend.marks };
    return { overlay, overlayHeight };
  }

  async function png(width: number, height: number, transparent = false, legend = true): Promise<Blob> {
    const picture = await renderPicture(shownView().scene, {
      width,
      height,
      transparent,
      ...overlayOf(width, height, legend),
      plate: source.plate(),
    });
    return picture.convertToBlob({ type: 'image/png' });
  }

  async function webm(width: number, height: number, signal?: AbortSignal): Promise<Blob> {
    const view = shownView();
    const { trajectory } = source;
    trajectory.pause();
    const turning = source.frameCount() < 2;
    const frameCount = turning ? TURN_FRAMES : source.frameCount();
    const { camera } = view.scene;
    const side = Math.min(source.size().width, source.size().height);
    try {
      return await recordVideo(view.scene, {
        width,
        height,
        overlayHeight: source.size().height,
        plate: source.plate(),
        framesPerSecond: Math.min(30, trajectory.speed.value),
        frameCount,
        signal,
        showFrame: async (index) => {
          // a drag over the shorter side is half a turn
          if (turning) view.rotate((2 * side) / frameCount, 0);
          else await trajectory.seek(index);
          return overlayOf(width, height, true).overlay;
        },
        onProgress: (done) => (busy.value = `Frame ${done} of ${frameCount}`),
      });
    } finally {
      if (turning) view.setCamera(camera);
    }
  }

  async function save(what: string, make: () => Promise<Blob>, extension: string): Promise<void> {
    busy.value = `Making the ${what} …`;
    try {
      const url = URL.createObjectURL(await make());
      const link = document.createElement('a');
      link.href = url;
      const name =
        source
          .label()
          .trim()
          .replace(/[^\p{L}\p{N}]+/gu, '-') || 'structure';
      link.download = `${name}.${extension}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      source.failed(`The ${what} could not be made. ${reason}`);
    } finally {
      busy.value = '';
    }
  }

  return { busy, png, webm, save };
}
