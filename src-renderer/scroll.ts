/** Brings the head of the page into view, where a run that was just started is shown. */
export function scrollPageToTop(): void {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.querySelector('.page')?.scrollTo({ top: 0, behavior: still ? 'auto' : 'smooth' });
}
