// Notes: what a token is for and whom to call, written, changed, found and taken along by keyboard.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
  await server.make({ name: 'without a note', permissions: ['ReadHealthCheck'] });
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
  // A test has nobody who could choose where a file goes.
  await page.addInitScript(() => delete window.showSaveFilePicker);
});
afterEach(() => browser.close());

/** Goes on by Tab until the focus is there. */
async function tabTo(locator) {
  await locator.waitFor();
  for (let i = 0; i < 80; i++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab does not lead there');
}

const noteOf = async (id) => (await server.ask('query T($id: String!) { token(tokenId: $id) { ... on SystemPermissionsToken { note } } }', { id })).token.note;
const field = () => page.getByRole('textbox', { name: 'Note' });
const shown = () => page.getByRole('region', { name: 'Note' });

test('a note is written with a new token, changed in its place, found, and told in the history', async () => {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').waitFor();
  await page.keyboard.type('nurse');
  await page.keyboard.press('Tab');
  assert.ok(await field().evaluate((element) => element === document.activeElement), 'Tab leads from the name to the note');
  await page.keyboard.type('For the ward. Call Ärzte.');
  await page.getByText('25 of 500 characters').waitFor();
  await browser.axe('the form with a note');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  const { results } = (await server.ask('{ systemTokens(searchFilter: "ÄRZTE") { results { id note } } }')).systemTokens;
  assert.deepEqual(results.map(({ note }) => note), ['For the ward. Call Ärzte.']);

  await page.goto(`${server.base}/tokens/${results[0].id}`);
  await shown().getByText('For the ward. Call Ärzte.').waitFor();
  await tabTo(page.getByRole('button', { name: 'Change note' }));
  await page.keyboard.press('Enter');
  assert.ok(await field().evaluate((element) => element === document.activeElement), 'the field has the focus');
  await browser.axe('a note that is changed');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Call the operators');
  await page.keyboard.press('Enter');
  await page.getByText('Its note is saved.').waitFor();
  await shown().getByText('Call the operators', { exact: true }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Change note' }).evaluate((element) => element === document.activeElement), 'the focus is where it was');
  assert.equal(await noteOf(results[0].id), 'Call the operators');
  await page.getByRole('region', { name: 'History' }).getByText(/^Note (written|changed) by root from 127\.0\.0\.1: “Call the operators”$/).waitFor();

  await page.goto(`${server.base}/tokens`);
  const search = page.getByRole('searchbox', { name: 'Filter tokens' });
  assert.equal(await search.getAttribute('placeholder'), 'Filter by name or note');
  await tabTo(search);
  await page.keyboard.type('OPERATORS');
  await page.getByText('1–1 of 1').waitFor();
  await page.getByRole('row').filter({ hasText: 'nurse' }).getByText('Call the operators', { exact: true }).waitFor();
  await browser.axe('a list with notes');
  const [download] = await Promise.all([page.waitForEvent('download'), (async () => {
    await page.getByRole('button', { name: /^Download/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
  })()]);
  assert.match(readFileSync(await download.path(), 'utf8'), /"name","note",.*\r?\n.*"nurse","Call the operators",/);
  browser.calm();
});

test('a note that somebody wrote after the form was opened is not written over, but shown beside', async () => {
  const { id } = (await server.make({ name: 'two hands', note: 'Call A' })).tokenMetadata;
  await browser.signIn(server.token, `/tokens/${id}`);
  await page.getByRole('button', { name: 'Change note' }).click();
  await field().fill('Call B');
  await server.ask('mutation N($input: UpdateSystemTokenNoteInput!) { updateSystemTokenNote(input: $input) { id } }', { input: { id, note: 'Call C' } });
  await page.keyboard.press('Enter');
  const asked = page.getByRole('alert').filter({ hasText: 'changed this note' });
  await asked.getByText('Call C').waitFor();
  assert.equal(await noteOf(id), 'Call C', 'what somebody else wrote is lost');
  await asked.getByRole('button', { name: 'Keep what is here' }).click();
  await page.getByRole('button', { name: 'Save note' }).click();
  await page.getByText('Its note is saved.').waitFor();
  assert.equal(await noteOf(id), 'Call B');
  browser.calm();
});

test('a note that cannot be is refused at its field, and nothing typed is lost by leaving', async () => {
  const made = await server.make({ name: 'doctor' });
  const id = made.tokenMetadata.id;
  await browser.signIn(server.token, `/tokens/${id}`);
  await tabTo(page.getByRole('button', { name: 'Add a note' }));
  await page.keyboard.press('Enter');
  await page.keyboard.insertText('x'.repeat(501));
  await page.keyboard.press('Enter');
  await page.getByText('The note has 501 characters; at most 500 are possible.').waitFor();
  assert.ok(await field().evaluate((element) => element === document.activeElement && element.getAttribute('aria-invalid') === 'true'));
  await browser.axe('a refused note');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(`it is ${made.token}`);
  await page.keyboard.press('Enter');
  await page.getByText(/^The note holds a whole token string/).waitFor();
  assert.equal(await noteOf(id), null);
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('line one\nline two');
  assert.equal(await field().inputValue(), 'line one line two');
  await page.getByRole('link', { name: 'IP filters' }).click();
  await page.getByRole('alertdialog').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await field().inputValue(), 'line one line two');
  await page.getByRole('link', { name: 'IP filters' }).click();
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  await page.getByRole('heading', { name: 'IP filters', level: 1 }).waitFor();
  await page.goBack();
  await page.getByText('What you left here unsaved is still here.').waitFor();
  assert.equal(await field().inputValue(), 'line one line two');
  await browser.axe('a note that was left');
  await field().focus();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add a note' }).waitFor();
  assert.equal(await noteOf(id), null);
  browser.calm();
});

test('one like it has its note, and who may not administer tokens only reads it', async () => {
  const made = await server.make({ name: 'model', note: 'Call ops.' });
  await browser.signIn(server.token, `/tokens/new?like=${made.tokenMetadata.id}`);
  await field().waitFor();
  assert.equal(await field().inputValue(), 'Call ops.');
  await browser.close();
  browser = await openBrowser(server);
  page = browser.page;
  await browser.signIn(made.token, `/tokens/${made.tokenMetadata.id}`);
  await shown().getByText('Call ops.').waitFor();
  assert.equal(await page.getByRole('button', { name: /note$/ }).count(), 0);
  browser.calm();
});
