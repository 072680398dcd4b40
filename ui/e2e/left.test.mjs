// Forms that are left unsaved while somebody else changes the same thing: what was typed is there
// again, what it was begun from as well, and nothing of either is lost unawares.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { policies, startServer } from './support/server.mjs';

let server;
let browser;
let page;
let anna;

before(async () => {
  server = await startServer();
  anna = (await server.make({ name: 'anna', permissions: ['ChangeSystemPermissions', 'ManageCluster', 'ReadHealthCheck'] })).token;
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

const updateFilter = (input) => server.ask('mutation U($input: IPFilterUpdateInput!) { updateIPFilter(input: $input) { id } }', { input }, anna);
const updateNote = (input) => server.ask('mutation U($input: UpdateSystemTokenNoteInput!) { updateSystemTokenNote(input: $input) { id } }', { input }, anna);
const setPolicies = (system) => server.ask('mutation U($input: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $input) { id } }', { input: policies(system) }, anna);
const regrant = (input) => server.ask('mutation U($input: UpdateSystemPermissionsTokenPermissionsInput!) { updateSystemPermissionsTokenPermissions(input: $input) }', { input }, anna);
const tokenOf = async (id) => (await server.ask('query T($id: String!) { token(tokenId: $id) { ... on SystemPermissionsToken { permissions note } } }', { id })).token;
const rulesOf = async (id) => (await server.ask('{ ipFilters { id ipFilter } }')).ipFilters.find((one) => one.id === id).ipFilter;
const updatesAllowed = async () => (await server.ask('{ organization { configs { tokens { systemPermissionTokensAllowPermissionUpdates systemPermissionTokensEnforceExpirationAfterMs } } } }')).organization.configs.tokens;

/** Goes elsewhere in the page, though something is not saved, and by the back button again. */
async function leaveFor(meanwhile) {
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor();
  await meanwhile();
  await page.goBack();
}

const notice = (what) => page.getByRole('alert').filter({ hasText: `anna changed ${what}` });
const button = (name, within = page) => within.getByRole('button', { name, exact: true });

test('an IP filter that somebody changed while its form was left is not written over unawares', async () => {
  const id = await server.makeFilter('contested', 'allow 127.0.0.1');
  await browser.signIn(server.token, `/ip-filters/${id}`);
  await page.getByLabel('Rules').fill('allow 127.0.0.1\nallow 10.0.0.1');
  await leaveFor(() => updateFilter({ id, ipFilter: 'allow 127.0.0.1\ndeny 10.0.0.0/8' }));
  await notice('this filter').getByText(/changed this filter (just now|\d+ seconds? ago)/).waitFor();
  assert.deepEqual(await notice('this filter').getByRole('listitem').allTextContents(), ['with deny 10.0.0.0/8', 'with allow 10.0.0.1']);
  assert.equal(await page.getByLabel('Rules').inputValue(), 'allow 127.0.0.1\nallow 10.0.0.1');
  assert.ok(await button('Save filter').isDisabled());
  await browser.axe('a filter that was overtaken');
  await button('Keep what is here').click();
  await notice('this filter').waitFor({ state: 'detached' });

  // Once more, at the last moment: the page has not heard of it yet.
  await updateFilter({ id, ipFilter: 'allow 127.0.0.2' });
  await button('Save filter').click();
  await page.getByText('Somebody changed this filter meanwhile. Nothing was saved.').waitFor();
  assert.equal(await rulesOf(id), 'allow 127.0.0.2');
  await button('Keep what is here').click();
  await button('Save filter').click();
  await page.getByText('Saved. It binds for every token').waitFor();
  assert.equal(await rulesOf(id), 'allow 127.0.0.1\nallow 10.0.0.1');
  browser.calm();
});

test('policies that somebody changed while their form was left are not set back unawares', async () => {
  await setPolicies({});
  await browser.signIn(server.token, '/security-policies');
  const allow = page.getByRole('switch', { name: /permission/i }).first();
  await allow.focus();
  await page.keyboard.press('Space');
  await page.getByText('Updating permissions: off → on').waitFor();
  await leaveFor(() => setPolicies({ systemPermissionTokensEnforceExpirationAfterMs: 90 * 86_400_000 }));
  await notice('the policies').waitFor();
  assert.deepEqual(await notice('the policies').getByRole('listitem').allTextContents(), ['Token expiration: no maximum → 90 days', 'Updating permissions: off → on']);
  // What is beside counts from what holds now: to save would take anna's maximum away again.
  const impact = page.getByRole('complementary', { name: 'What the change would do' });
  await impact.getByText('Token expiration: 90 days → no maximum').waitFor();
  const save = button('Change the policy', impact);
  await save.waitFor();
  assert.ok(await save.isDisabled());
  await button('Load what is there now').click();
  await impact.getByText('here stands what it would do').waitFor();
  await allow.focus();
  await page.keyboard.press('Space');
  await save.click();

  await setPolicies({ systemPermissionTokensEnforceExpirationAfterMs: 80 * 86_400_000 }); // at the last moment
  await button('Change the policy', page.getByRole('alertdialog')).click();
  await notice('the policies').waitFor();
  assert.deepEqual(await updatesAllowed(), { systemPermissionTokensAllowPermissionUpdates: false, systemPermissionTokensEnforceExpirationAfterMs: 80 * 86_400_000 });
  await button('Keep what is here').click();
  await impact.getByText('Token expiration: 80 days → 90 days').waitFor();
  await save.click();
  await button('Change the policy', page.getByRole('alertdialog')).click();
  await page.getByText('The security policies are changed.').waitFor();
  assert.deepEqual(await updatesAllowed(), { systemPermissionTokensAllowPermissionUpdates: true, systemPermissionTokensEnforceExpirationAfterMs: 90 * 86_400_000 });
  browser.calm();
});

test('a note is not written over that of somebody else, though the page has not heard of it', async () => {
  const { id } = (await server.make({ name: 'nurse', note: 'Call A' })).tokenMetadata;
  await browser.signIn(server.token, `/tokens/${id}`);
  await button('Change note').click();
  const field = page.getByRole('textbox', { name: 'Note' });
  await field.fill('Call B');
  await updateNote({ id, note: 'Call C' });
  await button('Save note').click();
  await notice('this note').waitFor();
  assert.deepEqual(await notice('this note').getByRole('listitem').allTextContents(), ['Call C', 'Call B']);
  assert.equal((await tokenOf(id)).note, 'Call C');
  await button('Keep what is here').click();
  await button('Save note').click();
  await page.getByText('Its note is saved.').waitFor();
  assert.equal((await tokenOf(id)).note, 'Call B');
  browser.calm();
});

test('permissions that were chosen are there again, and those of somebody else are not undone unawares', async () => {
  await setPolicies({ systemPermissionTokensAllowPermissionUpdates: true });
  const { id } = (await server.make({ name: 'doctor', permissions: ['ReadHealthCheck'], expiresIn: { amount: 1, unit: 'Days' } })).tokenMetadata;
  await browser.signIn(server.token, '/tokens');
  await page.getByRole('link', { name: 'doctor' }).click();
  await button('Update permissions').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: /^Manage cluster/i }).focus();
  await page.keyboard.press('Space');
  await dialog.getByText(/^Adds: /).waitFor();
  await page.goBack();
  await dialog.waitFor({ state: 'detached' });
  await regrant({ id, permissions: ['ReadHealthCheck', 'ChangeSystemPermissions'] });
  await page.goForward();
  await dialog.waitFor();
  await notice('these permissions').waitFor();
  assert.equal(await notice('these permissions').getByRole('listitem').count(), 2);
  assert.ok(await button('Update permissions', dialog).isDisabled());
  await browser.axe('permissions that were overtaken');
  await button('Load what is there now', dialog).click();
  await dialog.getByText('Nothing is changed yet.').waitFor();
  await dialog.getByRole('checkbox', { name: /^Manage cluster/i }).focus();
  await page.keyboard.press('Space');
  await button('Update permissions', dialog).click();
  await page.getByText('The permissions of doctor are changed.').waitFor();
  assert.deepEqual((await tokenOf(id)).permissions.toSorted(), ['ChangeSystemPermissions', 'ManageCluster', 'ReadHealthCheck']);
  browser.calm();
});

test('a new token like another is there again when one comes back, and says that the other was changed', async () => {
  await setPolicies({ systemPermissionTokensAllowPermissionUpdates: true });
  const { id } = (await server.make({ name: 'model', permissions: ['ReadHealthCheck'], expiresIn: { amount: 1, unit: 'Days' } })).tokenMetadata;
  await browser.signIn(server.token, `/tokens/new?like=${id}`);
  const name = page.getByLabel('Token name');
  await name.fill('model two');
  await leaveFor(async () => {});
  await page.getByText('What you left here unsaved is still here.').waitFor();
  assert.equal(await name.inputValue(), 'model two');
  await leaveFor(() => updateNote({ id, note: 'Call C' }));
  await notice('model').waitFor();
  assert.deepEqual(await notice('model').getByRole('listitem').allTextContents(), ['Note: none → Call C', 'Name: model → model two']);
  await button('Keep what is here').click();
  await button('Create token').click();
  await page.getByRole('dialog', { name: /The string of model two/ }).waitFor();
  browser.calm();
});
