// What had the focus goes: a button with its row, with its message, with its dialog. The focus then
// has a place, and is not at the beginning of the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
  browser = await openBrowser(server);
  page = browser.page;
  for (let n = 0; n < 55; n++) await server.make({ name: `load ${String(n).padStart(2, '0')}`, permissions: ['ReadHealthCheck'], expiresIn: { amount: 60, unit: 'Days' } });
});
after(async () => {
  await browser.close();
  await Promise.all([server.close(), closeBrowser()]);
});

const button = (name, within = page) => within.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('alertdialog');
const press = async (target) => {
  await target.focus();
  await page.keyboard.press('Enter');
};

/** That the focus comes to rest here: a heading, a group by its label, or a button by its words. */
const focused = async (where) => {
  const named = () => {
    const { tagName, ariaLabel, textContent } = document.activeElement ?? {};
    return tagName === 'BODY' ? 'nowhere' : `${tagName} ${ariaLabel ?? textContent}`;
  };
  let at = '';
  for (let i = 0, rests = 0; i < 50 && rests < 2; i++) {
    await page.waitForTimeout(100); // some frames, and what they may undo
    at = await page.evaluate(named);
    rests = where.test(at) ? rests + 1 : 0;
  }
  assert.match(at, where);
};
const group = /Act on tokens/;

test('after each act in the list the focus is at what acts, which stands above the rows', async () => {
  await page.setViewportSize({ width: 1280, height: 500 });
  await browser.signIn(server.token, '/tokens');
  await page.getByText('1–50 of 55').waitFor();
  const acts = page.getByRole('group', { name: 'Act on tokens' });
  for (const [names, act, then] of [
    [['load 30'], 'Delete 1 token', 'Delete token'],
    [['load 31', 'load 32'], 'Delete 2 tokens', 'Delete 2 tokens'],
    [['load 33'], 'Reset secret', 'Reset secret'],
  ]) {
    for (const name of names) await page.getByRole('checkbox', { name: `Choose ${name}`, exact: true }).check();
    const [bar, deep] = [await acts.boundingBox(), await page.evaluate(() => window.scrollY)];
    assert.ok(deep > 300 && bar.y >= 40 && bar.y < 100, `scrolled by ${deep} the bar is at ${bar.y}`);
    await press(button(act, acts));
    await press(button(then, dialog()));
    if (act === 'Reset secret') {
      await press(button('Done'));
      await press(button('It is stored, close'));
    }
    await page.getByText(/ deleted\.$|has a new string\.$/).waitFor();
    await dialog().waitFor({ state: 'detached' });
    await acts.getByText(/ chosen$/).waitFor({ state: 'detached' });
    await focused(group);
    await press(button('Close this message'));
    await focused(/^H1 System tokens/);
  }
  for (const step of ['Last', 'First']) {
    await press(button(step));
    await page.getByText(step === 'Last' ? '51–52 of 52' : '1–50 of 52').waitFor();
    await focused(/^H1 System tokens/);
  }
  browser.calm();
});

test('an old string that is ended is called that, and the focus is on its page', async () => {
  const { id } = (await server.make({ name: 'rotor' })).tokenMetadata;
  const { rotateSystemToken: reset } = await server.ask('mutation R($id: String!) { rotateSystemToken(input: { id: $id, gracePeriodMs: 3600000 }) { tokenMetadata { id } } }', { id });
  await browser.goto(`/tokens/${reset.tokenMetadata.id}`);
  await press(button('End it now'));
  await dialog().getByRole('heading', { name: 'End the old string of rotor?' }).waitFor();
  await dialog().getByText(/Only the old string goes: the token stays, with its new string/).waitFor();
  await press(button('End the old string', dialog()));
  await page.getByText('The old string of rotor works no more.').waitFor();
  await focused(/^H1 rotor/);
  browser.calm();
});

test('after a filter, a policy or a question is saved or left the focus has a place', async () => {
  const id = await server.makeFilter('office', 'allow 127.0.0.1');
  await browser.goto(`/ip-filters/${id}`);
  const rules = page.getByLabel('Rules');
  for (const bound of [false, true]) {
    if (bound) await server.make({ name: 'bound', ipFilterId: id });
    await rules.fill(`allow 127.0.0.1\nallow 10.0.0.${bound ? 1 : 2}`);
    await press(button('Save filter'));
    if (bound) await press(button('Save for 1 token', dialog()));
    await page.getByText('Saved. It binds').waitFor();
    await dialog().waitFor({ state: 'detached' });
    await focused(/^H1 office/);
  }
  await rules.fill('allow all');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Go to/ }).or(page.getByLabel('Go to a token, filter or page').last()).first().waitFor();
  await page.getByRole('menuitem', { name: /Audit log/ }).first().click();
  await press(button('Stay here'));
  await focused(/^TEXTAREA allow all/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('allow 127.0.0.1\nallow 10.0.0.1');

  await browser.goto('/security-policies');
  const allow = page.getByRole('switch', { name: /permission/i }).first();
  for (const leaves of [true, false]) {
    await allow.focus();
    await page.keyboard.press('Space');
    await button('Change the policy').waitFor();
    await press(button(leaves ? 'Leave as it is' : 'Change the policy'));
    if (!leaves) {
      await press(button('Change the policy', dialog()));
      await page.getByText('The security policies are changed.').waitFor();
      await dialog().waitFor({ state: 'detached' });
    } else await button('Leave as it is').waitFor({ state: 'detached' });
    await focused(/^H1 Security policies/);
  }
  browser.calm();
});

test('all entries of the audit log are shown again, whatever was chosen', async () => {
  await browser.goto('/audit-log?action=updateIPFilter&actor=nobody');
  await press(button('Show all entries'));
  await page.getByText(/^1–\d+ of \d+$/).waitFor();
  assert.match(page.url(), /\/audit-log$/);
  await focused(/^H1 Audit log/);
  browser.calm();
});

test('a maker is read out by the name that is seen', async () => {
  const maker = await server.make({ name: 'mother', permissions: ['ChangeSystemPermissions'] });
  await server.ask('mutation M { createSystemToken(input: { name: "child", permissions: [] }) { token } }', {}, maker.token);
  await browser.goto('/tokens?q=child');
  await page.getByRole('row', { name: /child/ }).getByRole('link', { name: 'mother', exact: true }).waitFor();
  browser.calm();
});
