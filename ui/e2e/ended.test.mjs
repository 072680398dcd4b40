// Tokens that have ended, and who still uses them.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
  await server.make({ name: 'alive' });
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

test('a deleted token says who ended it, and that somebody still uses it', async () => {
  const made = await server.make({ name: 'revoked pump', permissions: ['ReadHealthCheck'] });
  await browser.signIn(server.token, `/tokens/${made.tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Delete token' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete token' }).click();
  await page.getByText('The token revoked pump is deleted.').waitFor();
  await assert.rejects(server.ask('{ viewer { id } }', {}, made.token), { status: 401 });
  await page.getByRole('link', { name: /^Ended/ }).click();
  const row = page.getByRole('table', { name: 'Ended tokens' }).getByRole('row', { name: /revoked pump/ });
  await row.getByText('deleted').waitFor();
  await row.getByText(/by root/).first().waitFor();
  await row.getByText('from 127.0.0.1').waitFor();
  assert.equal(await page.getByRole('checkbox', { name: /^Choose/ }).count(), 0);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await browser.axe(`ended tokens at ${width}`);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `too wide at ${width}`);
  }
  await row.getByRole('link', { name: 'revoked pump' }).click();
  await page.getByText('It has ended, and somebody still tries to use it').waitFor();
  await browser.axe('a token that has ended');
  browser.calm();
});

test('a string that was reset leads to its successor', async () => {
  const made = await server.make({ name: 'turned over' });
  const { rotateToken } = await server.ask('mutation R($id: String!) { rotateToken(input: { id: $id }) }', { id: made.tokenMetadata.id });
  await browser.signIn(server.token, `/tokens/${made.tokenMetadata.id}`);
  await page.getByText('It has ended, and nobody has tried to use it since').waitFor();
  await page.getByRole('link', { name: 'Go to its successor' }).click();
  await page.waitForURL(`**/tokens/${rotateToken.split('~')[0]}`);
  browser.calm();
});

test('an id that never was says so', async () => {
  await browser.signIn(server.token, '/tokens/none');
  await page.getByText('This token is not there any more').waitFor();
  browser.calm();
});

test('what has ended is found by its string, and made anew', async () => {
  const made = await server.make({ name: 'worn pump', permissions: ['ReadHealthCheck'], expiresIn: { amount: 3, unit: 'Days' } });
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: { id: $id }) }', { id: made.tokenMetadata.id });
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('searchbox').fill(`"Authorization: Bearer ${made.token}"`);
  await page.getByRole('link', { name: 'Look at it' }).click();
  await page.getByRole('link', { name: 'New one like it' }).click();
  await page.getByText('Filled in like worn pump').waitFor();
  assert.equal(await page.getByLabel('Token name').inputValue(), 'worn pump');
  await page.getByRole('checkbox', { name: /Read cluster health check/, checked: true }).waitFor();
  browser.calm();
});

test('a token is the same after a reset: what it made, what happened to it, and its use', async () => {
  const maker = await server.make({ name: 'matron', permissions: ['ChangeSystemPermissions'] });
  await server.ask('mutation { createSystemToken(input: { name: "child", permissions: [] }) { token } }', {}, maker.token);
  const { rotateToken } = await server.ask('mutation R($id: String!) { rotateToken(input: { id: $id }) }', { id: maker.tokenMetadata.id });
  await browser.signIn(server.token, `/tokens/${rotateToken.split('~')[0]}`);
  await page.getByText(/^Not used yet; a string before it was used .* from 127\.0\.0\.1$/).waitFor();
  const history = page.getByRole('region', { name: 'History' });
  await history.filter({ hasText: /Token matron\s*made by root/ }).waitFor();
  await page.getByRole('button', { name: 'Delete token' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText('1 token that it made goes on working').waitFor();
  await dialog.getByText('with a string that it had before').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Delete token' }).isDisabled());
  browser.calm();
});

test('of a token that could not be asked for it is not said that it is forgotten, nor of root', async () => {
  await browser.signIn(server.token, '/tokens');
  await page.route('**/graphql', (route) => (route.request().postData().includes('Ended') ? route.abort('connectionreset') : route.continue()));
  await page.goto(`${server.base}/tokens/none`);
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByText('This token is not there any more').count(), 0);
  await page.goto(`${server.base}/tokens/localroot`);
  await page.getByText('Root is no system token').waitFor();
});

test('a token that a change of the policies ended says at once whose change that was, and which', async () => {
  const made = await server.make({ name: 'forbidden' });
  await server.setPolicy({ systemPermissionTokensEnabled: false });
  await browser.signIn(server.token, '/tokens?state=Ended');
  const row = page.getByRole('table', { name: 'Ended tokens' }).getByRole('row', { name: /forbidden/ });
  await row.getByText('deleted by a policy').waitFor();
  await row.getByText('by root, who allowed no system tokens').waitFor();
  await row.getByRole('link', { name: 'forbidden' }).click();
  await page.waitForURL(`**/tokens/${made.tokenMetadata.id}`);
  await page.getByText(/deleted by a policy by root, who allowed no system tokens$/).waitFor();
  await page.getByText('Deleted by a change of the security policies by root from 127.0.0.1: system tokens are not allowed').waitFor();
  browser.calm();
});

test('what has ended is put in order by when that was and by when somebody tried it last', async () => {
  await server.setPolicy({ systemPermissionTokensEnabled: false }); // which ends all there are
  await server.setPolicy({ systemPermissionTokensEnabled: true });
  for (const name of ['order c', 'order a', 'order b']) {
    const { token, tokenMetadata } = await server.make({ name });
    await server.ask('mutation D($id: String!) { deleteSystemToken(input: { id: $id }) }', { id: tokenMetadata.id });
    if (name === 'order a') await server.ask('{ viewer { id } }', {}, token).catch(() => undefined);
  }
  await browser.signIn(server.token, '/tokens');
  const names = async () => (await page.getByRole('table', { name: 'Ended tokens' }).getByRole('link', { name: /^order / }).allTextContents()).join();
  await page.getByRole('heading', { name: 'No system token works' }).waitFor();
  await browser.axe('none that works, and some that ended');
  await page.getByRole('link', { name: /^See \d+ tokens that ended/ }).click();
  await page.getByRole('columnheader', { name: 'Ended', exact: true }).and(page.locator('[aria-sort=descending]')).waitFor();
  await page.getByRole('searchbox').fill('order');
  await page.waitForURL(/q=order/);
  await page.getByText('3 tokens').waitFor();
  assert.equal(await names(), 'order b,order a,order c');
  await page.getByRole('button', { name: 'Last tried' }).click();
  await page.getByRole('columnheader', { name: 'Last tried' }).and(page.locator('[aria-sort=ascending]')).waitFor();
  await page.getByRole('button', { name: 'Last tried' }).click();
  await page.getByRole('columnheader', { name: 'Last tried' }).and(page.locator('[aria-sort=descending]')).waitFor();
  assert.match(page.url(), /sort=tried/);
  await page.getByRole('row').nth(1).getByText('order a').waitFor();
  await page.setViewportSize({ width: 360, height: 780 });
  await page.getByLabel('Order').selectOption('Ended, longest ago first');
  await page.waitForURL(/sort=ended/);
  await page.getByRole('row').nth(1).getByText('order c').waitFor();
  browser.calm();
});

test('on a phone the permission map of an ended token has its label, and no permission is broken inside a word', async () => {
  const { systemPermissions } = await server.ask('{ systemPermissions { name } }');
  const { tokenMetadata } = await server.make({ name: 'could do all', permissions: systemPermissions.map(({ name }) => name) });
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: tokenMetadata.id });
  await page.setViewportSize({ width: 360, height: 780 });
  await browser.signIn(server.token, '/tokens?state=Ended&q=could+do+all');
  const map = page.getByRole('row', { name: /could do all/ }).locator('td[data-label=Permissions]');
  assert.match(await map.evaluate((cell) => getComputedStyle(cell, '::before').content), /Permissions/);
  await browser.goto(`/tokens/${tokenMetadata.id}`);
  const names = page.getByRole('definition').locator('code').filter({ hasText: /^[A-Z][a-z]/ });
  await names.last().waitFor();
  const broken = await names.evaluateAll((codes) => {
    const linesOf = (node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    };
    return codes.flatMap((code) => [...code.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && linesOf(node) > 1).map((node) => node.textContent));
  });
  assert.equal(await names.count(), systemPermissions.length);
  assert.deepEqual(broken, []);
  browser.calm();
});
