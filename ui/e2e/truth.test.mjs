// The truth about the session, and about what was done.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

test('ten minutes before its end the session says so, and another begins without losing anything', async () => {
  let soon = true;
  await page.route('**/graphql', async (route) => {
    if (!soon || !route.request().postData().includes('query Viewer')) return route.continue();
    const response = await route.fetch();
    const answer = await response.json();
    answer.data.viewer.sessionExpiresAt = Date.now() + 5 * 60_000;
    return route.fulfill({ response, json: answer });
  });
  await browser.signIn(server.token, '/tokens/new');
  await page.getByText(/^Your session ends in [45] minutes\./).waitFor();
  await page.getByLabel('Token name').fill('typed before');
  await browser.axe('a session that will end', ['light']);
  await page.getByRole('button', { name: 'Sign in again' }).click();
  soon = false;
  const dialog = page.getByRole('dialog', { name: 'Sign in again' });
  await dialog.getByLabel('Token', { exact: true }).fill(server.token);
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText(/^Your session ends/).waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Token name').inputValue(), 'typed before');
  await page.waitForFunction(() => document.activeElement.tagName === 'H1');
  browser.calm();
});

test('who signed out elsewhere is told as soon as the page is looked at', async () => {
  browser.expected.push(/status of 401/);
  await browser.signIn();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Requested-By': 'tokenscale' } }));
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await page.getByRole('alertdialog', { name: 'Your session has ended' }).waitFor();
  browser.calm();
});

test('the audit log says in sentences what was done, and is asked by action and by name', async () => {
  const made = await server.make({ name: 'logged' });
  await server.make({ name: 'logged too' });
  await server.ask('mutation D($ids: [String!]!) { deleteSystemTokens(input: { ids: $ids }) { deleted } }', { ids: [made.tokenMetadata.id] });
  await browser.signIn(server.token, '/audit-log?token=logged');
  await page.getByText('1–2 of 2').waitFor();
  const said = page.getByRole('list', { name: 'Audit log' }).getByRole('paragraph');
  assert.deepEqual(await said.allInnerTexts(), ['Token logged deleted by root from 127.0.0.1', 'Token logged made by root from 127.0.0.1: no permissions, never ends']);
  await page.getByLabel('Action').selectOption({ label: 'Token deleted' });
  await page.getByText('1–1 of 1').waitFor();
  await page.waitForURL(/action=deleteSystemToken/);
  await browser.axe('the audit log by action', ['light']);
  const details = page.getByRole('button', { name: 'Details' });
  assert.equal(await details.evaluate((e) => document.getElementById(e.getAttribute('aria-describedby')).innerText), 'Token logged deleted by root from 127.0.0.1');
  await details.click();
  await page.getByText('deleteSystemTokens', { exact: true }).waitFor();
  await said.getByRole('link', { name: 'logged' }).click();
  await page.waitForURL(`**/tokens/${made.tokenMetadata.id}`);
  const history = page.getByRole('list', { name: 'History' }).getByRole('paragraph');
  await history.first().waitFor();
  assert.deepEqual(await history.allInnerTexts(), ['Deleted by root from 127.0.0.1', 'Made by root from 127.0.0.1: no permissions, never ends']);
  browser.calm();
});

test('no date of the audit log is cut off, whatever the width and the name beside it', async () => {
  for (const name of ['W'.repeat(253), 'ليلي '.repeat(50).trim(), 'an end'])
    await server.make({ name, expiresIn: { amount: 90, unit: 'Days' } });
  await browser.signIn(server.token, '/audit-log?since=2020-11-26T22:59:00.000Z&until=9999-12-31T11:59:00.000Z');
  await page.getByRole('list', { name: 'Audit log' }).waitFor();
  await page.getByRole('button', { name: 'Details' }).first().click();
  for (const width of [320, 360, 600, 833, 1000, 1280, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    const cut = await page.evaluate(() => {
      const inside = (e, box) => e.left >= box.left - 0.5 && e.right <= box.right + 0.5 && e.top >= box.top - 0.5 && e.bottom <= box.bottom + 0.5;
      const moments = [...document.querySelectorAll('main ol time')].map((time) => [time, time.parentElement]);
      const fields = [...document.querySelectorAll('main input[type=datetime-local]')];
      // What such a field shows is not counted as its contents: one of the width it wants tells.
      const wanted = (field) => {
        const copy = field.cloneNode();
        copy.style.width = 'max-content';
        field.after(copy);
        const width = copy.offsetWidth;
        copy.remove();
        return width;
      };
      const rows = [...document.querySelectorAll('main ol > li')];
      return [
        ...moments.filter(([time, cell]) => time.getClientRects().length !== 1 || !inside(time.getBoundingClientRect(), cell.getBoundingClientRect())).map(([time]) => time.innerText),
        ...fields.filter((field) => wanted(field) > field.offsetWidth).map((field) => `${field.value}: ${wanted(field)} in ${field.offsetWidth}`),
        ...rows.filter((row) => row.scrollWidth > row.clientWidth).map((row) => row.innerText),
        ...(document.documentElement.scrollWidth > window.innerWidth ? ['the page'] : []),
        ...(moments.length < 3 || fields.length !== 2 ? [`${moments.length} moments, ${fields.length} fields`] : []),
      ];
    });
    assert.deepEqual(cut, [], `at ${width} px`);
  }
  browser.calm();
});
