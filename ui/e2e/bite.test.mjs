// Before it bites: what new rules of a filter do, what a policy ends when, and unsaved work.
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

const rules = () => page.getByRole('textbox', { name: 'Rules' });
const save = () => page.getByRole('button', { name: 'Save filter', exact: true });
const works = (token) => server.ask('{ viewer { id } }', {}, token).then(() => true, () => false);

test('a filter says whom its new rules refuse, asks for it in writing, and was right', async () => {
  const filter = await server.makeFilter('shared', 'allow all');
  const used = [];
  for (const name of ['pump one', 'pump two']) used.push(await server.make({ name, ipFilterId: filter }));
  await server.make({ name: 'never used', ipFilterId: filter });
  for (const { token } of used) assert.ok(await works(token));
  await browser.signIn(server.token, `/ip-filters/${filter}`);
  await rules().fill('allow 10.0.0.0/8');
  await save().click();
  const dialog = page.getByRole('alertdialog', { name: 'Refuse 2 tokens?' });
  await dialog.getByText('3 tokens use').waitFor();
  await dialog.getByText('Your own address is not let through.').waitFor();
  assert.deepEqual(await dialog.getByRole('list').locator('bdi').allTextContents(), ['pump one', 'pump two']);
  assert.ok(await dialog.getByRole('button', { name: 'Refuse 2 tokens' }).isDisabled());
  await browser.axe('before and after of a filter');
  await dialog.getByLabel('Type refuse 2 to go on').fill('refuse 2');
  await page.keyboard.press('Enter');
  await page.getByText('Saved. It binds').waitFor();
  for (const { token } of used) assert.equal(await works(token), false);
  await page.getByRole('button', { name: 'Add my address' }).click();
  assert.equal(await rules().inputValue(), 'allow 127.0.0.1\nallow 10.0.0.0/8');
  await page.getByText('It passes').waitFor();
  await save().click();
  await page.getByText('0 refused, 2 newly admitted').waitFor();
  await page.getByRole('button', { name: 'Save for 3 tokens' }).click();
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  for (const { token } of used) assert.equal(await works(token), true);
  browser.calm();
});

test('the filter that binds the reader says so, and has its name changed but not its rules', async () => {
  const filter = await server.makeFilter('my own bounds', 'allow 127.0.0.1');
  const other = await server.makeFilter('of others', 'allow 127.0.0.1');
  const { token } = await server.make({ name: 'manager', permissions: ['ManageCluster'], ipFilterId: filter });
  await browser.signIn(token, `/ip-filters/${filter}`);
  await page.getByText('Your own token is bound to this filter').waitFor();
  assert.equal(await rules().getAttribute('readonly'), '');
  await browser.axe('a filter that binds the reader');
  await page.getByLabel('Name').fill('my bounds');
  await save().click();
  await page.getByText('Saved. It binds for every token').waitFor();
  await page.goto(`${server.base}/ip-filters/${other}`);
  await page.waitForFunction(() => document.querySelector('textarea')?.readOnly === false);
  assert.equal(await page.getByText('Your own token is bound to this filter').count(), 0);
  browser.calm();
});

test('leaving unsaved work asks; going back brings it back; signing out forgets it', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('half a token');
  await page.getByRole('navigation', { name: 'Cluster administration' }).getByRole('link', { name: 'Audit log' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Leave what is not saved?' });
  await browser.axe('the question before leaving', ['light']);
  await dialog.getByRole('button', { name: 'Stay here' }).click();
  assert.equal(await page.getByLabel('Token name').inputValue(), 'half a token');
  await page.getByRole('navigation', { name: 'Cluster administration' }).getByRole('link', { name: 'Audit log' }).click();
  await dialog.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
  await page.goBack();
  await page.getByText('What you left here unsaved is still here.').waitFor();
  assert.equal(await page.getByLabel('Token name').inputValue(), 'half a token');
  await page.getByRole('button', { name: 'Begin anew' }).click();
  assert.equal(await page.getByLabel('Token name').inputValue(), '');
  await page.getByLabel('Token name').fill('to be forgotten');
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('alertdialog', { name: 'Sign out and lose what is not saved?' }).getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token', { exact: true }).waitFor();
  await page.getByLabel('Token', { exact: true }).fill(server.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: '+ Add new' }).click();
  assert.equal(await page.getByLabel('Token name').inputValue(), '');
  browser.calm();
});

test('a policy says on which day most tokens would end, and when they were last used', async () => {
  await server.make({ name: 'endless' });
  await browser.signIn(server.token, '/security-policies');
  await page.getByRole('switch', { name: /Token expiration/ }).first().focus();
  await page.keyboard.press('Space');
  await page.getByRole('spinbutton', { name: 'Maximum life of system tokens' }).fill('100');
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(Date.now() + 100 * 86_400_000);
  await page.getByText(new RegExp(`^\\d of them will end on ${day}`)).waitFor();
  await page.getByRole('table', { name: 'Tokens that change' }).getByRole('columnheader', { name: 'Last used' }).waitFor();
  browser.calm();
});
