/** A panel that opens takes the keyboard in: its first control has the focus, and Escape leads back (focus-return.ts). */
import { nextTick, watch, type Ref } from 'vue';

const CONTROLS = 'button, input, select, textarea, a[href], [tabindex]:not([tabindex="-1"])';

/** Frames in which a panel has to appear. */
const MOST_FRAMES = 60;

/** @param box element or component of the panel while it is open */
export function useFocusInside(
  open: Readonly<Ref<boolean>>,
  box: Readonly<Ref<HTMLElement | { readonly $el: unknown } | null | undefined>>,
): void {
  watch(open, async (now) => {
    if (!now) return;
    await nextTick();
    tryFocus(MOST_FRAMES);
  });

  // overlays are made when they are first opened, and take no focus before they are seen
  function tryFocus(frames: number): void {
    if (!open.value || frames === 0) return;
    const panel = box.value instanceof HTMLElement ? box.value : box.value?.$el;
    if (panel instanceof HTMLElement) {
      panel.querySelector<HTMLElement>(CONTROLS)?.focus();
      if (panel.contains(document.activeElement)) return;
    }
    requestAnimationFrame(() => tryFocus(frames - 1));
  }
}
