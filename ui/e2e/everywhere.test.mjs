// What must hold on every route, in both schemes and at every width.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { hostileNames } from './support/hostile.mjs';
import { tracesOf } from './support/secrets.mjs';
import { startServer } from './support/server.mjs';

let server;
let routes;
const names = hostileNames(200);

before(async () => {
  server = await startServer();
  const filter = await server.makeFilter('<b>office</b> \u202e reversed', 'allow 127.0.0.0/8\nallow 127.0.0.1\n# done');
  let token;
  for (const name of names) {
    token = await server.make({ name, permissions: ['PatchGlobal', 'ReadHealthCheck'], ipFilterId: name.length % 2 ? filter : null, expiresIn: { amount: 1 + (name.length % 40), unit: 'Days' } });
  }
  routes = ['/tokens', '/tokens?q=no-such-token', '/tokens?ends=30&state=Active&permission=PatchGlobal,ReadHealthCheck', `/tokens?filter=${filter}&sort=used&dir=desc`, '/tokens/new', `/tokens/${token.tokenMetadata.id}`, '/tokens/none', '/ip-filters', '/ip-filters/new', `/ip-filters/${filter}`, '/security-policies', '/audit-log', '/audit-log?type=none', '/nothing-here'];
});
after(() => Promise.all([server.close(), closeBrowser()]));

test('axe finds nothing on any route, in either scheme', async () => {
  const browser = await openBrowser(server);
  browser.expected.push(/status of 404/); // of the route that leads nowhere
  const { page } = browser;
  await browser.goto('/sign-in');
  await page.getByLabel('Token').waitFor();
  await browser.axe('/sign-in');
  await browser.signIn();
  for (const route of routes) {
    await browser.goto(route);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    await browser.axe(route);
  }
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await browser.axe('the command bar');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('dialog').waitFor();
  await browser.axe('the profile');
  browser.calm();
  await browser.close();
});

test('nothing is wider than the window, from 320 pixels on, which is also 640 at 200 %', async () => {
  const browser = await openBrowser(server, { viewport: { width: 320, height: 700 } });
  browser.expected.push(/status of 404/); // of the route that leads nowhere
  const { page } = browser;
  await browser.signIn();
  for (const route of routes) {
    await browser.goto(route);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    for (const width of [320, 768, 900, 1040, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      const over = await page.evaluate(
        () => new Promise((measured) => requestAnimationFrame(() => requestAnimationFrame(() => measured(document.documentElement.scrollWidth - document.documentElement.clientWidth)))),
      );
      assert.ok(over <= 0, `${route} is ${over} px too wide at ${width}`);
    }
  }
  browser.calm();
  await browser.close();
});

test('two hundred hostile names are shown as they are, and do nothing', async () => {
  const browser = await openBrowser(server);
  const { page } = browser;
  page.on('dialog', () => browser.complaints.push('a name opened a dialog'));
  await browser.signIn();
  const seen = new Set();
  for (let n = 1; n <= 4; n++) {
    await browser.goto(`/tokens?page=${n}`);
    await page.getByText(`of ${names.length}`).first().waitFor();
    for (const text of await page.locator('tbody tr a bdi').evaluateAll((all) => all.map((e) => e.textContent))) seen.add(text);
  }
  const stored = await server.ask('{ systemTokens(limit: 1000) { results { id name } } }');
  const shown = (name) => name.replace(/[\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu, (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
  for (const { name } of stored.systemTokens.results) assert.ok(seen.has(shown(name)), `not shown as it is: ${JSON.stringify(name)}`);
  for (const { id } of stored.systemTokens.results.filter((_, i) => i % 25 === 0)) {
    await browser.goto(`/tokens/${id}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Delete token' }).click();
    await page.getByRole('alertdialog').waitFor();
  }
  assert.equal(await page.evaluate(() => window.hit), undefined);
  browser.calm();
  await browser.close();
});

test('the command bar goes to a token, a filter, a page', async () => {
  const browser = await openBrowser(server);
  const { page } = browser;
  const made = await server.make({ name: 'zebra crossing' });
  await browser.signIn();
  await page.getByRole('heading', { level: 1, name: 'System tokens' }).waitFor();
  await page.locator('h1').click();
  await page.keyboard.press('/');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('zebra');
  await page.getByRole('menuitem', { name: /zebra crossing/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/tokens/${made.tokenMetadata.id}`);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type(made.token);
  await page.getByRole('menuitem', { name: /zebra crossing/ }).waitFor();
  assert.deepEqual(await tracesOf(page, made.token.split('~')[1]), []);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('audit');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/audit-log');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('sign out');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in');
  browser.calm();
  await browser.close();
});

test('the page moves little when less motion is asked for, and keeps its outlines in forced colours', async () => {
  const browser = await openBrowser(server, { reducedMotion: 'reduce', forcedColors: 'active' });
  const { page } = browser;
  await browser.signIn();
  await page.getByRole('table', { name: 'System tokens' }).waitFor();
  const longest = await page.evaluate(() => Math.max(...[...document.querySelectorAll('*')].map((e) => Number.parseFloat(getComputedStyle(e).transitionDuration) || 0)));
  assert.ok(longest < 0.001, `a transition of ${longest} s`);
  const border = await page.getByRole('link', { name: '+ Add new' }).evaluate((e) => getComputedStyle(e).borderTopStyle);
  assert.equal(border, 'solid');
  browser.calm();
  await browser.close();
});
