/** Entry of the window. */
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import '@fontsource-variable/inter/wght.css';
import './theme/reset.css';
import 'vuetify/styles';
import './theme/styles.css';
import App from './App.vue';
import { router } from './router.ts';
import { namedProgress } from './theme/named-progress.ts';
import { vuetify } from './theme/vuetify.ts';

/** Charts draw their text once: wait for the typeface, but not for long. */
const typeface = document.fonts.load('14px "Inter Variable"');
await Promise.race([typeface, new Promise((resolve) => setTimeout(resolve, 400))]).catch(() => undefined);

createApp(App).use(createPinia()).use(vuetify).use(namedProgress).use(router).mount('#app');
