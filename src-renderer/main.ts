/** Entry of the window. */
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import './theme/reset.css';
import 'vuetify/styles';
import './theme/styles.css';
import App from './App.vue';
import { router } from './router.ts';
import { vuetify } from './theme/vuetify.ts';

createApp(App).use(createPinia()).use(vuetify).use(router).mount('#app');
