import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { english } from './scripts/english.mjs';

// The page. The API explorer is a build of its own (explorer/vite.config.ts): it needs a looser
// content security policy, and nothing of it may reach the page.
export default defineConfig({
  // Files are named relative to each other, so that a proxy may have the page below any path (see
  // embed.go).
  base: './',
  plugins: [react(), english()],
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing as a data: URL, so that the policy needs no exception for it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // React and its like change less often than the page: a file of their own stays in the
    // browser's cache over releases. All else that the first paint waits for is in one file, which
    // packs better than many. What only routes use is left to them.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vendor', test: /node_modules\/(?:react|react-dom|scheduler|@tanstack|wouter|regexparam|use-sync-external-store)\// },
            { name: 'first', tags: ['$initial'] },
          ],
        },
      },
    },
  },
  server: {
    proxy: { '/graphql': 'http://127.0.0.1:8080', '/api': 'http://127.0.0.1:8080' },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', 'explorer/*.test.ts'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
  },
});
