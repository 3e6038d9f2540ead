/** The state of a trajectory that is being played, for the component. */
import { computed, ref, toRaw, watch, type ComputedRef, type Ref } from 'vue';
import { FramePlayer } from './frame-player.ts';
import type { ViewerFrame, ViewerTrajectory } from './types.ts';

export interface TrajectoryState {
  readonly index: Ref<number>;
  readonly playing: Ref<boolean>;
  /** Frames per second. */
  readonly speed: Ref<number>;
  readonly label: ComputedRef<string>;
  /** Takes over the current trajectory; called again when it changes. */
  start(): void;
  toggle(): void;
  pause(): void;
  /** Shows a frame and stops playing. */
  seek(index: number): Promise<void>;
  /** Fetches frames again: atoms are coloured by another scalar. */
  reload(): void;
  dispose(): void;
}

/**
 * Plays what `trajectory` gives.
 * @param show brings a frame into the view
 * @param failed takes a sentence for the user
 * @param colorKey the scalar that colours the atoms
 * @param vectorKey the vectors that are drawn as arrows
 */
export function useTrajectory(
  trajectory: () => ViewerTrajectory | undefined,
  show: (index: number, frame: ViewerFrame) => void,
  failed: (sentence: string) => void,
  colorKey: () => string | null,
  vectorKey: () => string = () => '',
): TrajectoryState {
  const index = ref(0);
  const playing = ref(false);
  const speed = ref(25);
  let player: FramePlayer | undefined;

  function start(): void {
    player?.dispose();
    const wasPlaying = playing.value;
    playing.value = false;
    player = undefined;
    const given = trajectory();
    if (!given || given.count === 0) return;
    player = new FramePlayer(toRaw(given), {
      show: (shown, frame) => {
        index.value = shown;
        show(shown, frame);
      },
      failed: (missing, error) => {
        playing.value = false;
        const reason = error instanceof Error ? error.message : String(error);
        failed(`Frame ${missing + 1} could not be read. ${reason}`);
      },
      wait: untilNextDisplay,
      now: () => performance.now(),
      colorKey,
      vectorKey,
    });
    player.framesPerSecond = speed.value;
    // a run that grows stays where it is looked at
    void player.seek(Math.min(index.value, given.count - 1));
    if (wasPlaying) toggle();
  }

  function toggle(): void {
    if (!player) return;
    if (player.playing) player.pause();
    else void player.play();
    playing.value = player.playing;
  }

  watch(speed, (next) => {
    if (player) player.framesPerSecond = next;
  });

  function pause(): void {
    player?.pause();
    playing.value = false;
  }

  return {
    index,
    playing,
    speed,
    label: computed(() => trajectory()?.label?.(index.value) ?? ''),
    start,
    pause,
    toggle,
    seek: async (wanted) => {
      pause();
      await player?.seek(wanted);
    },
    reload: () => void player?.reload(),
    dispose: () => player?.dispose(),
  };
}

/** Waits and then for the next display refresh, so that frames come in step with the screen. */
function untilNextDisplay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const next = () => requestAnimationFrame(() => resolve());
    if (milliseconds > 4) setTimeout(next, milliseconds - 4);
    else next();
  });
}
