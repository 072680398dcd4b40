// IP filters, security policies and the audit log.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

const day = 86_400_000;
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

test('a filter is made on the bench: errors at the line, the deciding line, lines that never decide', async () => {
  await browser.signIn(server.token, '/ip-filters');
  await page.getByRole('heading', { name: 'No IP filter yet' }).waitFor();
  await browser.axe('no filter yet');
  await page.getByRole('link', { name: '+ Add new' }).first().click();
  await page.getByLabel('Name').fill('bench');
  const rules = page.getByLabel('Rules');
  await rules.fill('allow 10.0.0.0/8\nalow 10.1.2.3');
  await page.getByText(/Line 2: "alow 10.1.2.3"/).first().waitFor();
  await browser.axe('rules with a mistake');
  await rules.fill('# the office\ndeny 10.1.0.0/16\nallow 10.0.0.0/8\nallow 10.2.0.0/16');
  await page.getByText('Line 4 can never decide').waitFor();
  await page.getByLabel('Would this address pass?').fill('10.1.2.3');
  await page.getByText('It is refused').waitFor();
  await page.getByText('Decided by line 2').waitFor();
  await page.getByLabel('Would this address pass?').fill('192.0.2.7');
  await page.getByText('No line matches; the unwritten last line denies it.').waitFor();
  await page.getByLabel('Would this address pass?').fill('10.300');
  await page.getByText('This is not an IPv4 or IPv6 address').waitFor();
  await page.getByLabel('Would this address pass?').fill('10.3.0.1');
  await page.getByText('It passes').waitFor();
  await browser.axe('the bench');
  await page.getByRole('button', { name: 'Create filter' }).click();
  await page.getByRole('heading', { level: 1, name: 'bench' }).waitFor();
  const { ipFilters } = await server.ask('{ ipFilters { name ipFilter } }');
  assert.equal(ipFilters[0].ipFilter, '# the office\ndeny 10.1.0.0/16\nallow 10.0.0.0/8\nallow 10.2.0.0/16');
  browser.calm();
});

test('ten thousand rules are edited as well as ten, and all bad lines are told at once', async (t) => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  await browser.signIn(server.token, '/ip-filters/new');
  await page.getByLabel('Name').fill('ci');
  const rules = page.getByLabel('Rules');
  const paste = (text) =>
    rules.evaluate((field, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      field.select();
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  await paste(lines.join('\n'));
  await page.getByText(/Line 20: "10.0.19.0\/24": a rule begins with allow or deny; put allow before it/).first().waitFor();
  await page.getByText(/and 9980 more/).first().waitFor();
  await paste(lines.map((line) => `allow ${line}`).join('\n'));
  await page.getByText(/and 9980 more/).waitFor({ state: 'detached' });
  await rules.press('Control+Home');
  const begin = performance.now();
  await rules.pressSequentially('# abcdefgh');
  await rules.press('Enter');
  t.diagnostic(`11 keys took ${Math.round(performance.now() - begin)} ms with 10,000 rules`);
  // What is seen at the end is drawn, and no more than is needed.
  await rules.press('Control+End');
  await page.locator('[aria-hidden=true] >> text=allow 10.39.15.0/24').first().waitFor();
  const drawn = await page.getByText(/^allow 10\.\d+\.\d+\.0\/24$/).count();
  assert.ok(drawn < 400, `${drawn} lines are drawn`);
  const places = await page.evaluate(() => {
    const field = document.querySelector('textarea');
    const last = [...document.querySelectorAll('[aria-hidden=true] span')].filter((span) => span.textContent === 'allow 10.39.15.0/24').map((span) => span.getBoundingClientRect().bottom);
    return { height: field.getBoundingClientRect().bottom, last: Math.max(...last), line: Number.parseFloat(getComputedStyle(field).lineHeight) };
  });
  // One line follows, which says what holds when no other matches.
  assert.ok(Math.abs(places.height - places.last - places.line) < places.line / 2, JSON.stringify(places));
  await page.getByLabel('Would this address pass?').fill('10.39.15.7');
  await page.getByText('Decided by line 10001').waitFor();
  await page.getByRole('button', { name: 'Create filter' }).click();
  await page.getByRole('heading', { level: 1, name: 'ci' }).waitFor();
  const { ipFilters } = await server.ask('{ ipFilters { name ipFilter } }');
  const made = ipFilters.find(({ name }) => name === 'ci');
  assert.equal(made.ipFilter.length, lines.join('\n').length + 10_000 * 6 + '# abcdefgh\n'.length);
  browser.calm();
});

test('a filter is edited, and shows where it is used', async () => {
  const id = await server.makeFilter('used', 'allow 127.0.0.1');
  await server.make({ name: 'bound to it', ipFilterId: id });
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByText('By 1 token.').waitFor();
  await page.getByLabel('Rules').fill('allow 127.0.0.0/8');
  await page.getByRole('button', { name: 'Save filter' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Save for 1 token' }).click();
  await page.getByText('Saved. It binds for every token').waitFor();
  browser.calm();
});

test('the deletion of a filter that tokens use is not offered, but what to do first, and who they are', async () => {
  const id = await server.makeFilter('kept', 'allow 127.0.0.1');
  await server.make({ name: 'kept by me', ipFilterId: id });
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByRole('button', { name: 'Delete filter' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'The filter kept is used' });
  await dialog.getByText('One token is bound to it').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Delete filter' }).count(), 0, 'what the server refuses is offered');
  await browser.axe('a filter that is used');
  await dialog.getByRole('link', { name: 'Show it in the list of tokens' }).click();
  await page.getByRole('table', { name: 'System tokens' }).getByText('kept by me').waitFor();
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  browser.calm();
});

test('a filter that is taken into use while its deletion is asked about stays, with the reason', async () => {
  const id = await server.makeFilter('free', 'deny all');
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByRole('button', { name: 'Delete filter' }).click();
  const sure = page.getByRole('alertdialog', { name: 'Delete the filter free?' });
  await sure.waitFor();
  const { tokenMetadata: late } = await server.make({ name: 'late', ipFilterId: id });
  await sure.getByRole('button', { name: 'Delete filter' }).click();
  const used = page.getByRole('alertdialog', { name: 'The filter free is used' });
  assert.match(await used.getByRole('alert').textContent(), /used by 1 token/);
  await browser.axe('deletion refused');
  await used.getByRole('button', { name: 'Close' }).click();
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: late.id });
  await page.getByRole('button', { name: 'Delete filter' }).click();
  await sure.getByRole('button', { name: 'Delete filter' }).click();
  await page.waitForURL('**/ip-filters');
  browser.calm();
});

test('a filter that a policy enforces is not deleted, and a link leads to the policies', async () => {
  const id = await server.makeFilter('enforced', 'allow all');
  const enforce = (filter) =>
    server.ask('mutation P($input: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $input) { id } }', {
      input: {
        personalUserTokensEnabled: true,
        personalUserTokensEnforceIpFilterId: filter,
        viewPermissionTokensEnabled: true,
        viewPermissionTokensAllowPermissionUpdates: false,
        organizationPermissionTokensEnabled: true,
        organizationPermissionTokensAllowPermissionUpdates: false,
        systemPermissionTokensEnabled: true,
      },
    });
  await enforce(id);
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByRole('button', { name: 'Delete filter' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'The filter enforced is used' });
  await dialog.getByText('tokens enforces it.').waitFor();
  assert.equal(await dialog.getByText('bound to it').count(), 0);
  await dialog.getByRole('link', { name: 'in the policies' }).click();
  await page.waitForURL('**/security-policies');
  await enforce(null);
  browser.calm();
});

test('who may only read rules reads all of a long comment on a phone, and no line that is not there', async () => {
  const { token } = await server.make({ name: 'reads rules', permissions: ['ChangeSystemPermissions'] });
  const id = await server.makeFilter('long', `# ${'ask the branch office before you change it '.repeat(3)}\nallow 127.0.0.1\n`);
  await page.setViewportSize({ width: 360, height: 780 });
  await browser.signIn(token, `/ip-filters/${id}`);
  const rules = page.getByRole('textbox', { name: 'Rules' });
  await rules.waitFor();
  const drawn = await rules.evaluate((field) => {
    const sheet = field.parentElement;
    const frame = sheet.parentElement;
    return { numbers: [...sheet.querySelectorAll('span:first-child')].map((span) => span.textContent).filter((text) => /\d/.test(text)), cut: frame.scrollWidth - frame.clientWidth, hidden: field.scrollHeight - field.clientHeight };
  });
  assert.deepEqual(drawn, { numbers: ['1', '2'], cut: 0, hidden: 0 });
  await browser.axe('rules to be read on a phone');
  browser.calm();
});

test('new rules that bind tokens already are asked about first, with how many', async () => {
  const text = async (id) => (await server.ask('{ ipFilters { id ipFilter } }')).ipFilters.find((one) => one.id === id).ipFilter;
  const id = await server.makeFilter('many behind it', 'allow 127.0.0.1');
  for (let i = 0; i < 3; i++) await server.make({ name: `behind ${i}`, ipFilterId: id });
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByText('By 3 tokens.').waitFor();
  await page.getByLabel('Rules').fill('allow 127.0.0.1\nallow 10.0.0.0/8');
  await page.getByRole('button', { name: 'Save filter' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Save the new rules?' });
  await dialog.getByText('3 tokens use this filter.').waitFor();
  await browser.axe('the question before rules are saved');
  assert.equal(await text(id), 'allow 127.0.0.1');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await text(id), 'allow 127.0.0.1');
  assert.match(await page.getByLabel('Rules').inputValue(), /10\.0\.0\.0/);

  await server.make({ name: 'one more', ipFilterId: id }); // meanwhile
  await page.getByRole('button', { name: 'Save filter' }).click();
  await dialog.getByRole('button', { name: 'Save for 4 tokens' }).click();
  await page.getByText('Saved. It binds for every token').waitFor();
  assert.equal(await text(id), 'allow 127.0.0.1\nallow 10.0.0.0/8');

  // Another name binds nobody otherwise, and rules that bind nobody are saved at once.
  await page.getByLabel('Name').fill('renamed');
  await page.getByRole('button', { name: 'Save filter' }).click();
  await page.getByRole('heading', { level: 1, name: 'renamed' }).waitFor();
  const free = await server.makeFilter('binds nobody', 'deny all');
  await browser.goto(`/ip-filters/${free}`);
  await page.getByLabel('Rules').fill('allow all');
  await page.getByRole('button', { name: 'Save filter' }).click();
  await page.getByText('Saved. It binds for every token').waitFor();
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  browser.calm();
});

test('an edit that somebody else overtook is told before it writes over theirs', async () => {
  const id = await server.makeFilter('contested', 'allow 127.0.0.1');
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByLabel('Rules').fill('allow 10.0.0.1');
  await server.ask('mutation U($input: IPFilterUpdateInput!) { updateIPFilter(input: $input) { id } }', { input: { id, ipFilter: 'allow 10.0.0.2' } });
  await page.waitForTimeout(5_200);
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await page.getByRole('alert').filter({ hasText: /^root changed this filter/ }).waitFor();
  assert.equal(await page.getByLabel('Rules').inputValue(), 'allow 10.0.0.1');
  await page.getByRole('button', { name: 'Load what is there now' }).click();
  assert.equal(await page.getByLabel('Rules').inputValue(), 'allow 10.0.0.2');
  browser.calm();
});

test('before and after: a maximum is counted, confirmed by typing, and carried through', async () => {
  for (let i = 0; i < 4; i++) await server.make({ name: `long ${i}`, expiresIn: { amount: 300, unit: 'Days' } });
  await server.make({ name: 'short', expiresIn: { amount: 1, unit: 'Hours' } });
  await browser.signIn(server.token, '/security-policies');
  await page.getByText('here stands what it would do').waitFor();
  await page.getByRole('switch', { name: /Token expiration/ }).first().focus();
  await page.keyboard.press('Space');
  await page.getByRole('spinbutton', { name: 'Maximum life of system tokens' }).fill('30');
  await page.getByText('Token expiration: no maximum → 30 days').waitFor();
  const impact = page.getByRole('complementary', { name: 'What the change would do' });
  await impact.getByRole('button', { name: /^Shorten \d+ tokens/ }).waitFor();
  await impact.getByRole('row', { name: /long 1/ }).getByText('shortened').waitFor();
  await browser.axe('a policy before it is saved');
  await impact.getByRole('button', { name: /^Shorten/ }).click();
  await browser.axe('the question before a policy is saved');
  await page.getByRole('alertdialog').getByRole('button', { name: /^Shorten/ }).click();
  await page.getByText('The security policies are changed.').waitFor();
  const { organization } = await server.ask('{ organization { configs { tokens { systemPermissionTokensEnforceExpirationAfterMs } } } }');
  assert.equal(organization.configs.tokens.systemPermissionTokensEnforceExpirationAfterMs, 30 * day);

  await page.getByRole('switch', { name: /Allow system tokens/ }).focus();
  await page.keyboard.press('Space');
  const destroy = impact.getByRole('button', { name: /^Delete \d+ tokens/ });
  await destroy.click();
  const dialog = page.getByRole('alertdialog');
  const confirm = dialog.getByRole('button', { name: /^Delete \d+ tokens/ });
  assert.ok(await confirm.isDisabled());
  const phrase = await dialog.locator('code').first().textContent();
  await dialog.getByRole('textbox').fill(phrase);
  await confirm.click();
  await page.getByText('The security policies are changed.').waitFor();
  const { systemTokens } = await server.ask('{ systemTokens { totalResults } }');
  assert.equal(systemTokens.totalResults, 0);
  await page.getByRole('link', { name: 'System tokens' }).click();
  await page.getByRole('link', { name: '+ Add new' }).click();
  await page.getByText('System tokens are switched off').waitFor();
  await browser.axe('create while switched off');
  await server.setPolicy({});
  browser.calm();
});

test('what is stored for other kinds is kept when the system policy is changed', async () => {
  await browser.signIn(server.token, '/security-policies');
  await page.getByText('Personal tokens', { exact: false }).first().click();
  await page.getByRole('switch', { name: /Allow personal tokens/ }).focus();
  await page.keyboard.press('Space');
  await page.getByText('personal, stored only: Allowed: on → off').waitFor();
  await browser.axe('stored kinds open');
  await page.getByRole('button', { name: 'Change the policy' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Change the policy' }).click();
  await page.getByText('The security policies are changed.').waitFor();
  const { organization } = await server.ask('{ organization { configs { tokens { personalUserTokensEnabled systemPermissionTokensEnabled } } } }');
  assert.deepEqual(organization.configs.tokens, { personalUserTokensEnabled: false, systemPermissionTokensEnabled: true });
  browser.calm();
});

test('the audit log: filters in the address, one entry in full, export as JSON lines', async () => {
  const made = await server.make({ name: 'audited', permissions: ['ReadHealthCheck'] });
  await browser.signIn(server.token, '/audit-log');
  await page.getByLabel('Kind').selectOption('hashedtokens.change');
  await page.waitForURL(/type=hashedtokens\.change/);
  await page.getByLabel('Token', { exact: true }).fill(made.tokenMetadata.id);
  await page.waitForURL(new RegExp(`token=${made.tokenMetadata.id}`));
  await page.getByText('1–1 of 1').waitFor();
  await page.getByRole('button', { name: 'Details' }).click();
  await page.waitForURL(/event=\d+/);
  await page.getByText('actor.requestId').waitFor();
  await browser.axe('an entry in full');
  await page.reload();
  await page.getByText('actor.requestId').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export this page' }).click()]);
  const lines = readFileSync(await download.path(), 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 1);
  const entry = JSON.parse(lines[0]);
  assert.equal(entry.tokenId, made.tokenMetadata.id);
  assert.ok(!lines[0].includes(made.token.split('~')[1]));
  await page.getByLabel('Actor').fill('nobody at all');
  await page.getByRole('heading', { name: 'Nothing fits' }).waitFor();
  await page.getByRole('button', { name: 'Show all entries' }).click();
  await page.waitForURL(/\/audit-log$/);
  browser.calm();
});

test('those who may only read see the policies and filters without controls', async () => {
  const id = await server.makeFilter('read only', 'allow all');
  const { token } = await server.make({ name: 'reader', permissions: ['ChangeSystemPermissions'] });
  await browser.signIn(token, '/security-policies');
  await page.getByText('To change them takes the permission').waitFor();
  assert.equal(await page.getByRole('switch').count(), 0);
  await browser.axe('policies, read only');
  await browser.goto(`/ip-filters/${id}`);
  await page.getByLabel('Rules').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Save filter' }).count(), 0);
  await browser.axe('a filter, read only');
  browser.calm();
});
