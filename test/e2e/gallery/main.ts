import { createApp } from 'vue';
import GalleryPage from './GalleryPage.vue';
import './gallery.css';

createApp(GalleryPage).mount('#app');
