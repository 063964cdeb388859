// Vite: npm install mgrpo vite; npx vite. The models of the package are served beside the page.
import { defineConfig } from 'vite';

// Isolation from other origins lets WebAssembly use threads.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  base: './',
  publicDir: 'node_modules/mgrpo/models',
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
});
