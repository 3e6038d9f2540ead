/** A panel that opens takes the keyboard in: its first control has the focus, and Escape leads back (focus-return.ts). */
import { nextTick, watch, type Ref } from 'vue';

const CONTROLS = 'button, input, select, textarea, a[href], [tabindex]:not([tabindex="-1"])';

/** @param box element or component of the panel while it is open */
export function useFocusInside(
  open: Readonly<Ref<boolean>>,
  box: Readonly<Ref<HTMLElement | { readonly $el: unknown } | null | undefined>>,
): void {
  watch(open, async (now) => {
    if (!now) return;
    await nextTick();
    // overlays are made when they are first opened, a moment later
    requestAnimationFrame(() => {
      const found = box.value instanceof HTMLElement ? box.value : box.value?.$el;
      if (found instanceof HTMLElement) found.querySelector<HTMLElement>(CONTROLS)?.focus();
    });
  });
}
