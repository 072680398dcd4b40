// Finding tokens among many: filters, ready views, orders, pages by cursor.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { tracesOf } from './support/secrets.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;
let office;
let maker;
const many = 120;

before(async () => {
  server = await startServer();
  office = await server.makeFilter('office', 'allow all');
  maker = await server.make({ name: 'maker', permissions: ['ChangeSystemPermissions', 'ListSubdomains'], expiresIn: { amount: 200, unit: 'Days' } });
  await server.make({ name: 'ends tomorrow', permissions: ['ManageCluster'], expiresIn: { amount: 1, unit: 'Days' }, ipFilterId: office });
  await server.make({ name: 'for ever', permissions: ['PatchGlobal', 'ManageCluster'] });
  await server.ask('mutation M($input: CreateSystemTokenInput!) { createSystemToken(input: $input) { token } }', { input: { name: 'made by another', permissions: ['ListSubdomains'], expiresIn: { amount: 60, unit: 'Days' } } }, maker.token);
  const old = await server.make({ name: 'rotated', permissions: ['ReadHealthCheck'], expiresIn: { amount: 60, unit: 'Days' } });
  await server.ask('mutation R($input: RotateSystemTokenInput!) { rotateSystemToken(input: $input) { token } }', { input: { id: old.tokenMetadata.id, gracePeriodMs: 3_600_000 } });
  for (let n = 0; n < many; n++) await server.make({ name: `load ${String(n).padStart(3, '0')}`, permissions: ['ReadHealthCheck'], expiresIn: { amount: 100, unit: 'Days' }, ipFilterId: office });
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

const names = () => page.getByRole('table', { name: 'System tokens' }).locator('tbody td[data-lead] bdi').allTextContents();
const shows = (text) => page.getByRole('navigation', { name: 'Pages of tokens' }).getByText(text, { exact: true }).waitFor();
const chip = (label) => page.getByRole('button', { name: `${label}: take off`, exact: true });
const views = () => page.getByRole('navigation', { name: 'Ready views' });

/** Goes on by Tab until the focus is there. */
async function tabTo(locator) {
  for (let i = 0; i < 80; i++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab does not lead there');
}

test('each ready view counts what its link shows', async () => {
  await browser.signIn(server.token, '/tokens');
  const counts = {};
  for (const [label, first] of [
    ['All', 'ends tomorrow'],
    ['Ends within 30 days', 'rotated'],
    ['Never ends', 'for ever'],
    ['Unused for 90 days', null],
    ['No IP filter', 'for ever'],
    ['May change permissions', 'maker'],
  ]) {
    const link = views().getByRole('link', { name: label });
    await link.locator('[role=img]').waitFor();
    const count = Number((await link.locator('[role=img]').textContent()).replace(',', ''));
    counts[label] = count;
    await link.click();
    await views().locator('[aria-current=page]', { hasText: label }).waitFor();
    if (count === 0) {
      await page.getByRole('heading', { name: 'No token matches' }).waitFor();
      continue;
    }
    await shows(`1–${Math.min(50, count)} of ${count}`);
    assert.equal((await names())[0], first);
  }
  assert.deepEqual(counts, { All: many + 6, 'Ends within 30 days': 2, 'Never ends': 1, 'Unused for 90 days': 0, 'No IP filter': 5, 'May change permissions': 1 });
  // Those of a search are counted by the pager; the views go on counting all.
  await browser.goto('/tokens?q=load');
  await shows(`1–50 of ${many}`);
  await views().locator('[aria-current]').waitFor({ state: 'detached' });
  browser.calm();
});

test('a new token is counted by the ready views at once', async () => {
  await browser.signIn(server.token, '/tokens');
  const all = views().getByRole('link', { name: /^All/ });
  await all.getByRole('img', { name: `${many + 6} tokens` }).waitFor();
  const { tokenMetadata } = await server.make({ name: 'fleeting', expiresIn: { amount: 50, unit: 'Days' } });
  await page.evaluate(() => new Promise((rested) => setTimeout(rested, 5_200))); // an answer is good for five seconds
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await all.getByRole('img', { name: `${many + 7} tokens` }).waitFor();
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: tokenMetadata.id });
  browser.calm();
});

test('filters are set and taken off by keyboard alone, and stand in the address', async () => {
  await browser.signIn(server.token, '/tokens');
  await shows(`1–50 of ${many + 6}`);
  const opener = page.getByRole('button', { name: 'More filters' });
  await tabTo(page.getByRole('searchbox', { name: 'Filter tokens' }));
  await tabTo(opener);
  await page.keyboard.press('Enter');
  await tabTo(page.getByRole('checkbox', { name: 'Manage cluster' }));
  await page.keyboard.press('Space');
  await shows('1–2 of 2');
  await tabTo(page.getByRole('checkbox', { name: 'Change system permissions' }).or(page.getByRole('checkbox', { name: /patch global/i })).first());
  await page.keyboard.press('Space');
  await page.waitForURL(/permission=ManageCluster(%2C|,)/);
  await tabTo(page.getByLabel('Ends', { exact: true }));
  await page.keyboard.type('Never');
  await shows('1–1 of 1');
  await page.waitForURL(/ends=never/);
  assert.deepEqual(await names(), ['for ever']);
  await tabTo(chip('Never ends'));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => !url.search.includes('ends'));
  await chip('Never ends').waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('list', { name: 'Filters in use' }).getByRole('button', { name: /take off$/ }).count(), 2);
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /: take off$/);
  await tabTo(page.getByRole('button', { name: 'Clear filters' }));
  await page.keyboard.press('Enter');
  await shows(`1–50 of ${many + 6}`);
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Hide filters');
  browser.calm();
});

for (const [query, label, found] of [
  ['permission=ListSubdomains', 'May: List subdomains', ['made by another', 'maker']],
  ['state=InGracePeriod', 'State: In its grace period', ['rotated']],
  ['ends=7', 'Ends within 7 days', ['ends tomorrow', 'rotated']],
  ['ends=never', 'Never ends', ['for ever']],
  ['filter=none&q=ma', 'No IP filter', ['made by another', 'maker']],
  ['filter=OFFICE&q=ends', 'IP filter: office', ['ends tomorrow']],
  ['creator=MAKER', 'Made by maker', ['made by another']],
  ['creator=root&q=ever', 'Made by root', ['for ever']],
]) {
  test(`a link with ${query} shows whoever opens it the same`, async () => {
    const id = maker.tokenMetadata.id;
    await browser.signIn(server.token, `/tokens?${query.replace('OFFICE', office).replace('MAKER', id)}`);
    await shows(`1–${found.length} of ${found.length}`);
    assert.deepEqual((await names()).toSorted(), found);
    const worn = chip(label);
    await worn.waitFor();
    await worn.click();
    await page.waitForFunction((name) => !new URL(location.href).searchParams.has(name), query.split('=')[0]);
    browser.calm();
  });
}

test('the tokens of a maker who is gone are found', async () => {
  const gone = await server.make({ name: 'soon gone', permissions: ['ChangeSystemPermissions'] });
  await server.ask('mutation M { createSystemToken(input: {name: "orphan", permissions: []}) { token } }', {}, gone.token);
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: gone.tokenMetadata.id });
  await browser.signIn(server.token, `/tokens/${gone.tokenMetadata.id}`);
  await page.getByRole('link', { name: 'Tokens that it made' }).click();
  await shows('1–1 of 1');
  assert.deepEqual(await names(), ['orphan']);
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: (await server.ask('{ systemTokens(searchFilter: "orphan") { results { id } } }')).systemTokens.results[0].id });
  browser.calm();
});

test('whoever made a token is found by name, by keyboard, also when gone', async () => {
  const gone = await server.make({ name: 'maker who left', permissions: ['ChangeSystemPermissions'] });
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: gone.tokenMetadata.id });
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('button', { name: 'More filters' }).click();
  const field = page.getByRole('textbox', { name: 'Made by' });
  await field.fill('mak');
  const found = page.getByRole('list', { name: 'Makers of that name' }).getByRole('button');
  await found.nth(1).waitFor();
  const short = (one) => one.tokenMetadata.id.slice(0, 8);
  assert.deepEqual((await found.allInnerTexts()).map((text) => text.replaceAll('\n', ' ')), [`maker ${short(maker)}`, `maker who left ${short(gone)} ended`]);
  assert.equal(new URL(page.url()).search, '', 'a name was asked for as an id');
  await browser.axe('makers of a name');
  await field.focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('creator') === maker.tokenMetadata.id);
  await chip('Made by maker').waitFor();
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY');
  await field.fill('no such maker');
  await page.getByText('No token of that name is there').waitFor();
  browser.calm();
});

test('root is chosen as a maker beside a token of that name, from the first letters on', async (t) => {
  const alike = await server.make({ name: 'root', permissions: [] });
  t.after(() => server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: alike.tokenMetadata.id }));
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('button', { name: 'More filters' }).click();
  const field = page.getByRole('textbox', { name: 'Made by' });
  const found = page.getByRole('list', { name: 'Makers of that name' }).getByRole('button');
  for (const typed of ['ro', 'root']) {
    await field.fill(typed);
    await found.getByText(alike.tokenMetadata.id.slice(0, 8)).waitFor();
    assert.equal(await found.first().innerText(), 'root, who is no token');
    assert.equal(new URL(page.url()).search, '', 'nobody has chosen yet');
  }
  await found.first().click();
  await page.waitForURL((url) => url.searchParams.get('creator') === 'root');
  await chip('Made by root').waitFor();
  await found.first().waitFor({ state: 'detached' });
  browser.calm();
});

test('who looks for a maker among many reads how many are not shown', async () => {
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('button', { name: 'More filters' }).click();
  const field = page.getByRole('textbox', { name: 'Made by' });
  const found = page.getByRole('list', { name: 'Makers of that name' }).getByRole('button');
  await field.fill('load');
  const cut = page.getByText(`The first 8 of ${many} tokens. Type more of the name.`);
  await cut.last().waitFor();
  assert.equal(await found.count(), 8);
  assert.equal(await page.getByRole('status').filter({ hasText: 'The first 8 of' }).count(), 1, 'it is not said aloud');
  await field.fill('load 07');
  await page.getByText('The first 8 of 10 tokens. Type more of the name.').last().waitFor();
  await field.fill('load 077');
  await page.waitForFunction(() => !document.body.textContent.includes('Type more of the name'));
  assert.equal(await found.count(), 1);
  browser.calm();
});

test('a link says by name who made its tokens, also where none of them has it', async () => {
  const { id } = maker.tokenMetadata;
  await browser.signIn(server.token, `/tokens?creator=${id}&q=nothing+like+it`);
  await chip('Made by maker').waitFor();
  const gone = await server.make({ name: 'made nothing', permissions: [] });
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id: gone.tokenMetadata.id });
  await browser.goto(`/tokens?creator=${gone.tokenMetadata.id}`);
  await chip('Made by made nothing').waitFor();
  await browser.goto(`/tokens?creator=${'a'.repeat(32)}`);
  await chip('Made by aaaaaaaa…').waitFor();
  browser.calm();
});

test('where nothing matches it says so, and a way leads back', async () => {
  await browser.signIn(server.token, '/tokens?q=nobody&ends=never');
  await page.getByRole('heading', { name: 'No token matches' }).waitFor();
  await page.getByRole('status').getByText('No token matches').waitFor({ state: 'attached' });
  await chip('Never ends').waitFor();
  await browser.axe('no match');
  await page.getByRole('button', { name: 'Show all tokens' }).click();
  await shows(`1–50 of ${many + 6}`);
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.placeholder), 'Filter tokens');
  browser.calm();
});

test('the table is ordered by four columns in both directions', async () => {
  await browser.signIn(server.token, '/tokens');
  for (const [column, sort, field] of [
    ['Last used', 'used', 'LastUsedAt'],
    ['Created', 'created', 'CreatedAt'],
    ['Expires', 'expiry', 'ExpirationDate'],
    ['Name', null, 'Name'],
  ]) {
    for (const [direction, shown] of [['ASC', 'ascending'], ['DESC', 'descending']]) {
      await page.getByRole('button', { name: new RegExp(`^${column}`) }).click();
      await page.waitForURL((url) => url.searchParams.get('sort') === sort && (url.searchParams.get('dir') === 'desc') === (direction === 'DESC'));
      assert.equal(await page.getByRole('columnheader', { name: new RegExp(column) }).getAttribute('aria-sort'), shown);
      const { systemTokens } = await server.ask(`{ systemTokens(sortBy: ${field}, orderBy: ${direction}, limit: 50) { results { name } } }`);
      const wanted = systemTokens.results.map(({ name }) => name);
      await page.getByRole('table', { name: 'System tokens' }).and(page.locator('[aria-busy=false]')).waitFor();
      assert.deepEqual(await names(), wanted, `${column} ${direction}`);
    }
  }
  browser.calm();
});

test('pages go by cursor: nothing is left out when others delete, and Back and Forward lead through them', async () => {
  const gone = [];
  for (let n = 0; n < 5; n++) gone.push((await server.make({ name: `aaa ${n}`, expiresIn: { amount: 100, unit: 'Days' } })).tokenMetadata.id);
  const all = many + 11;
  await browser.signIn(server.token, '/tokens');
  await shows(`1–50 of ${all}`);
  const first = await names();
  for (const id of gone) await server.ask('mutation D($id: String!) { deleteSystemToken(input: {id: $id}) }', { id });
  await page.getByRole('button', { name: 'Next' }).click();
  await page.waitForURL(/[?&]after=/);
  await shows(`51–100 of ${all - 5}`);
  const second = await names();
  assert.equal(new Set([...first, ...second]).size, 100);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText(`load ${many - 1}`, { exact: true }).or(page.getByText('rotated', { exact: true })).first().waitFor();
  // By its number this would be 101 to 126; as five are gone before it, it is what is left.
  await shows(`${all - 5 - 30}–${all - 5} of ${all - 5}`);
  const third = await names();
  const { systemTokens } = await server.ask('{ systemTokens(limit: 1000) { results { name } } }');
  assert.deepEqual([...first, ...second, ...third].filter((name) => !name.startsWith('aaa')), systemTokens.results.map(({ name }) => name));
  assert.ok(await page.getByRole('button', { name: 'Next' }).isDisabled());

  await page.goBack();
  await shows(`51–100 of ${all - 5}`);
  assert.deepEqual(await names(), second);
  const link = page.url();
  await page.goBack();
  await page.waitForURL('**/tokens');
  await page.goForward();
  await page.waitForURL(link);
  await shows(`51–100 of ${all - 5}`);
  assert.deepEqual(await names(), second);
  await page.reload();
  await shows(`51–100 of ${all - 5}`);
  assert.deepEqual(await names(), second);
  browser.calm();
});

for (const [what, query] of [
  ['of another order', 'sort=created&page=2&after=CURSOR'],
  ['that was cut', 'page=2&after=abc'],
  ['that is none', 'page=2&after=a%20b~c'],
]) {
  test(`a cursor ${what} leads to the first page, with a note and no error`, async () => {
    const { systemTokens } = await server.ask('{ systemTokens(limit: 50) { endCursor } }');
    await browser.signIn(server.token, `/tokens?${query.replace('CURSOR', systemTokens.endCursor)}`);
    await page.getByRole('status').getByText('This is the first page').waitFor();
    await shows(`1–50 of ${many + 6}`);
    const { searchParams } = new URL(page.url());
    assert.deepEqual([searchParams.get('after'), searchParams.get('page'), searchParams.get('sort')], [null, null, query.startsWith('sort') ? 'created' : null]);
    assert.equal(await page.getByRole('alert').count(), 0);
    await browser.axe('a cursor that leads nowhere');
    await page.getByRole('button', { name: 'Next' }).click();
    await shows(`51–100 of ${many + 6}`);
    await page.getByText('This is the first page').waitFor({ state: 'detached' });
    browser.calm();
  });
}

test('a page behind the end leads to the last one', async () => {
  await browser.signIn(server.token, '/tokens?page=99999');
  await page.waitForURL('**/tokens?page=3');
  await shows(`101–${many + 6} of ${many + 6}`);
  browser.calm();
});

test('what is typed without a pause is one question, however many letters it has', async () => {
  await page.clock.install();
  await browser.signIn(server.token, '/tokens');
  await shows(`1–50 of ${many + 6}`);
  const asked = [];
  page.on('request', (request) => {
    const search = /query SystemTokens\b/.test(request.postData() ?? '') && JSON.parse(request.postData()).variables.searchFilter;
    if (search) asked.push(search); // without one it is asked every half minute
  });
  await page.clock.pauseAt(Date.now() + 60_000); // no time passes while somebody types
  await page.getByRole('searchbox', { name: 'Filter tokens' }).focus();
  await page.keyboard.type('load 01');
  assert.deepEqual(asked, []);
  await page.clock.runFor(1000);
  await page.clock.resume();
  await shows('1–10 of 10');
  assert.deepEqual(asked, ['load 01']);
  browser.calm();
});

test('a token string finds its token, and never leaves the browser whole', async () => {
  const half = maker.token.split('~')[1];
  const sent = [];
  browser.context.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill(`  ${maker.token}\n`);
  await shows('1–1 of 1');
  assert.deepEqual(await names(), ['maker']);
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill('');
  await shows(`1–50 of ${many + 6}`);
  await page.getByRole('button', { name: 'More filters' }).click();
  await page.getByLabel('Made by').fill(maker.token);
  await shows('1–1 of 1');
  assert.deepEqual(await names(), ['made by another']);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.insertText(maker.token);
  await page.getByRole('menuitem', { name: /^maker/ }).waitFor();
  assert.deepEqual(await tracesOf(page, half), []);
  assert.deepEqual(sent.filter((text) => text.includes(half)), []);
  await page.keyboard.press('Escape');
  // In a link it has left this browser already; it goes no further, and out of the address.
  await browser.goto(`/tokens?q=${maker.token}&creator=${maker.token}`);
  await page.waitForURL((url) => url.searchParams.get('q') === maker.tokenMetadata.id && url.searchParams.get('creator') === maker.tokenMetadata.id);
  assert.deepEqual(sent.filter((text) => text.includes(half) && text.includes('/graphql')), []);
  browser.calm();
});

test('on a phone the order is chosen from a list', async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  await browser.signIn(server.token, '/tokens');
  await page.getByLabel('Order').selectOption({ label: 'Created, newest first' });
  await page.waitForURL(/sort=created&dir=desc/);
  await page.getByText('load 119', { exact: true }).waitFor();
  assert.equal((await names())[0], `load ${many - 1}`);
  browser.calm();
});
