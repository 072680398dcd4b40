// Who may not do something sees why, and no button for it; and what was done is told in one way.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;
let filter;

before(async () => {
  server = await startServer();
  filter = await server.makeFilter('office', 'allow all');
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

const acts = /add|new|create|make|reset|rotate|delete|save|update|change/i;

/** What can be pressed on the page itself, to change something. */
const offered = async () => (await page.getByRole('main').getByRole('button').or(page.getByRole('main').getByRole('link')).allTextContents()).filter((text) => acts.test(text));

for (const [who, permission, denied] of [
  [
    'who holds nothing',
    'ReadHealthCheck',
    [
      ['/tokens', 'Your token may not administer system tokens'],
      ['/tokens/new', 'Your token may not administer system tokens'],
      ['/tokens/OWN', 'To reset, change or delete it takes the permission “Change system permissions”'],
      ['/ip-filters', 'Your token may not see IP filters'],
      ['/ip-filters/new', 'Your token may not make IP filters'],
      ['/ip-filters/FILTER', 'Your token may not see IP filters'],
      ['/security-policies', 'Your token may not see security policies'],
      ['/audit-log', 'Your token may not see the audit log'],
    ],
  ],
  [
    'who manages the cluster',
    'ManageCluster',
    [
      ['/tokens/new', 'Your token may not administer system tokens'],
      ['/tokens/OWN', 'To reset, change or delete it takes the permission “Change system permissions”'],
    ],
  ],
  [
    'who administers tokens',
    'ChangeSystemPermissions',
    [
      ['/ip-filters', 'To make or change them takes the permission “Manage cluster”'],
      ['/ip-filters/new', 'Your token may not make IP filters'],
      ['/ip-filters/FILTER', 'To change or delete it takes the permission “Manage cluster”'],
      ['/security-policies', 'To change them takes the permission “Manage cluster”'],
    ],
  ],
]) {
  test(`${who} sees why nothing more can be done`, async () => {
    const { token, tokenMetadata } = await server.make({ name: who, permissions: [permission] });
    await browser.signIn(token);
    for (const [path, why] of denied) {
      await browser.goto(path.replace('OWN', tokenMetadata.id).replace('FILTER', filter));
      await page.getByText(why).waitFor();
      assert.deepEqual(await offered(), [], `offered on ${path}`);
      if (permission === 'ReadHealthCheck' && path.endsWith('OWN')) await browser.axe(`${path} for ${who}`);
    }
    browser.calm();
  });
}

test('a page behind the end is the last one, in every list', async () => {
  for (let n = 0; n < 51; n++) await server.makeFilter(`filter ${n}`, 'allow all');
  await browser.signIn();
  for (const [path, last, shown] of [
    ['/ip-filters', 2, page.getByRole('table').locator('tbody tr:not([aria-hidden])')],
    ['/audit-log', 2, page.getByRole('button', { name: 'Details' })],
  ]) {
    for (const beyond of ['99999', '99999999999999999999']) {
      await browser.goto(`${path}?page=${beyond}`);
      await page.waitForURL(`**${path}?page=${last}`);
      await shown.first().waitFor();
    }
  }
  await page.goBack();
  assert.ok(!page.url().includes('99999'), 'the wrong page is nothing to go back to');
  browser.calm();
});

test('whatever was done is told at one place, and goes with the page', async () => {
  const told = () => page.getByRole('main').getByRole('status').filter({ has: page.getByRole('button', { name: 'Close this message' }) });
  const { tokenMetadata } = await server.make({ name: 'nurse', permissions: [] });
  await server.setPolicy({ systemPermissionTokensAllowPermissionUpdates: true });
  await browser.signIn(server.token, `/tokens/${tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Update permissions' }).click();
  await page.getByRole('checkbox', { name: /Read cluster health|ReadHealthCheck/ }).first().click({ force: true });
  await page.getByRole('dialog').getByRole('button', { name: 'Update permissions' }).click();
  await told().getByText('The permissions of nurse are changed.').waitFor();
  await page.getByRole('link', { name: 'IP filters' }).click();
  await told().waitFor({ state: 'detached' });

  await browser.goto('/ip-filters/new');
  await page.getByLabel('Name').fill('home');
  await page.getByRole('textbox', { name: 'Rules' }).fill('allow all');
  await page.getByRole('button', { name: 'Create filter' }).click();
  await told().getByText('The filter home is made.').waitFor();
  await page.getByRole('textbox', { name: 'Rules' }).fill('allow 10.0.0.0/8');
  await page.getByRole('button', { name: 'Save filter' }).click();
  await told().getByText('Saved. It binds for every token that uses the filter.').waitFor();
  await browser.axe('a filter that was saved');
  await page.getByRole('button', { name: 'Delete filter' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete filter' }).click();
  await told().getByText('The filter home is deleted.').waitFor();
  browser.calm();
});
