/**
 * Where the focus goes when an overlay closes: back to what had it before, so that the keyboard goes on where it was.
 * Dialogs that are opened by code have no button of their own that could take it back.
 */

const OVERLAY = '.v-overlay-container, [popover], .v-navigation-drawer--temporary';

/** Watches the focus of a document. @returns a function that stops */
export function returnFocus(page: Document = document): () => void {
  let outside: HTMLElement | undefined;
  const entered = ({ target }: FocusEvent) => {
    if (target instanceof HTMLElement && target.closest(OVERLAY) === null && target.id !== 'content')
      outside = target;
  };
  const left = ({ target, relatedTarget }: FocusEvent) => {
    if (relatedTarget !== null || !(target instanceof Element)) return;
    // an element that is taken away has no ancestors any more: then the overlay itself went
    if (target.isConnected && target.closest(OVERLAY) === null) return;
    // after the overlay is gone, and only when nobody else took the focus
    setTimeout(() => {
      const open = page.querySelector('.v-overlay--active, [popover]:popover-open');
      const nobody = page.activeElement === null || page.activeElement === page.body;
      if (!nobody || open) return;
      if (outside?.isConnected) outside.focus({ preventScroll: true });
      else page.getElementById('content')?.focus({ preventScroll: true });
    }, 0);
  };
  page.addEventListener('focusin', entered);
  page.addEventListener('focusout', left);
  return () => {
    page.removeEventListener('focusin', entered);
    page.removeEventListener('focusout', left);
  };
}
