/** Where a floating panel lies: below its button where it fits, above it otherwise, and never outside the window. */

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface FloatingPlace {
  readonly left: number;
  readonly top: number;
  /** The panel scrolls beyond this height. */
  readonly maxHeight: number;
}

/** Between the panel and its button, and between the panel and the edge of the window; CSS pixels. */
const GAP = 8;

/**
 * Place of a panel in a window, CSS pixels. A panel that fits neither below nor above takes the side with more room and
 * scrolls.
 * @param anchor the button that opened it
 * @param size what the panel would like to have
 */
export function placeFloating(
  anchor: Area,
  size: { readonly width: number; readonly height: number },
  window: { readonly width: number; readonly height: number },
): FloatingPlace {
  const below = window.height - anchor.bottom - 2 * GAP;
  const above = anchor.top - 2 * GAP;
  const under = size.height <= below || below >= above;
  const maxHeight = Math.max(0, under ? below : above);
  const height = Math.min(size.height, maxHeight);
  return {
    left: Math.max(GAP, Math.min(anchor.left, window.width - size.width - GAP)),
    top: under ? anchor.bottom + GAP : anchor.top - GAP - height,
    maxHeight,
  };
}

/**
 * Keeps a panel beside its button, in the browser's top layer, where nothing cuts it off. The panel needs the attribute
 * `popover="manual"`.
 * @returns a function that ends it
 */
export function floatBeside(anchor: HTMLElement, panel: HTMLElement): () => void {
  if (!panel.matches(':popover-open')) panel.showPopover();
  const place = () => {
    panel.style.maxHeight = 'none';
    const { offsetWidth: width, offsetHeight: height } = panel;
    const { innerWidth, innerHeight } = window;
    const at = placeFloating(
      anchor.getBoundingClientRect(),
      { width, height },
      { width: innerWidth, height: innerHeight },
    );
    Object.assign(panel.style, {
      left: `${at.left}px`,
      top: `${at.top}px`,
      maxHeight: `${at.maxHeight}px`,
    });
  };
  place();
  const sized = new ResizeObserver(place);
  for (const child of panel.children) sized.observe(child);
  window.addEventListener('resize', place);
  // scrolling inside the panel moves nothing
  const scrolled = (event: Event) => {
    if (!(event.target instanceof Node && panel.contains(event.target))) place();
  };
  window.addEventListener('scroll', scrolled, true);
  return () => {
    sized.disconnect();
    window.removeEventListener('resize', place);
    window.removeEventListener('scroll', scrolled, true);
  };
}
