// Two windows of one browser, which share the session: what happens in one concerns the other.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser, signIn } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;
let anna;

before(async () => {
  server = await startServer();
  anna = (await server.make({ name: 'anna', permissions: ['ReadHealthCheck'] })).token;
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

/** Signs in as anna in another window. */
async function annaElsewhere() {
  const other = await browser.context.newPage();
  await signIn(server, other, anna);
  return other;
}

test('whoever signs in in another window is at once who is signed in here, and finds nothing of who was', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('a draft of root');
  await annaElsewhere();
  await page.getByText('You are signed in as anna now. What localroot had not saved in this window is gone.').waitFor();
  await page.getByRole('button', { name: 'Profile of anna' }).waitFor();
  assert.equal(await page.getByText('a draft of root').count(), 0);
  assert.ok(!(await page.getByRole('main').innerText()).includes('a draft of root'));
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY');
  await browser.axe('handed over to somebody else');
  browser.calm();
});

/** Has the page hear nothing of what happens in other windows, as in the moment before it does. */
const deafen = () =>
  page.addInitScript(() => {
    window.BroadcastChannel = class {
      addEventListener() {}
      postMessage() {}
      close() {}
    };
  });

test('a form is not sent as somebody else, though the page has not heard of them', async () => {
  browser.expected.push(/status of 409/);
  await deafen();
  await browser.signIn(server.token, '/tokens/new?name=of%20root&permissions=ReadHealthCheck');
  const bea = (await server.make({ name: 'bea', permissions: ['ChangeSystemPermissions', 'ReadHealthCheck'] })).token;
  await signIn(server, await browser.context.newPage(), bea);
  const answered = page.waitForResponse((response) => response.status() === 409);
  await page.getByRole('button', { name: 'Create token' }).click();
  await answered;
  await page.getByText(/You are signed in as bea now/).waitFor();
  const { systemTokens } = await server.ask('{ systemTokens(searchFilter: "of root") { totalResults } }');
  assert.equal(systemTokens.totalResults, 0, 'bea has made what root filled in');
  browser.calm();
});

test('the same identity in another window takes nothing away here', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('a draft of root');
  const other = await browser.context.newPage();
  const asked = page.waitForResponse('**/graphql');
  await signIn(server, other);
  await asked;
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500))); // for the page to take it
  assert.equal(await page.getByLabel('Token name').inputValue(), 'a draft of root');
  browser.calm();
});

test('signing out asks first if something is not saved, also in a form that was left', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill('a draft of root');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor();
  const out = async () => {
    await page.getByRole('button', { name: /^Profile of/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  };
  await out();
  const question = page.getByRole('alertdialog', { name: 'Sign out and lose what is not saved?' });
  await browser.axe('asked before signing out');
  await question.getByRole('button', { name: 'Stay here' }).click();
  await question.waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.goBack();
  assert.equal(await page.getByLabel('Token name').inputValue(), 'a draft of root');
  await out();
  await question.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await browser.signIn(server.token, '/tokens/new');
  assert.equal(await page.getByLabel('Token name').inputValue(), '');
  browser.calm();
});
