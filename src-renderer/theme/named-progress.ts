/** Gives the circle in a busy button a name: Vuetify draws it without one, and screen readers would say nothing. */
import type { App } from 'vue';

export function namedProgress(app: App): void {
  app.mixin({
    mounted() {
      const { $options, $el } = this as { $options: { name?: string }; $el: unknown };
      if ($options.name !== 'VProgressCircular' || !($el instanceof Element)) return;
      if (!$el.hasAttribute('aria-label')) $el.setAttribute('aria-label', 'Working');
    },
  });
}
