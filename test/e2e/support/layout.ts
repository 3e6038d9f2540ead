/** What of a page does not fit, measured on its elements. */
import type { Page } from 'playwright-core';

/**
 * Elements that reach over the window, words that are cut off, and pages that scroll sideways. Tables and charts may
 * scroll inside their own boxes; a box that says so with an ellipsis may cut a name.
 */
export function misfits(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const found = [];
    const name = (element) => element.tagName.toLowerCase() + '.' + [...element.classList].join('.') +
      ' "' + (element.textContent ?? '').trim().replace(/\\s+/g, ' ').slice(0, 40) + '"';
    const scrolls = (element) => {
      for (let up = element.parentElement; up; up = up.parentElement) {
        const { overflowX } = getComputedStyle(up);
        if (up.matches('.page, main, body, html')) return false;
        if (overflowX === 'auto' || overflowX === 'scroll' || overflowX === 'hidden' || overflowX === 'clip') return true;
      }
      return false;
    };
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push('the document is wider than the window');
    for (const page of document.querySelectorAll('.page'))
      if (page.scrollWidth > page.clientWidth + 1) found.push('the page scrolls sideways by ' + (page.scrollWidth - page.clientWidth));
    for (const element of document.querySelectorAll('.v-application *')) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || element.closest('svg, .visually-hidden, .skip-link, .word, .v-overlay-container, [inert]') || element.closest('.v-navigation-drawer:not(.v-navigation-drawer--active)')) continue;
      const style = getComputedStyle(element);
      if (style.visibility === 'hidden' || style.position === 'fixed') continue;
      if (box.right > innerWidth + 1 && !scrolls(element)) found.push('outside: ' + name(element));
      const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim() !== '');
      const cut = style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1;
      if (words && cut) found.push('cut off: ' + name(element));
      if (element.matches('.v-btn') && element.scrollWidth > element.clientWidth + 2) found.push('cut off: ' + name(element));
    }
    return [...new Set(found)].slice(0, 12);
  })()`);
}
