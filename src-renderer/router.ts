/** The window's pages. In the address behind '#', so that a reload stays on the page in both hosts. */
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router';
import './host/connection.ts';

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: () => import('./views/HomePage.vue') },
  { path: '/data', name: 'data', component: () => import('./views/DataPage.vue') },
  { path: '/data/:id(\\d+)', name: 'dataset', component: () => import('./views/DatasetPage.vue') },
  {
    path: '/objects/:kind(dataset|potential|run)/:id(\\d+)',
    name: 'object',
    component: () => import('./views/ObjectPage.vue'),
  },
  { path: '/coverage', name: 'coverage', component: () => import('./views/CoveragePage.vue') },
  { path: '/fit', name: 'fit', component: () => import('./views/FitPage.vue') },
  { path: '/understand', name: 'understand', component: () => import('./views/UnderstandPage.vue') },
  { path: '/trust', name: 'trust', component: () => import('./views/TrustPage.vue') },
  { path: '/simulate', name: 'simulate', component: () => import('./views/SimulatePage.vue') },
  { path: '/export', name: 'export', component: () => import('./views/ExportPage.vue') },
  { path: '/guide/:page([a-z-]*)?', name: 'guide', component: () => import('./views/GuidePage.vue') },
  { path: '/:rest(.*)*', redirect: '/' },
];

export const router = createRouter({ history: createWebHashHistory(), routes });
