// Acting on many tokens: choosing rows, deleting, downloading, making one like another, resetting.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;
let office;

before(async () => {
  server = await startServer();
  office = await server.makeFilter('office', 'allow all');
  for (let n = 0; n < 60; n++) await server.make({ name: `load ${String(n).padStart(2, '0')}`, permissions: ['ReadHealthCheck'], expiresIn: { amount: 60, unit: 'Days' } });
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
  // A test has nobody who could choose where a file goes.
  await page.addInitScript(() => delete window.showSaveFilePicker);
});
afterEach(() => browser.close());

const tick = (name) => page.getByRole('checkbox', { name: `Choose ${name}`, exact: true });
const all = () => page.getByRole('checkbox', { name: 'All tokens on this page' });
const acts = () => page.getByRole('group', { name: 'Act on tokens' });
const chosen = (text) => acts().getByText(text, { exact: true }).waitFor();
const noneChosen = () => acts().getByText(/ chosen$/).waitFor({ state: 'detached' });
const count = async () => (await server.ask('{ systemTokens(limit: 0) { totalResults } }')).systemTokens.totalResults;

test('several tokens are deleted at once, those in use first, after the number was typed', async () => {
  await server.make({ name: 'batch idle' });
  const used = await server.make({ name: 'batch in use' });
  await server.make({ name: 'batch too' });
  await server.ask('{ viewer { id } }', {}, used.token);
  const before = await count();
  await browser.signIn(server.token, '/tokens?q=batch&sort=created&dir=desc');
  await page.getByText('1–3 of 3').waitFor();
  await all().check();
  await chosen('3 tokens chosen');
  await browser.axe('rows that are chosen');
  await acts().getByRole('button', { name: 'Delete 3 tokens' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Delete 3 tokens?' });
  assert.deepEqual(await dialog.getByRole('list').evaluateAll((lists) => lists.map((list) => list.ariaLabel)), ['In use', 'The others']);
  assert.equal(await dialog.getByRole('paragraph').filter({ hasText: 'last hour' }).innerText(), '1 of them was used within the last hour. What uses it will stop working.');
  assert.deepEqual(await dialog.getByRole('list', { name: 'In use' }).locator('bdi').allTextContents(), ['batch in use']);
  assert.deepEqual((await dialog.getByRole('list', { name: 'The others' }).locator('bdi').allTextContents()).toSorted(), ['batch idle', 'batch too']);
  await browser.axe('the deletion of several');
  assert.ok(await dialog.getByRole('button', { name: 'Delete 3 tokens' }).isDisabled());
  await dialog.getByLabel('Type delete 3 to go on').fill('delete 3');
  await page.keyboard.press('Enter');
  await page.getByText('3 tokens deleted.').waitFor();
  assert.equal(await count(), before - 3);
  assert.match(page.url(), /q=batch&sort=created&dir=desc$/);
  const trail = await server.ask('{ auditEvents(actionFilter: ["deleteSystemTokens"]) { totalResults } }');
  assert.equal(trail.auditEvents.totalResults, 3);
  browser.calm();
});

test('if one is gone meanwhile it is named, and none is deleted', async () => {
  const made = [];
  for (let n = 0; n < 3; n++) made.push(await server.make({ name: `meanwhile ${n}` }));
  await browser.signIn(server.token, '/tokens?q=meanwhile');
  await page.getByText('1–3 of 3').waitFor();
  await all().check();
  await acts().getByRole('button', { name: 'Delete 3 tokens' }).click();
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: { id: $id }) }', { id: made[1].tokenMetadata.id });
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete 3 tokens' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText('meanwhile 1 is not there any more, so none was deleted.').waitFor();
  assert.equal((await server.ask('{ systemTokens(searchFilter: "meanwhile", limit: 0) { totalResults } }')).systemTokens.totalResults, 2);
  await dialog.getByRole('button', { name: 'Leave it out' }).click();
  await dialog.getByRole('heading', { name: 'Delete 2 tokens?' }).waitFor();
  await dialog.getByRole('button', { name: 'Keep them' }).waitFor();
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: { id: $id }) }', { id: made[0].tokenMetadata.id });
  await dialog.getByRole('button', { name: 'Delete 2 tokens' }).click();
  await dialog.getByText('meanwhile 0 is not there any more').waitFor();
  await dialog.getByRole('button', { name: 'Keep them' }).click();
  await page.getByText('1–1 of 1').waitFor();
  await chosen('1 token chosen');
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: { id: $id }) }', { id: made[2].tokenMetadata.id });
  await acts().getByRole('button', { name: 'Reset secret' }).click();
  await dialog.getByRole('button', { name: 'Reset secret' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('button', { name: 'Keep the old string' }).click();
  await page.getByRole('heading', { name: /No token/ }).or(page.getByText(/No token/)).first().waitFor();
  browser.calm();
});

test('tokens of one name are told apart, and a row opens in another tab as a link does', async () => {
  const [one, two] = [await server.make({ name: 'twin' }), await server.make({ name: 'twin' })].map(({ tokenMetadata }) => tokenMetadata.id.slice(0, 8));
  await browser.signIn(server.token, '/tokens?q=twin');
  const row = page.getByRole('row', { name: /twin/ }).first();
  const cell = row.getByRole('cell').filter({ hasText: 'Any address' });
  for (const how of [{ modifiers: ['ControlOrMeta'] }, { button: 'middle' }]) {
    const [beside] = await Promise.all([browser.context.waitForEvent('page'), cell.click(how)]);
    await beside.waitForURL(/\/tokens\/\w+$/);
    await beside.close();
    assert.match(page.url(), /q=twin$/);
  }
  await tick(`twin, ${one}`).check();
  await tick(`twin, ${two}`).check();
  await acts().getByRole('button', { name: 'Delete 2 tokens' }).click();
  const listed = page.getByRole('alertdialog').getByRole('list', { name: 'Tokens to delete' });
  for (const id of [one, two]) await listed.getByText(id, { exact: true }).waitFor();
  browser.calm();
});

test('another search, filter, order or page chooses nothing, and what arrives is not ticked', async () => {
  await browser.signIn(server.token, '/tokens?q=load');
  await page.getByText('1–50 of 60').waitFor();
  const begin = async () => {
    await tick('load 01').check();
    await chosen('1 token chosen');
  };
  await begin();
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill('load 0');
  await page.getByText('1–10 of 10').waitFor();
  await noneChosen();
  assert.ok(!(await tick('load 01').isChecked()));
  await begin();
  await page.getByRole('button', { name: /^Created/ }).click();
  await noneChosen();
  await begin();
  await page.getByRole('link', { name: /^All / }).click();
  await noneChosen();
  await browser.goto('/tokens?q=load');
  await all().check();
  await chosen('50 tokens chosen');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('51–60 of 60').waitFor();
  await noneChosen();
  await page.goBack();
  await page.getByText('1–50 of 60').waitFor();
  await noneChosen();
  await browser.goto('/tokens?q=load 0');
  await page.getByText('1–10 of 10').waitFor();
  await all().check();
  await server.make({ name: 'load 0 newcomer' });
  await page.waitForTimeout(5200); // an answer is fresh for so long
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await page.getByText('1–11 of 11').waitFor();
  await chosen('10 tokens chosen');
  assert.ok(!(await tick('load 0 newcomer').isChecked()));
  browser.calm();
});

/** Presses Download, and gives the text of what comes. */
async function downloaded(form) {
  await acts().getByRole('button', { name: /^Download/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Download/ });
  await dialog.getByText(form).click();
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download' }).click()]);
  await page.getByText(/tokens? downloaded\.$/).waitFor();
  return readFileSync(await download.path(), 'utf8');
}

test('what the list finds is downloaded, more than a page of it, and no cell is a formula', async () => {
  await server.make({ name: '=cmd|"/C calc"!A0 load', ipFilterId: office });
  await browser.signIn(server.token, '/tokens?q=load');
  await page.getByText('1–50 of 6').first().waitFor();
  const csv = await downloaded('CSV, for a spreadsheet');
  const { systemTokens } = await server.ask('{ systemTokens(searchFilter: "load", limit: 1000) { totalResults results { id name } } }');
  const rows = csv.trimEnd().split('\r\n');
  assert.equal(rows.length, systemTokens.totalResults + 1);
  for (const { id } of systemTokens.results) assert.equal(csv.split(id).length, 2, 'each token once');
  assert.ok(csv.includes('"\'=cmd|""/C calc""!A0 load"'));
  assert.deepEqual(csv.match(/(^|,)"[=+\-@\t\r]/gm), null);
  const lines = (await downloaded('JSON lines, for a program')).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines.length, systemTokens.totalResults);
  await tick('load 02').check();
  await tick('load 03').check();
  const few = (await downloaded('JSON lines, for a program')).trimEnd().split('\n').map((line) => JSON.parse(line).name);
  assert.deepEqual(few, ['load 02', 'load 03']);
  browser.calm();
});

test('a download that the server cuts off says so, and goes on', async () => {
  await browser.signIn(server.token, '/tokens?q=load');
  await page.getByText('1–50 of 6').first().waitFor();
  let fail = true;
  await page.route('**/graphql', (route) => (fail && route.request().postData().includes('"limit":1000') ? route.abort('connectionreset') : route.continue()));
  browser.expected.push(/ERR_CONNECTION_RESET/);
  await acts().getByRole('button', { name: /^Download/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Download/ });
  await dialog.getByRole('button', { name: 'Download' }).click();
  await dialog.getByText('The server does not answer.').waitFor();
  await browser.axe('a download that was cut off');
  fail = false;
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download' }).click()]);
  assert.ok(readFileSync(await download.path(), 'utf8').split('\r\n').length > 60);
  browser.calm();
});

test('a download whose session ends waits, and goes on in another', async () => {
  await browser.signIn(server.token, '/tokens?q=load');
  await page.getByText('1–50 of 6').first().waitFor();
  browser.expected.push(/status of 401/);
  await page.route('**/graphql', (route) => (route.request().postData().includes('"limit":1000') ? route.fulfill({ status: 401, body: 'The supplied authentication is invalid' }) : route.continue()));
  await acts().getByRole('button', { name: /^Download/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Download/ });
  await dialog.getByRole('button', { name: 'Download' }).click();
  await page.unrouteAll();
  await page.getByRole('alertdialog', { name: 'Your session has ended' }).getByLabel('Token').fill(server.token);
  await page.keyboard.press('Enter');
  await dialog.getByText('The session has ended meanwhile.').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download' }).click()]);
  assert.ok(readFileSync(await download.path(), 'utf8').split('\r\n').length > 60);
  browser.calm();
});

test('a token is made like another, and the list is where it was', async () => {
  await server.make({ name: 'model', permissions: ['ReadHealthCheck', 'PatchGlobal'], ipFilterId: office, expiresIn: { amount: 36, unit: 'Hours' } });
  await browser.signIn(server.token, '/tokens?q=model&sort=created');
  await page.getByRole('row', { name: /model/ }).getByText('office').waitFor();
  await page.getByRole('row', { name: /model/ }).locator('td').last().click(); // anywhere opens it
  await page.getByRole('link', { name: 'New one like it' }).click();
  await page.getByText('Filled in like').waitFor();
  assert.equal(await page.getByLabel('Token name').inputValue(), 'model');
  assert.ok(await page.getByRole('checkbox', { name: /Read cluster health check/ }).isChecked());
  assert.ok(!(await page.getByRole('checkbox', { name: /Patch global/ }).isChecked()), 'what does great harm is not ticked');
  await page.getByText('“Patch global”, which can do great harm').waitFor();
  assert.equal(await page.getByLabel('Amount of time').inputValue(), '36');
  await browser.axe('a form that was filled in');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('heading', { name: 'The string of model' }).waitFor();
  const secret = await page.getByTestId('secret').textContent();
  assert.ok(!(await page.getByLabel('Command that uses the token').textContent()).includes(secret), 'the secret is in the line for the shell');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.getByText('The token model is made.').waitFor();
  await page.getByRole('link', { name: '← System tokens' }).click();
  await page.waitForURL(/\/tokens\?q=model&sort=created$/);
  await page.getByText('1–2 of 2').waitFor();
  browser.calm();
});

test('after each act the list has its question, its place and its scroll', async () => {
  await page.setViewportSize({ width: 1280, height: 500 });
  await browser.signIn(server.token, '/tokens?q=load+&sort=created');
  await page.getByText(/^1–50 of \d+$/).waitFor();
  const down = () => page.evaluate(() => window.scrollY);
  // That the list comes to rest so far down, and asks as before.
  const kept = async (act, at) => {
    await page.waitForFunction((at) => Math.abs(window.scrollY - at) < 2, at, { timeout: 3000 }).catch(async () => assert.equal(await down(), at, act));
    assert.match(page.url(), /\/tokens\?q=load\+&sort=created$/, act);
  };
  const stored = async () => {
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'It is stored, close' }).click();
  };
  const dialog = page.getByRole('alertdialog');
  for (const [name, button, then] of [
    ['load 30', 'Delete 1 token', async () => dialog.getByRole('button', { name: 'Delete token' }).click()],
    ['load 31', 'Reset secret', async () => dialog.getByRole('button', { name: 'Reset secret' }).click().then(stored)],
  ]) {
    await tick(name).check();
    await acts().getByRole('button', { name: button }).click();
    await dialog.waitFor();
    const at = await down();
    assert.ok(at > 0, 'the list is not scrolled');
    await then();
    await page.getByText(/^The token load 30 is deleted\.$|^load 31 has a new string\.$/).waitFor();
    await kept(button, at);
  }
  await page.getByRole('link', { name: 'load 32' }).scrollIntoViewIfNeeded();
  await page.evaluate(() => window.scrollBy(0, 150));
  const at = await down();
  assert.ok(at > 500, `scrolled by ${at} only`);
  await page.getByRole('link', { name: 'load 32' }).click();
  await page.getByRole('link', { name: 'New one like it' }).click();
  await page.getByRole('button', { name: 'Create token' }).click();
  await stored();
  await page.getByText('The token load 32 is made.').waitFor();
  await page.getByRole('link', { name: '← System tokens' }).click();
  await page.getByText(/^1–50 of \d+$/).waitFor();
  await kept('renewed', at);
  browser.calm();
});

test('who deletes or resets the token they are signed in with is warned, and reset says that it is in use', async () => {
  const own = await server.make({ name: 'own', permissions: ['ChangeSystemPermissions'] });
  await browser.signIn(own.token, '/tokens?q=own');
  await server.ask('{ viewer { id } }', {}, own.token);
  await tick('own').check();
  for (const act of ['Reset secret', 'Delete 1 token']) {
    await acts().getByRole('button', { name: act }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText('You are signed in with this token').waitFor();
    await dialog.getByText(/^It is in use: last accepted/).waitFor();
    await page.keyboard.press('Escape');
  }
  browser.calm();
});

test('what has ended and what has expired are listed one at a time, and asked for again as one ticks', async () => {
  await browser.signIn(server.token, '/tokens?state=Ended');
  await page.getByRole('button', { name: 'More filters' }).click();
  const state = (name) => page.getByRole('group', { name: 'State, any of' }).getByRole('checkbox', { name, exact: true });
  await state('Expired').check();
  await page.waitForURL(/state=Expired$/);
  await state('Active').check();
  await page.waitForURL(/state=Expired(,|%2C)Active$/);
  await state('Ended').check();
  await page.waitForURL(/state=Ended$/);
  browser.calm();
});

test('a link fills the form in, says so, and makes nothing by itself', async () => {
  const before = await count();
  await browser.signIn(server.token, `/tokens/new?name=nurse&permissions=ReadHealthCheck,PatchGlobal,Everything&days=7&filter=${office}`);
  await page.getByText('A link filled this in').waitFor();
  assert.equal(await page.getByLabel('Token name').inputValue(), 'nurse');
  assert.equal(await page.getByLabel('Amount of time').inputValue(), '7');
  assert.ok(!(await page.getByRole('checkbox', { name: /Patch global/ }).isChecked()));
  await page.getByText('“Everything”, which is no permission.').waitFor();
  assert.equal(await count(), before);
  browser.calm();
});

test('a secret is reset from the list; the string before it is watched, ended, and asked about', async () => {
  const made = await server.make({ name: 'rotor', expiresIn: { amount: 5, unit: 'Days' } });
  await server.ask('{ viewer { id } }', {}, made.token);
  await browser.signIn(server.token, '/tokens?q=rotor');
  await tick('rotor').check();
  await acts().getByRole('button', { name: 'Reset secret' }).click();
  await page.getByText(/It still ends in 5 days/).waitFor();
  await page.getByText('After a grace period, at most 7 days').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Reset secret' }).click();
  await page.getByRole('heading', { name: 'The new string of rotor' }).waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.getByText('rotor has a new string.').waitFor();
  assert.match(page.url(), /\/tokens\?q=rotor$/);
  await page.getByText('1–2 of 2').waitFor();
  await page.getByRole('link', { name: 'Look at it' }).click();
  await page.getByText('The string before this one still works').waitFor();
  await page.getByText(/Used .* from 127\.0\.0\.1/).waitFor();
  await page.getByText('Not used yet; a string before it was used').waitFor();
  await browser.axe('a token whose predecessor works');
  await page.getByRole('button', { name: 'Reset secret' }).click();
  const dialog = page.getByRole('alertdialog');
  assert.ok(await dialog.getByRole('button', { name: 'Reset secret' }).isDisabled());
  await dialog.getByText('End it, so that this one can be reset').click();
  await dialog.getByRole('button', { name: 'Reset secret' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.getByText('rotor has a new string.').waitFor();
  await page.getByText('Not used yet; a string before it was used').waitFor();
  await assert.rejects(server.ask('{ viewer { id } }', {}, made.token), { status: 401 });
  browser.calm();
});

test('deleting a token that made others says how many go on working', async () => {
  const maker = await server.make({ name: 'mother', permissions: ['ChangeSystemPermissions'] });
  await server.ask('mutation M($input: CreateSystemTokenInput!) { createSystemToken(input: $input) { token } }', { input: { name: 'child', permissions: [] } }, maker.token);
  await browser.signIn(server.token, `/tokens/${maker.tokenMetadata.id}`);
  await page.getByRole('button', { name: 'Delete token' }).click();
  await page.getByText('1 token that it made goes on working').waitFor();
  browser.calm();
});

test('on a phone all of a page are chosen by a button, as the table has no head to tick', async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  await browser.signIn(server.token, '/tokens?q=load 0');
  await page.getByText(/^1–\d+ of/).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  await acts().getByRole('button', { name: 'Choose all on this page' }).click();
  await chosen(/^1\d tokens chosen$/);
  assert.equal(await focused(), 'Choose none');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'Choose all on this page');
  await page.keyboard.press('Enter');
  await chosen(/^1\d tokens chosen$/);
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.ok(await all().isChecked());
  await acts().getByRole('button', { name: 'Choose all on this page' }).waitFor({ state: 'detached' });
  await acts().getByRole('button', { name: 'Choose none' }).click();
  assert.match(await focused(), /^Download \d+ tokens$/);
  browser.calm();
});

test('who may not administer tokens sees why, and no button', async () => {
  const other = await server.make({ name: 'cluster only', permissions: ['ManageCluster'] });
  await browser.signIn(other.token, '/tokens');
  await page.getByText('Your token may not administer system tokens').waitFor();
  assert.equal(await page.getByRole('link', { name: '+ Add new' }).count(), 0);
  await browser.goto('/tokens/new');
  await page.getByText('Your token may not administer system tokens').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Create token' }).count(), 0);
  browser.calm();
});
