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

test('the audit log says what was done, and is asked by action and by name', async () => {
  const made = await server.make({ name: 'logged' });
  await server.make({ name: 'logged too' });
  await server.ask('mutation D($ids: [String!]!) { deleteSystemTokens(input: { ids: $ids }) { deleted } }', { ids: [made.tokenMetadata.id] });
  await browser.signIn(server.token, '/audit-log?token=logged');
  await page.getByText('1–2 of 2').waitFor();
  await page.getByRole('button', { name: /^.?Token deleted$/ }).waitFor();
  await page.getByRole('button', { name: /^.?Token made$/ }).waitFor();
  await page.getByLabel('Action').selectOption({ label: 'Token deleted' });
  await page.getByText('1–1 of 1').waitFor();
  await page.waitForURL(/action=deleteSystemToken/);
  await browser.axe('the audit log by action', ['light']);
  browser.calm();
});
