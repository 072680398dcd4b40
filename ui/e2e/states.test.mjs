// Each state of the page at five widths, in both schemes. Each is met at two widths, one in each
// scheme, and all of them together at each width in each; with E2E_ALL each at all.
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';
import { idsOf, show, states, widen } from './support/states.mjs';

const widths = [320, 768, 1280, 1920, 2560];
const all = process.env.E2E_ALL !== undefined;
let server;
let browser;
let ids;

before(async () => {
  server = await startServer({ demo: true });
  ids = await idsOf(server);
  browser = await openBrowser(server);
  browser.page.on('dialog', (dialog) => dialog.accept()); // work is left unsaved
  await browser.signIn();
});
after(() => Promise.all([server.close(), closeBrowser()]));

for (const [n, state] of states.entries()) {
  test(`nothing is wrong with ${state.name}`, async () => {
    await browser.page.setViewportSize({ width: 1280, height: 900 });
    await show(browser, state, ids);
    for (const [k, width] of widths.entries()) {
      await widen(browser.page, width, state.name);
      const schemes = ['light', 'dark'].filter((_, dark) => all || (n + dark * 2) % widths.length === k);
      if (schemes.length > 0) await browser.axe(`${state.name} at ${width}`, schemes);
    }
    browser.calm();
  });
}
