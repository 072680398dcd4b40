import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

// The page has the same fonts under the same names, which say what is in the files. So one copy is
// built in and fetched; the test of the build (embed_test.go) finds each where the styles name it.
const font = /\.woff2?$/;

function withoutFonts(): Plugin {
  return {
    name: 'without-fonts',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const name of Object.keys(bundle)) if (font.test(name)) delete bundle[name];
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react(), withoutFonts()],
  experimental: {
    // From the styles in /docs/api-explorer/assets/ to the page's /assets/, whatever stands before
    // both.
    renderBuiltUrl: (name, { hostType }) => (hostType === 'css' && font.test(name) ? `../../../${name}` : { relative: true }),
  },
  publicDir: false,
  worker: { format: 'es' },
  build: {
    outDir: '../dist/explorer',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 6000,
  },
});
