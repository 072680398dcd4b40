// The API explorer: the frame of the house, examples for what is asked most, and nothing secret
// left behind.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser, signIn } from './support/browser.mjs';
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

const path = '/docs/api-explorer';

async function open(token) {
  await browser.goto(path);
  await signInHere(token);
}

async function signInHere(token = server.token) {
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign in' });
  await dialog.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByText(/^Signed in as .* until /).waitFor();
  await ready();
}

/** Waits for the editors. */
const ready = () => page.waitForFunction(() => globalThis.__MONACO?.editor.getEditors().length === 4);

/** What an editor holds; with a text, that it holds that from now on. */
const editor = (name, text) =>
  page.evaluate(
    ([name, text]) => {
      const model = globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.includes(name));
      if (text !== undefined) model.setValue(text);
      return model.getValue();
    },
    [{ Query: 'operation', Variables: 'variables', Headers: 'request-headers', Answer: 'response' }[name], text],
  );

async function choose(example) {
  await page.getByRole('button', { name: /^Examples/ }).click();
  await page.getByRole('menuitem', { name: example }).click();
  await read();
}

/**
 * Waits until the editor has read what was put into it. It does so after a tenth of a second, by a
 * timer of the page, and takes the first operation then, whichever was chosen before.
 */
const read = () => page.evaluate(() => new Promise((done) => setTimeout(done, 150)));

/** Runs what is in the editor and gives what was answered. */
async function run() {
  const asked = page.waitForResponse('**/graphql');
  await page.getByRole('button', { name: /^Run / }).click();
  await asked;
  await page.getByRole('status').filter({ hasText: /^Answered/ }).waitFor();
  return JSON.parse(await editor('Answer'));
}

const storages = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));

async function signOut(from) {
  await from.getByRole('button', { name: /^Profile of/ }).click();
  await from.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await from.getByRole('heading', { name: 'Sign in' }).waitFor();
}

test('each example does what it says, and none of them by itself', async () => {
  await open();
  const asked = [];
  page.on('request', (request) => request.url().endsWith('/graphql') && asked.push(request.postDataJSON().operationName));
  const filter = await server.makeFilter('office', 'allow 127.0.0.1');
  const make = async (name) => (await server.make({ name, permissions: ['ManageCluster'], expiresIn: { amount: 400, unit: 'Days' } })).tokenMetadata.id;
  await make('the first');

  await page.getByRole('button', { name: /^Examples/ }).click();
  const titles = await page.getByRole('menuitem').locator('span:first-child').allTextContents();
  await page.keyboard.press('Escape');
  assert.equal(titles.length, 13);
  const told = {};
  for (const title of titles) {
    asked.length = 0;
    await choose(title);
    const text = await editor('Query');
    let variables = await editor('Variables');
    for (const [words, id] of [['the id of a filter', () => filter], ['the id of a token', () => make('one')], ['the id of another', () => make('another')]]) {
      if (variables.includes(words)) variables = variables.replace(words, await id());
    }
    await editor('Variables', variables);
    const operations = [...text.matchAll(/^(query|mutation) (\w+)/gm)];
    assert.deepEqual(asked, [], `${title} was run by being opened`);
    for (const [, kind, name] of operations) {
      if (operations.length > 1) await page.getByLabel('Operation to run').selectOption(name);
      await page.getByRole('button', { name: `Run ${kind}` }).waitFor();
      const answer = await run();
      assert.equal(answer.errors, undefined, `${title}, ${name}: ${JSON.stringify(answer.errors)}`);
      told[name] = answer.data;
      if (/[A-Za-z0-9]{32}~/.test(JSON.stringify(answer))) await page.getByRole('button', { name: 'It is stored' }).click();
      assert.equal(asked.at(-1), name);
    }
  }
  assert.equal(told.WhoAmI.viewer.username, 'localroot');
  assert.ok(told.WhoMay.systemTokens.totalResults > 0);
  assert.equal(told.PolicyImpact.tokenSecurityPoliciesImpact.deleted, 0);
  assert.ok(told.PolicyImpact.tokenSecurityPoliciesImpact.capped > 0);
  assert.equal(told.RevokeTokens.deleteSystemTokens.deleted, 2);
  assert.equal(told.RulesImpact.ipFilterImpact.totalTokens, 0);
  assert.equal(told.TryRules.testIPFilter.allowed, true);
  assert.equal((await page.getByRole('list', { name: 'Open queries' }).count()), 0, 'an example that nobody changed stayed open');
  browser.calm();
});

test('a string that is shown once is in no storage and no address, and signing out takes the rest', async () => {
  await open();
  await choose('Make a token for a machine');
  const { token } = (await run()).data.createSystemToken;
  const half = token.split('~')[1];
  await editor('Query', '# looked up by hand\n{ viewer { id } }');
  await editor('Headers', JSON.stringify({ Authorization: `Bearer ${token}` }));
  await page.waitForFunction(() => sessionStorage.getItem('tokenscale/explorer')?.includes('looked up by hand'));
  const withoutIt = async (when) => {
    assert.ok(!(await storages()).includes(half), `it is in the storage ${when}`);
    assert.ok(!page.url().includes(half));
    assert.ok(!JSON.stringify(await page.evaluate(() => [history.state, window.name])).includes(half));
  };
  await withoutIt('with the answer shown');
  // Elsewhere and back: what was typed is there, but no answer and no header.
  await page.getByRole('link', { name: 'System tokens' }).click();
  await page.getByRole('heading', { level: 1, name: 'System tokens' }).waitFor();
  await page.getByRole('link', { name: 'API explorer' }).click();
  await ready();
  assert.match(await editor('Query'), /looked up by hand/);
  assert.equal((await editor('Headers')) + (await editor('Answer')), '');
  // Typed into the variables, or into the query itself: that query is not kept.
  for (const name of ['Variables', 'Query']) {
    await editor(name, `${await editor(name)}\n# ${half}`);
    await page.waitForFunction(() => !sessionStorage.getItem('tokenscale/explorer')?.includes('looked up by hand'));
    await withoutIt(`with it in ${name}`);
  }
  await signOut(page);
  assert.equal(await storages(), '[{},{}]');
  await open();
  assert.match(await editor('Query'), /WhoAmI/);
  browser.calm();
});

test('signing out here signs out in the other tab', async () => {
  await browser.signIn();
  const other = await browser.context.newPage();
  await other.goto(server.base + path);
  await signOut(other);
  assert.equal((await (await page.request.get(`${server.base}/api/v1/session`, { headers: { 'X-Requested-By': 'tokenscale' } })).json()).active, false);
  await page.getByRole('alertdialog', { name: 'Your session has ended' }).waitFor();
  browser.calm();
});

test('a new string outlives that somebody else signs in in another window, and signing out asks before it is lost', async () => {
  const anna = await server.make({ name: 'anna', permissions: ['ReadHealthCheck'] });
  await open();
  await choose('Make a token for a machine');
  const { token } = (await run()).data.createSystemToken;
  await signIn(server, await browser.context.newPage(), anna.token);
  await page.getByText('Signed in as anna').waitFor();
  assert.equal(JSON.parse(await editor('Answer')).data.createSystemToken.token, token);
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  const question = page.getByRole('alertdialog', { name: 'Sign out and lose what is not saved?' });
  await question.getByText('The answer holds a new token string.').waitFor();
  // A question of the browser's own on top of it would be dismissed here, and the page would stay.
  await question.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  browser.calm();
});

test('a mutation is not run as somebody else, though the page has not heard of them', async () => {
  browser.expected.push(/status of 409/);
  await page.addInitScript(() => {
    window.BroadcastChannel = class {
      addEventListener() {}
      postMessage() {}
      close() {}
    };
  });
  const bea = await server.make({ name: 'bea', permissions: ['ChangeSystemPermissions', 'ReadHealthCheck'] });
  await open();
  await editor('Query', 'mutation { createSystemToken(input: {name: "of root", permissions: [ReadHealthCheck]}) { token } }');
  await read();
  await signIn(server, await browser.context.newPage(), bea.token);
  const answered = page.waitForResponse((response) => response.status() === 409);
  await page.getByRole('button', { name: /^Run / }).click();
  await answered;
  await page.getByText('Signed in as bea').waitFor();
  const { systemTokens } = await server.ask('{ systemTokens(searchFilter: "of root") { totalResults } }');
  assert.equal(systemTokens.totalResults, 0, 'bea has made what root wrote');
  browser.calm();
});

test('a session that ends asks in place, keeps what was typed, and hides what it had read', async () => {
  browser.expected.push(/status of 401/);
  const made = await server.make({ name: 'short lived', permissions: ['ChangeSystemPermissions'] });
  await open(made.token);
  await run();
  await editor('Query', '# half typed\n{ viewer { username } }');
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: made.tokenMetadata.id });
  await page.getByRole('button', { name: 'Run query' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Signed in as localroot').waitFor();
  await ready();
  assert.match(await editor('Query'), /half typed/);
  assert.equal(await editor('Answer'), '');
  assert.equal((await run()).data.viewer.username, 'localroot');
  // One that is ended elsewhere is noticed; and what was typed is there after a reload, as soon as
  // it is known whose it was.
  await page.request.delete(`${server.base}/api/v1/session`, { headers: { 'X-Requested-By': 'tokenscale' } });
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await dialog.waitFor();
  await page.reload();
  await ready();
  assert.match(await editor('Query'), /WhoAmI/);
  await signInHere();
  await page.waitForFunction(() => globalThis.__MONACO.editor.getModels().some((model) => model.getValue().includes('half typed')));
  browser.calm();
});

test('on a phone there are tabs, one pane is seen, and all of it can be read', async () => {
  await page.setViewportSize({ width: 360, height: 780 });
  await open();
  const tabs = page.getByRole('tab');
  assert.deepEqual(await tabs.allTextContents(), ['Query', 'Variables', 'Headers', 'Answer', 'Docs']);
  const seen = () => page.getByRole('tabpanel').evaluateAll((panels) => panels.filter((panel) => panel.checkVisibility({ visibilityProperty: true })).map(({ id }) => id));
  assert.deepEqual(await seen(), ['pane-query']);
  await page.getByRole('button', { name: 'Run query' }).click();
  await page.getByText('"localroot"').waitFor();
  assert.deepEqual(await seen(), ['pane-answer']);
  await tabs.nth(3).focus();
  for (const [key, pane] of [['ArrowRight', 'docs'], ['ArrowRight', 'query'], ['ArrowRight', 'variables'], ['ArrowLeft', 'query'], ['End', 'docs']]) {
    await page.keyboard.press(key);
    assert.deepEqual(await seen(), [`pane-${pane}`]);
    assert.equal(await page.evaluate(() => document.activeElement.textContent.toLowerCase()), pane);
  }
  await page.getByText('Root Types').waitFor();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, 'too wide');
  await browser.axe('the documentation on a phone');
  await page.getByRole('tab', { name: 'Answer' }).click();
  await browser.axe('the answer on a phone', ['light']);
  browser.calm();
});

test('axe has nothing to say of it on a desk, with several queries open and the examples unfolded', async () => {
  await open();
  await editor('Query', '{ viewer { id } }');
  await choose('Make one like this one');
  await page.getByRole('list', { name: 'Open queries' }).waitFor();
  await page.getByRole('tab', { name: 'Docs' }).click();
  await page.getByText('Root Types').waitFor();
  await browser.axe('the explorer');
  await page.getByRole('button', { name: /^Examples/ }).click();
  await page.getByRole('menuitem').first().waitFor();
  await browser.axe('its examples', ['light']);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Close Original' }).click();
  assert.equal(await editor('Query'), '{ viewer { id } }');
  browser.calm();
});

test('the keyboard goes into an editor and out of it, and the colours are those chosen on the page', async () => {
  await open();
  const before = (await server.ask('{ systemTokens(searchFilter: "health probe") { totalResults } }')).systemTokens.totalResults;
  await page.getByRole('group', { name: 'Query' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{ meta { version ');
  // The first closes what is offered to complete it. On a busy machine that is offered late.
  await page.locator('.suggest-widget.visible').waitFor();
  const out = () => page.evaluate(() => document.activeElement.matches('[role=group]'));
  for (let i = 0; i < 20 && !(await out()); i++) {
    await page.keyboard.press('Escape');
    await page.waitForTimeout(50);
  }
  assert.ok(await out(), 'Escape does not leave the editor');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Variables');
  await page.getByRole('group', { name: 'Query' }).focus();
  await page.keyboard.press('Enter');
  const asked = page.waitForRequest((request) => request.postDataJSON()?.query?.includes('meta'));
  await page.keyboard.press('Control+Enter');
  await asked;

  // Keys that are held down make one token, and its string is shown.
  await choose('Make a token for a machine');
  await page.getByRole('group', { name: 'Query' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.down('Control');
  for (let i = 0; i < 4; i++) {
    await page.keyboard.down('Enter');
    await page.getByText('"token":').waitFor();
  }
  await page.keyboard.up('Enter');
  await page.keyboard.up('Control');
  const { systemTokens } = await server.ask('{ systemTokens(searchFilter: "health probe") { results { id } } }');
  const { id } = JSON.parse(await editor('Answer')).data.createSystemToken.tokenMetadata;
  assert.equal(systemTokens.results.filter((token) => token.id === id).length, 1);
  assert.equal(systemTokens.results.length, before + 1);

  const dark = (wanted) => page.waitForFunction((wanted) => [...document.querySelectorAll('.monaco-editor')].every((one) => one.classList.contains('vs-dark') === wanted), wanted);
  await dark(false);
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('dialog').getByText('Dark').click();
  await dark(true);
  await page.keyboard.press('Escape');
  await page.reload();
  await ready();
  await dark(true);
  browser.calm();
});

test('a token in a header needs no session, and one that no browser can send is named, and nothing of it repeated', async () => {
  await browser.goto(path);
  await page.getByText('Not signed in').waitFor();
  await ready();
  const half = server.token.split('~')[1];
  for (const [value, words] of [
    [`Bearer ${server.token.slice(0, 12)}\u200b${server.token.slice(12)}`, 'Character 13 of 55 cannot be in a token: U+200B ZERO WIDTH SPACE'],
    ['“quoted”', 'The header Authorization holds a character that a browser cannot send.'],
    [`Bearer ${server.token}`, '"localroot"'],
  ]) {
    await editor('Headers', JSON.stringify({ Authorization: value }));
    await page.getByRole('button', { name: 'Run query' }).click();
    await page.waitForFunction((wanted) => globalThis.__MONACO.editor.getModels().some((model) => model.uri.path.includes('response') && model.getValue().includes(wanted)), words);
    assert.equal(await page.getByText('does not answer').count(), 0);
  }
  assert.ok(!(await editor('Answer')).includes(half));
  await page.getByRole('tab', { name: 'Docs' }).click();
  await page.getByText('Root Types').waitFor();
  browser.calm();
});

test('while a query runs no other is opened beside its answer, and one that hangs is let go', async () => {
  await open();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/graphql', async (route) => {
    await held;
    await route.continue().catch(() => undefined); // nobody waits for it any more
  });
  await page.getByRole('button', { name: /^Run / }).click();
  await page.getByRole('button', { name: 'Running' }).waitFor();
  assert.ok(await page.getByRole('button', { name: /^Examples/ }).isDisabled(), 'another query can be opened');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.waitForFunction(() => globalThis.__MONACO.editor.getModels().some((model) => model.getValue().includes('Stopped waiting')));
  assert.ok(await page.getByRole('button', { name: /^Examples/ }).isEnabled(), 'no other query can be opened');
  release();
  await page.unroute('**/graphql');
});

test('a new string is not lost by leaving, by another answer or with its query, before it is stored', async () => {
  await open();
  await choose('Make a token for a machine');
  const first = (await run()).data.createSystemToken.token;
  const holds = async () => assert.match(await editor('Answer'), new RegExp(first.split('~')[1]));
  await page.getByRole('alert').filter({ hasText: 'The answer holds a new token string' }).waitFor();
  await browser.axe('an answer that holds a string', ['light']);
  const leaving = page.waitForEvent('dialog');
  const pressed = page.getByRole('link', { name: 'System tokens' }).click();
  const question = await leaving;
  assert.equal(question.type(), 'beforeunload');
  await question.dismiss();
  await pressed;
  await page.getByRole('button', { name: /^Run / }).click();
  const stored = page.getByRole('button', { name: 'It is stored' });
  await page.getByRole('alert').filter({ hasText: 'Is the string stored?' }).waitFor();
  assert.ok(await stored.evaluate((element) => element === document.activeElement), 'the answer to it has the focus');
  await holds();
  // Another example stands beside it, and its query cannot be closed.
  await choose('Who am I, and what may I do?');
  await page.getByRole('list', { name: 'Open queries' }).waitFor();
  await page.getByRole('button', { name: /^Close / }).first().click();
  await page.getByRole('list', { name: 'Open queries' }).getByRole('button').first().click();
  await holds();
  await stored.click();
  await run();
  assert.doesNotMatch(await editor('Answer'), new RegExp(first.split('~')[1]));
  await stored.click();
  await page.getByRole('link', { name: 'System tokens' }).click();
  await page.getByRole('heading', { level: 1, name: 'System tokens' }).waitFor();
  browser.calm();
});
