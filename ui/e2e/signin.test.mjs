import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
before(async () => {
  server = await startServer();
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
});
afterEach(() => browser.close());

test('whoever is not signed in is led to the sign-in page and back to where they wanted to go', async () => {
  const { page } = browser;
  await browser.goto('/audit-log?type=tokens.expire');
  await page.waitForURL('**/sign-in?to=*');
  await page.getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/audit-log?type=tokens.expire');
  await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
  browser.calm();
});

test('a wrong token is refused with the server’s sentence, and nothing typed goes into the address', async () => {
  const { page } = browser;
  browser.expected.push(/status of 401/);
  await browser.goto('/sign-in');
  await page.getByLabel('Token').fill('nobody~nothing');
  await page.keyboard.press('Enter');
  await page.getByText('The supplied authentication is invalid').waitFor();
  assert.equal(new URL(page.url()).search, '');
  await page.getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No system token yet' }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  browser.calm();
});

test('a token without its id is not sent, and the page says what is missing', async () => {
  const { page } = browser;
  const sent = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await browser.goto('/sign-in');
  await page.getByLabel('Token').fill(server.token.split('~')[1]);
  await page.keyboard.press('Enter');
  await page.getByText('this has no tilde. Nothing was sent').waitFor();
  assert.deepEqual(sent, []);
  browser.calm();
});

test('what was pasted around a token is taken off, and the page says so', async () => {
  const { page } = browser;
  for (const [pasted, words] of [
    [`  "${server.token}"  `, 'white space, quotes'],
    [`“${server.token}”`, 'quotes'],
    [`Authorization: Bearer ${server.token}`, 'the word Bearer'],
    [`\u00a0${server.token}\u00a0`, 'white space'],
  ]) {
    await browser.goto('/sign-in');
    await page.getByLabel('Token').fill(pasted);
    await page.getByText(`Taken off, as no part of it: ${words}.`).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Profile of/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  }
  // A field of one line drops line ends by itself; the clipboard brings them.
  await page.evaluate((text) => navigator.clipboard.writeText(text), `\n'${server.token}'\r\n`);
  await page.getByLabel('Token').focus();
  await page.keyboard.press('Control+V');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Profile of/ }).waitFor();
  browser.calm();
});

test('a character that no token has is named with its place, and nothing is sent', async () => {
  const { page } = browser;
  const sent = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await browser.goto('/sign-in');
  const [at, all] = [11, server.token.length + 1];
  for (const [stray, name] of [
    ['\u200b', 'U+200B ZERO WIDTH SPACE'],
    ['\ufeff', 'U+FEFF ZERO WIDTH NO-BREAK SPACE'],
    ['\u201d', 'U+201D RIGHT DOUBLE QUOTATION MARK'],
    ['\u00a0', 'U+00A0 NO-BREAK SPACE'],
    ['\u0430', 'U+0430 CYRILLIC SMALL LETTER A'],
    [' ', 'U+0020 SPACE'],
  ]) {
    await page.getByLabel('Token').fill(server.token.slice(0, at) + stray + server.token.slice(at));
    await page.keyboard.press('Enter');
    await page.getByText(`Character ${at + 1} of ${all} cannot be in a token: ${name}`).waitFor();
    assert.equal(await page.getByText('does not answer').count(), 0);
  }
  await browser.axe('a stray character');
  await page.getByLabel('Token').fill(`\ufeff${server.token}`);
  await page.keyboard.press('Enter');
  await page.getByText('Character 1 of').waitFor();
  assert.deepEqual(sent, []);
  await page.getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Profile of/ }).waitFor();
  browser.calm();
});

test('who signs out is signed out on the server, in that session alone', async () => {
  const { page } = browser;
  await browser.signIn(server.token);
  const copied = await browser.context.cookies();
  assert.equal(copied.length, 1);
  assert.match(copied[0].name, /^tokenscale-[0-9a-z]+$/);
  const other = await openBrowser(server);
  await other.signIn(server.token);
  await page.getByRole('button', { name: /^Profile of/ }).click();
  const profile = page.getByRole('dialog');
  await profile.getByText('Session ends').waitFor();
  await profile.getByText('in 12 hours').waitFor();
  await profile.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await browser.context.addCookies(copied);
  await browser.goto('/tokens');
  await page.waitForURL('**/sign-in?to=*');
  await other.goto('/ip-filters');
  await other.page.getByRole('heading', { level: 1, name: 'IP filters' }).waitFor();
  other.calm();
  await other.close();
  browser.calm();
});

test('two servers on one host name keep their sessions, and signing out of one leaves the other’s', async () => {
  const { page } = browser;
  const second = await startServer();
  try {
    await browser.signIn(server.token);
    await page.goto(`${second.base}/sign-in`);
    await page.getByLabel('Token').fill(second.token);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Profile of/ }).waitFor();
    await browser.goto('/ip-filters');
    await page.getByRole('heading', { level: 1, name: 'IP filters' }).waitFor();
    await page.getByRole('button', { name: /^Profile of/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${second.base}/ip-filters`);
    await page.getByRole('heading', { level: 1, name: 'IP filters' }).waitFor();
  } finally {
    await second.close();
  }
});

test('the profile says who, what and until when, and signs out', async () => {
  const { page } = browser;
  const { token } = await server.make({ name: 'night admin', permissions: ['ManageCluster'], expiresIn: { amount: 3, unit: 'Hours' } });
  await browser.signIn(token);
  await page.waitForURL('**/ip-filters');
  assert.equal(await page.getByRole('link', { name: 'System tokens' }).count(), 0);
  await page.getByRole('button', { name: 'Profile of night admin' }).click();
  const profile = page.getByRole('dialog');
  await profile.getByText('ManageCluster').waitFor();
  await profile.getByText('in 3 hours').waitFor();
  await profile.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await browser.goto('/ip-filters');
  await page.waitForURL('**/sign-in?to=*');
  browser.calm();
});

test('who signs out while the page is still asking is refused nothing', async () => {
  const { page } = browser;
  const isQuery = (request) => /query IPFilters\b/.test(request.postData() ?? '');
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route('**/graphql', async (route) => {
    if (isQuery(route.request())) await released;
    await route.continue().catch(() => undefined); // nobody waits for it any more
  });
  await page.route('**/api/v1/session', async (route) => {
    if (route.request().method() !== 'DELETE') return route.continue();
    const response = await route.fetch();
    release(); // it is asked after the session has ended, and before the page knows that
    // What begins only now is given up, too.
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
    await page.waitForTimeout(300);
    await route.fulfill({ response });
  });
  const asked = page.waitForRequest(isQuery);
  await browser.signIn(server.token, '/ip-filters');
  await asked;
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  browser.calm();
});

test('a token without permissions sees itself and nothing else', async () => {
  const { page } = browser;
  const { token } = await server.make({ name: 'small one' });
  await browser.signIn(token);
  await page.getByRole('heading', { name: 'This token administers nothing here' }).waitFor();
  await page.getByRole('link', { name: 'look at itself' }).click();
  await page.getByRole('heading', { level: 1, name: 'small one' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Delete token' }).count(), 0);
  browser.calm();
});

test('a session whose token is deleted says so, and what was typed is not shown to another', async () => {
  const { page } = browser;
  browser.expected.push(/status of 401/);
  const made = await server.make({ name: 'short lived', permissions: ['ChangeSystemPermissions'] });
  await browser.signIn(made.token, '/tokens/new');
  await page.getByLabel('Token name').fill('half typed');
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: made.tokenMetadata.id });
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Your session has ended' });
  await dialog.waitFor();
  await dialog.getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('What short lived had not saved in this window is gone.').waitFor();
  assert.equal(await page.getByLabel('Token name').inputValue(), '');
  browser.calm();
});

test('a session that the IP filter no longer lets through says so', async () => {
  const { page } = browser;
  browser.expected.push(/status of 403/);
  const id = await server.makeFilter('only here', 'allow 127.0.0.1');
  const { token } = await server.make({ name: 'bound', permissions: ['ChangeSystemPermissions'], ipFilterId: id });
  await browser.signIn(token);
  await server.ask('mutation U($input: IPFilterUpdateInput!) { updateIPFilter(input: $input) { id } }', { input: { id, ipFilter: 'allow 10.0.0.1' } });
  const dialog = page.getByRole('alertdialog', { name: 'Your address is not let through' });
  // The list may ask by itself before the click does, and nothing behind a dialog can be clicked.
  await Promise.any([page.getByRole('link', { name: '+ Add new' }).click(), dialog.waitFor()]);
  await dialog.getByText('Tokens can only be used from IP addresses accepted by the IP filter').waitFor();
  browser.calm();
});

test('a stopped server is noticed by itself, nothing typed is lost, and the page goes on when it is back', async () => {
  const { page } = browser;
  browser.expected.push(/Failed to load resource/);
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('kept over the stop');
  await server.stop();
  await page.getByText('The server does not answer.').first().waitFor();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('look whether it was done').waitFor();
  await server.start();
  await page.getByText('What you see may be old').waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Token name').inputValue(), 'kept over the stop');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByTestId('secret').waitFor();
  browser.calm();
});

test('a server whose disk is read-only lets people look, and says that changes may be refused', async (t) => {
  const { page } = browser;
  browser.expected.push(/Failed to load resource/);
  await server.make({ name: 'still there' });
  await server.stop();
  const fixed = spawnSync('chattr', ['+i', server.data]);
  t.after(() => spawnSync('chattr', ['-i', server.data]));
  await server.start();
  if (fixed.status !== 0) return t.skip('a folder can be made immutable by root only, on a file system that knows that');
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('link', { name: 'still there' }).waitFor();
  await page.getByText('The server reports a fault.').waitFor();
  await page.getByRole('link', { name: '+ Add new' }).click();
  await page.getByLabel('Token name').fill('cannot be');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('The disk of the server is read-only').waitFor();
  const other = await openBrowser(server);
  other.expected.push(/Failed to load resource/);
  await other.signIn(server.token);
  await other.page.getByRole('button', { name: /^Profile of/ }).click();
  await other.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await other.page.getByText(/This session has ended, but that could not be written down: The disk of the server is read-only/).waitFor();
  await other.close();
  await server.stop();
  spawnSync('chattr', ['-i', server.data]);
  await server.start();
  await page.getByText('The server reports a fault.').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByTestId('secret').waitFor();
  browser.calm();
});

test('the page is never led off by its own address', async () => {
  const { page } = browser;
  await page.goto(`${server.base}/sign-in?to=${encodeURIComponent('//example.invalid/x')}`);
  await page.getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${server.base}/tokens`);
  browser.calm();
});
