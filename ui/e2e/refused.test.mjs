// A form that is refused leads to what is wrong with it, also where it is longer than the screen.
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
  browser = await openBrowser(server, { viewport: { width: 360, height: 640 } });
  page = browser.page;
});
afterEach(() => browser.close());

/** Waits until a field has the focus, and asserts that it is seen below the band. */
async function ledTo(field) {
  await page.waitForFunction((element) => element === document.activeElement, await field.elementHandle());
  await page.waitForFunction((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 60 && bottom <= window.innerHeight;
  }, await field.elementHandle());
}

const notice = (text) => page.getByRole('alert').filter({ hasText: text });

test('a new token leads to its first bad field, and the notice names it', async () => {
  await browser.signIn(server.token, '/tokens/new');
  const create = page.getByRole('button', { name: 'Create token' });
  await create.scrollIntoViewIfNeeded();
  await create.click();
  await ledTo(page.getByLabel('Token name'));
  await notice('Look at: Token name.').waitFor();
  await browser.axe('a refused token');
  await page.getByLabel('Token name').fill('now named');
  const amount = page.getByRole('spinbutton', { name: 'Amount of time' });
  await amount.fill('99999999');
  await create.click();
  await ledTo(amount);
  await notice('Look at: Expiration.').waitFor();
  // A field that cannot be read is not the wish for a token that never ends.
  await amount.fill('1.5');
  await create.click();
  await ledTo(amount);
  await page.getByText('Type a whole number, 1 or more.').waitFor();
  await page.getByText('At a date', { exact: true }).click();
  const date = page.getByLabel('Date and time');
  await date.focus();
  await page.keyboard.press('Backspace');
  await create.click();
  await ledTo(date);
  await page.getByText('Type the whole date and time.').waitFor();
  assert.equal((await server.ask('{ systemTokens(limit: 0) { totalResults } }')).systemTokens.totalResults, 0);
  browser.calm();
});

test('a maximum that cannot be read is told at its field, and nothing can be saved', async () => {
  await browser.signIn(server.token, '/security-policies');
  await page.getByRole('switch', { name: /Token expiration/ }).first().focus();
  await page.keyboard.press('Space');
  const maximum = page.getByRole('spinbutton', { name: 'Maximum life of system tokens' });
  const impact = page.getByRole('complementary', { name: 'What the change would do' });
  for (const bad of ['', '-5', '1.5', '0', '100000001']) {
    await maximum.fill('200');
    await page.getByText('Token expiration: no maximum → 200 days').waitFor();
    await maximum.fill(bad);
    await page.getByText('Type a whole number, 1 or more, of at most 100,000,000 days.').waitFor();
    assert.ok(await impact.getByRole('button', { name: 'Change the policy' }).isDisabled(), `“${bad}” may be saved`);
  }
  await page.getByRole('button', { name: 'Go to the field' }).click();
  await ledTo(maximum);
  await maximum.fill('200');
  await impact.getByRole('button', { name: 'Change the policy' }).and(page.locator(':enabled')).waitFor();
  browser.calm();
});

test('a new IP filter leads to its name, and then to its rules', async () => {
  await browser.signIn(server.token, '/ip-filters/new');
  const rules = page.getByRole('textbox', { name: 'Rules' });
  await rules.fill('allow nobody');
  const create = page.getByRole('button', { name: 'Create filter' });
  await create.click();
  await ledTo(page.getByLabel('Name', { exact: true }));
  await page.getByLabel('Name', { exact: true }).fill('office');
  await create.click();
  await ledTo(rules);
  await notice('Look at: Rules.').waitFor();
  await browser.axe('a refused filter');
  browser.calm();
});

test('a policy that cannot be says so beside its field, and the notice leads there', async () => {
  const id = await server.makeFilter('soon gone', 'allow all');
  await browser.signIn(server.token, '/security-policies');
  const filter = page.getByRole('combobox', { name: 'Enforce IP filter' }).first();
  await filter.waitFor();
  await server.ask('mutation D($id: String!) { deleteIPFilter(input: { id: $id }) }', { id });
  await filter.focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('soon gone');
  await page.getByRole('option', { name: /^soon gone/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await notice('Look at: IP filter of system tokens.').waitFor();
  await page.getByRole('button', { name: 'Go to the field' }).click();
  await ledTo(filter);
  assert.equal(await filter.getAttribute('aria-invalid'), 'true');
  await page.keyboard.press('Escape');
  await browser.axe('a refused policy');
  browser.calm();
});

test('a sign-in that is refused leads back to the token', async () => {
  await browser.goto('/sign-in');
  await page.getByLabel('Token').fill('no token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await ledTo(page.getByLabel('Token'));
  browser.calm();
});
