// What is read is whole at every width: no ordinary name is cut, and no word is broken.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
before(async () => {
  server = await startServer({ demo: true });
});
after(() => Promise.all([server.close(), closeBrowser()]));

/** Words on two lines, and elements whose text has no room in them; ids may be broken. */
function unread() {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const id = /^[A-Za-z0-9]{32}$/.test(text.data) && /[0-9]/.test(text.data);
    if (id || !text.parentElement.checkVisibility() || text.parentElement.closest('.sr-only, textarea')) continue;
    for (const { 0: word, index } of text.data.matchAll(/[A-Z]?[a-z]{2,}/g)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const lines = new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top)));
      if (lines.size > 1) found.push(`${word} is broken`);
    }
  }
  for (const name of document.querySelectorAll('main bdi')) {
    const cut = name.scrollHeight > name.clientHeight + 2 || name.scrollWidth > name.clientWidth + 1;
    if (name.checkVisibility() && cut && getComputedStyle(name).overflow === 'hidden') found.push(`${name.textContent} is cut`);
  }
  return found;
}

test('at five widths no name is cut and no word is broken', async () => {
  const browser = await openBrowser(server);
  const { page } = browser;
  await browser.signIn();
  const [token] = (await server.ask('{ systemTokens(limit: 1) { results { id } } }')).systemTokens.results;
  const found = [];
  for (const path of ['/tokens', '/tokens/new', `/tokens/${token.id}`, '/ip-filters', '/security-policies']) {
    await browser.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (path === '/security-policies') {
      await page.getByRole('spinbutton', { name: 'Maximum life of system tokens' }).fill('30');
      await page.getByRole('table', { name: 'Tokens that change' }).getByRole('row').nth(3).waitFor();
    }
    await page.waitForLoadState('networkidle');
    for (const width of [360, 833, 1000, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      for (const what of await page.evaluate(unread)) found.push(`${path} at ${width}: ${what}`);
    }
  }
  assert.deepEqual(found, []);
  browser.calm();
  await browser.close();
});
