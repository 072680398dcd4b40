import { expect, it } from 'vitest';
import { pathAbove } from './home';

it.each([
  ['https://x.test/assets/index-1.js', ''],
  ['https://x.test/docs/api-explorer/assets/index-1.js', ''],
  ['https://x.test/tokens/assets/index-1.js', '/tokens'],
  ['https://x.test/tokens/docs/api-explorer/assets/index-1.js?x#y', '/tokens'],
  ['https://x.test:8443/a/b%20c/assets/assets/home-1.js', '/a/b%20c/assets'],
])('knows from %s that the server is below "%s"', (script, above) => {
  expect(pathAbove(script)).toBe(above);
});
