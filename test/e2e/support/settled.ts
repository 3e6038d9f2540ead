/** Waits for a page to come to rest, however long that takes on this machine. */
import type { Page } from 'playwright-core';

/** Rounds of looking before a page that never rests (a clock that ticks) is taken as it is. */
const ROUNDS = 40;

/**
 * Until typefaces are there, no transition runs and the document stays as it is for two drawn frames. What goes round
 * for ever (a bar of unknown length) does not count. For pictures and for axe, which would otherwise measure contrast
 * in the middle of a fade; what a test asserts is waited for by itself.
 */
export async function settled(page: Page): Promise<void> {
  // as text: the page's globals are not the test's
  await page.evaluate(`(async () => {
    await document.fonts.ready;
    const frame = () => new Promise((drawn) => requestAnimationFrame(() => drawn()));
    let changes = 0;
    const observer = new MutationObserver((list) => { changes += list.length; });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    for (let round = 0, still = 0; round < ${ROUNDS} && still < 2; round++) {
      changes = 0;
      const running = document.getAnimations().filter(
        (animation) => animation.playState === 'running' && animation.effect?.getComputedTiming().endTime !== Infinity,
      );
      await Promise.all(running.map((animation) => animation.finished.catch(() => undefined)));
      await frame();
      await frame();
      still = running.length === 0 && changes === 0 ? still + 1 : 0;
    }
    observer.disconnect();
  })()`);
}
