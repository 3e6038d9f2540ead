/** The page in view: its head, its form. */
export function scrollPageToTop(): void {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.querySelector('.page')?.scrollTo({ top: 0, behavior: still ? 'auto' : 'smooth' });
}

/** Sends the form that a component is or holds, with the checks of a click on its button. */
export function submitForm(part: { readonly $el: unknown } | null): void {
  const { $el } = part ?? { $el: undefined };
  if (!($el instanceof Element)) return;
  const form = $el instanceof HTMLFormElement ? $el : $el.querySelector('form');
  const button = form?.querySelector<HTMLButtonElement>('[type=submit]');
  if (button && !button.disabled) form?.requestSubmit(button);
}
