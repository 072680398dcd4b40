import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { tracesOf } from './support/secrets.mjs';
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
afterEach(async () => {
  await browser.close();
});

const focused = () =>
  page.evaluate(() => {
    const e = document.activeElement;
    if (e === null || e === document.body) return 'BODY';
    const label = e?.getAttribute('aria-label') ?? e?.labels?.[0]?.textContent ?? e?.textContent ?? '';
    return `${e?.tagName} ${label}`.trim();
  });

/** What a paste would give. The page itself may not read the clipboard; another document may. */
async function clipboard() {
  const reader = await browser.context.newPage();
  await reader.goto(`${server.base}/api/v1/status`);
  const text = await reader.evaluate(() => navigator.clipboard.readText());
  await reader.close();
  await page.bringToFront();
  return text;
}

/** Presses a box by keyboard: what is drawn is not the input itself. */
async function press(box) {
  await box.focus();
  await page.keyboard.press('Space');
}

/** Moves on by Tab until what has the focus is called so. */
async function tabTo(name, key = 'Tab') {
  for (let i = 0; i < 80; i++) {
    if ((await focused()).includes(name)) return i;
    await page.keyboard.press(key);
  }
  throw new Error(`${name} cannot be reached by keyboard; at ${await focused()}`);
}

test('from the sign-in page to a stored string by keyboard alone: two permissions, twelve hours, a filter', async () => {
  await server.makeFilter('office', 'allow 127.0.0.1\nallow 203.0.113.0/24');
  await browser.goto('/');
  await page.waitForURL('**/sign-in');
  await page.keyboard.type(server.token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'System tokens' }).waitFor();
  await tabTo('+ Add new');
  await page.keyboard.press('Enter');
  await page.getByLabel('Token name').waitFor();
  assert.match(await focused(), /Token name/);
  await page.keyboard.type('keyboard probe');
  await tabTo('Find a permission');
  await page.keyboard.type('read cluster');
  await tabTo('Read cluster health check');
  await page.keyboard.press('Space');
  await tabTo('Find a permission', 'Shift+Tab');
  await page.keyboard.press('Escape');
  await page.keyboard.type('bucket');
  await tabTo('Change bucket storage');
  await page.keyboard.press('Space');
  await tabTo('Only from the addresses of');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('offi');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo('Amount of time');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('12');
  await page.keyboard.press('Tab');
  await page.keyboard.type('H');
  await page.getByText(/^Ends in 12 hours/).waitFor();
  await tabTo('Create token');
  await page.keyboard.press('Enter');
  const secret = (await page.getByTestId('secret').textContent()).trim();
  assert.match(secret, /^[A-Za-z0-9]{32}~[A-Za-z0-9]{44}$/);
  assert.match(await focused(), /Copy/);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await clipboard(), secret);
  await browser.axe('the one moment');
  await page.keyboard.press('Escape');
  await page.getByText('Is the string stored?').waitFor();
  await browser.axe('the question whether it is stored');
  await tabTo('It is stored, close');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'keyboard probe' }).waitFor();

  assert.deepEqual(await tracesOf(page, secret.split('~')[1]), []);
  assert.ok(!(await page.content()).includes(secret));

  const made = await server.ask('{ viewer { id permissions expireAt } }', {}, secret);
  assert.deepEqual(made.viewer.permissions.toSorted(), ['ChangeBucketStorage', 'ReadHealthCheck']);
  assert.ok(Math.abs(made.viewer.expireAt - Date.now() - 12 * 3_600_000) < 120_000);
  const kept = await server.ask('query T($id: String!) { token(tokenId: $id) { ipFilterV2 { name } } }', { id: made.viewer.id });
  assert.equal(kept.token.ipFilterV2.name, 'office');
  browser.calm();
});

test('while the string is shown neither the back button nor a refetch takes it away', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('guarded');
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await page.getByTestId('secret').textContent();
  await page.goBack();
  await page.getByText('Is the string stored?').waitFor();
  assert.equal(await page.getByTestId('secret').textContent(), secret);
  await page.getByRole('button', { name: 'Show it longer' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.getByRole('heading', { level: 1, name: 'guarded' }).waitFor();
  await page.goBack();
  await page.waitForTimeout(300);
  assert.deepEqual(await tracesOf(page, secret), []);
  browser.calm();
});

test('a token whose answer was lost is not made a second time, and the page says which it was', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('lost and asked again');
  let lost = 0;
  await page.route('**/graphql', async (route) => {
    if (lost > 0 || !route.request().postData().includes('createSystemToken(')) return route.continue();
    lost++;
    await route.fetch(); // the server carries it out
    await route.abort('connectionreset');
  });
  const create = page.getByRole('button', { name: 'Create token' });
  await create.click();
  await page.getByText('The server does not answer.').first().waitFor();
  await create.click();
  const sentence = await page.getByText(/This request was carried out before/).textContent();
  const found = await server.ask('{ systemTokens(searchFilter: "lost and asked again") { totalResults results { id } } }');
  assert.equal(lost, 1);
  assert.equal(found.systemTokens.totalResults, 1);
  assert.ok(sentence.includes(found.systemTokens.results[0].id), sentence);
});

test('what the server refuses stands at its field, and nothing typed is lost', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await press(page.getByRole('checkbox', { name: /Manage cluster/ }));
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('A name is needed').waitFor();
  await page.getByLabel('Amount of time').fill('99999999');
  await page.getByLabel('Token name').fill('x');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('beyond the year 9999').waitFor();
  assert.ok(await page.getByRole('checkbox', { name: /Manage cluster/ }).isChecked());
  browser.calm();
});

test('a filter is made on the spot and chosen', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('with new filter');
  await page.getByRole('button', { name: 'New filter' }).click();
  const dialog = page.getByRole('dialog', { name: 'New IP filter' });
  await dialog.getByLabel('Name').fill('made on the spot');
  await dialog.getByLabel('Rules').fill('allow 10.0.0.0/8');
  await browser.axe('new filter dialog');
  await dialog.getByRole('button', { name: 'Create filter' }).click();
  await dialog.waitFor({ state: 'detached' });
  // The list it is chosen from is a new one, which shows its choice when it is there.
  await page.waitForFunction(() => [...document.querySelectorAll('[role=combobox]')].some(({ value }) => value === 'made on the spot'));
  assert.equal(await page.getByTestId('secret').count(), 0);
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByTestId('secret').waitFor();
  browser.calm();
});

test('what the policy enforces is shown as enforced, with its reason', async () => {
  const id = await server.makeFilter('enforced one', 'allow 127.0.0.0/8');
  await server.setPolicy({ systemPermissionTokensEnforceExpirationAfterMs: 90 * 86_400_000, systemPermissionTokensEnforceIpFilterId: id });
  try {
    await browser.signIn(server.token, '/tokens/new');
    await page.getByText('lets no system token live longer than 90 days').waitFor();
    await page.getByText('The security policy gives every system token the filter').waitFor();
    await page.getByLabel('Amount of time').fill('91');
    await page.getByText('beyond the maximum of 90 days').first().waitFor();
    assert.ok(await page.getByRole('button', { name: '1 y: 365 days' }).isDisabled());
    await browser.axe('create under a policy');
  } finally {
    await server.setPolicy({});
  }
  browser.calm();
});

test('reset with a grace period: both strings work, and the old one names its successor', async () => {
  const old = await server.make({ name: 'to reset', permissions: ['ReadHealthCheck'] });
  await browser.signIn(server.token, `/tokens/${old.tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Reset secret' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText('After a grace period').click();
  await browser.axe('reset dialog');
  await dialog.getByRole('button', { name: 'Reset secret' }).click();
  const secret = await page.getByTestId('secret').textContent();
  await server.ask('{ viewer { id } }', {}, old.token);
  await server.ask('{ viewer { id } }', {}, secret);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.waitForURL(`**/tokens/${secret.split('~')[0]}`);
  await page.getByRole('heading', { level: 1, name: 'to reset' }).waitFor();
  assert.deepEqual(await tracesOf(page, secret), []);
  await browser.goto(`/tokens/${old.tokenMetadata.id}`);
  await page.getByText('Its secret was reset', { exact: true }).waitFor();
  browser.calm();
});

test('who resets the token of their own session still gets to see the new string', async () => {
  browser.expected.push(/status of 401/);
  const own = await server.make({ name: 'my own', permissions: ['ChangeSystemPermissions'] });
  await browser.signIn(own.token, `/tokens/${own.tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Reset secret' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Reset secret' }).click();
  const secret = await page.getByTestId('secret').textContent();
  await page.waitForTimeout(1500);
  assert.equal(await page.getByTestId('secret').textContent(), secret);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.getByRole('alertdialog', { name: 'Your session has ended' }).waitFor();
  browser.calm();
});

test('a token in use is deleted only after its name is typed; others at a word', async () => {
  const used = await server.make({ name: 'in use', permissions: [] });
  const unused = await server.make({ name: 'never used' });
  await server.ask('{ viewer { id } }', {}, used.token);
  await browser.signIn(server.token, `/tokens/${used.tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Delete token' }).click();
  const dialog = page.getByRole('alertdialog');
  const confirm = dialog.getByRole('button', { name: 'Delete token' });
  assert.ok(await confirm.isDisabled());
  await browser.axe('delete dialog');
  await dialog.getByRole('textbox').fill('in use');
  await confirm.click();
  await page.waitForURL('**/tokens');
  await assert.rejects(server.ask('{ viewer { id } }', {}, used.token), { status: 401 });
  await browser.goto(`/tokens/${unused.tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Delete token' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete token' }).click();
  await page.waitForURL('**/tokens');
  await browser.goto(`/tokens/${unused.tokenMetadata.id}`);
  await page.getByText(/^It has ended/).waitFor();
  browser.calm();
});

test('permissions are updated where the policy allows it, and not offered where it does not', async () => {
  const made = await server.make({ name: 'changing', permissions: ['ReadHealthCheck'] });
  await browser.signIn(server.token, `/tokens/${made.tokenMetadata.id}`);
  await page.getByText('They cannot be changed').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Update permissions' }).count(), 0);
  await server.setPolicy({ systemPermissionTokensAllowPermissionUpdates: true });
  await page.reload();
  await page.getByRole('button', { name: 'Update permissions' }).click();
  const dialog = page.getByRole('dialog');
  await press(dialog.getByRole('checkbox', { name: 'All of Subdomains' }));
  await dialog.getByText('Adds: Change subdomains, List subdomains').waitFor();
  await browser.axe('update dialog');
  await dialog.getByRole('button', { name: 'Update permissions' }).click();
  await dialog.waitFor({ state: 'detached' });
  const { viewer } = await server.ask('{ viewer { permissions } }', {}, made.token);
  assert.deepEqual(viewer.permissions.toSorted(), ['ChangeSubdomains', 'ListSubdomains', 'ReadHealthCheck']);
  await server.setPolicy({});
  browser.calm();
});

test('an actor is offered only what it holds itself', async () => {
  const { token } = await server.make({ name: 'half admin', permissions: ['ChangeSystemPermissions', 'ListSubdomains'] });
  await browser.signIn(token, '/tokens/new');
  assert.ok(await page.getByRole('checkbox', { name: /Manage cluster/ }).isDisabled());
  assert.ok(await page.getByRole('checkbox', { name: /List subdomains/ }).isEnabled());
  assert.equal(await page.getByRole('button', { name: 'New filter' }).count(), 0);
  browser.calm();
});

test('search, order and page are in the address', async () => {
  for (const name of ['alpha one', 'alpha two', 'beta']) await server.make({ name });
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill('alpha');
  await page.waitForURL('**/tokens?q=alpha');
  await page.getByText('1–2 of 2').waitFor();
  await page.getByRole('button', { name: /^Expires/ }).click();
  await page.getByRole('button', { name: /^Expires/ }).click();
  await page.waitForURL(/sort=expiry&dir=desc/);
  assert.equal(await page.getByRole('columnheader', { name: /Expires/ }).getAttribute('aria-sort'), 'descending');
  await page.reload();
  await page.getByText('1–2 of 2').waitFor();
  assert.equal(await page.getByRole('searchbox', { name: 'Filter tokens' }).inputValue(), 'alpha');
  // A whole token string pasted here by mistake must not reach the address or the server: its id is
  // enough to find it.
  const { token, tokenMetadata } = await server.make({ name: 'pasted' });
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill(token);
  await page.waitForURL(new RegExp(`q=${tokenMetadata.id}(&|$)`));
  await page.getByText('1–1 of 1').waitFor();
  assert.deepEqual(await tracesOf(page, token.split('~')[1]), []);
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill('no such token');
  await page.getByRole('heading', { name: 'No token matches' }).waitFor();
  browser.calm();
});
