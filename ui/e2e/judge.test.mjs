// Judging tokens: life lines that compare, and what has happened to a token.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;
const ends = { 'in hours': [12, 'Hours'], 'in days': [3, 'Days'], 'in weeks': [20, 'Days'], 'in months': [100, 'Days'] };

before(async () => {
  server = await startServer();
  for (const [name, [amount, unit]] of Object.entries(ends)) await server.make({ name, permissions: ['ReadHealthCheck'], expiresIn: { amount, unit } });
  await server.make({ name: 'without end' });
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server);
  page = browser.page;
});
afterEach(() => browser.close());

const row = (name) => page.getByRole('row').filter({ hasText: name });

/** Where on its line a token ends and where the present is, in parts of the line. */
const places = (name) =>
  row(name).getByRole('img', { name: /^(Expires|Never)/ }).evaluate((line) => {
    const { left, width } = line.getBoundingClientRect();
    const at = (kind) => {
      const mark = [...line.children].find((one) => one.className.baseVal?.includes(kind));
      return mark === undefined ? null : (mark.getBoundingClientRect().left + mark.getBoundingClientRect().width / 2 - left) / width;
    };
    return { now: at('_now_'), end: at('_end_') };
  });

test('life lines share one scale, which the reader chooses and a link keeps', async () => {
  await browser.signIn(server.token, '/tokens?sort=expiry');
  await row('in months').waitFor();
  const close = (found, wanted) => assert.ok(Math.abs(found - wanted) < 0.02, `${found} is not ${wanted}`);
  for (const name of [...Object.keys(ends), 'without end']) close((await places(name)).now, 1 / 3);
  close((await places('in weeks')).end, (15 + 20) / 45);
  close((await places('in days')).end, (15 + 3) / 45);
  assert.equal((await places('in months')).end, null);
  await page.getByLabel('Choose in days').check();
  await page.getByLabel('Life lines show').selectOption('a year');
  await page.waitForURL(/scale=year/);
  close((await places('in months')).end, (182.5 + 100) / 547.5);
  assert.ok(await page.getByLabel('Choose in days').isChecked(), 'another scale is no other question');
  await page.getByRole('link', { name: /^Never ends/ }).click();
  await page.waitForURL(/ends=never&scale=year/);
  browser.calm();
});

test('what ends soon is told by its hours and days, in the picture and in words', async () => {
  await browser.signIn(server.token, '/tokens');
  await row('in hours').getByRole('img', { name: /^Expires in 1[12] hours, within 24 hours,/ }).waitFor();
  await row('in days').getByRole('img', { name: /^Expires in \d+ (hours|days), within 7 days,/ }).waitFor();
  await row('in weeks').getByRole('img', { name: /^Expires in \d+ days, 0 %/ }).waitFor();
  const colour = (name) => row(name).getByRole('img', { name: /^Expires/ }).locator('[class*=_lived_]').evaluate((line) => getComputedStyle(line).stroke);
  const legend = (label) => page.getByRole('group', { name: 'Life lines' }).getByRole('listitem').filter({ hasText: label }).locator('line').evaluate((line) => getComputedStyle(line).stroke);
  assert.equal(await colour('in hours'), await legend('ends within 24 hours'));
  assert.equal(await colour('in days'), await legend('ends within 7 days'));
  assert.equal(await colour('in weeks'), await legend('lives'));
  assert.equal(new Set([await colour('in hours'), await colour('in days'), await colour('in weeks')]).size, 3);
  await browser.axe('the list with life lines');
  browser.calm();
});

test('a token tells its history in sentences, across its resets and after its end', async () => {
  const label = (await server.ask('{ systemPermissions { name label } }')).systemPermissions.reduce((all, one) => ({ ...all, [one.name]: one.label.charAt(0).toLowerCase() + one.label.slice(1) }), {});
  const filter = await server.makeFilter('office', 'allow all');
  await server.setPolicy({ systemPermissionTokensAllowPermissionUpdates: true });
  const made = await server.make({ name: 'storied', permissions: ['ReadHealthCheck', 'ManageCluster'], expiresIn: { amount: 200, unit: 'Days' }, ipFilterId: filter });
  const id = made.tokenMetadata.id;
  await server.ask('mutation U($input: UpdateSystemPermissionsTokenPermissionsInput!) { updateSystemPermissionsTokenPermissions(input: $input) }', { input: { id, permissions: ['ReadHealthCheck', 'PatchGlobal'] } });
  const reset = await server.ask('mutation R($input: RotateSystemTokenInput!) { rotateSystemToken(input: $input) { tokenMetadata { id } } }', { input: { id, gracePeriodMs: 3_600_000 } });
  const next = reset.rotateSystemToken.tokenMetadata.id;
  await server.setPolicy({ systemPermissionTokensAllowPermissionUpdates: true, systemPermissionTokensEnforceExpirationAfterMs: 150 * 86_400_000 });

  await browser.signIn(server.token, `/tokens/${id}`);
  const history = page.getByRole('region', { name: 'History' });
  await history.getByText(`Made by root from 127.0.0.1: it may ${label.ReadHealthCheck}, ${label.ManageCluster}; it ends`).waitFor();
  await history.getByText(`Permissions changed by root from 127.0.0.1: it may now ${label.PatchGlobal}; it may no more ${label.ManageCluster}`).waitFor();
  await history.getByText('Secret reset by root from 127.0.0.1: this string was to work for 1 hour more; its successor took over').waitFor();
  await history.getByRole('link', { name: 'successor' }).click();
  await page.waitForURL(`**/tokens/${next}`);
  await history.getByText(/^Shortened, to end .+, by a change of the security policies by root from 127\.0\.0\.1$/).waitFor();
  await history.getByText('Secret reset by root from 127.0.0.1: this string took over; the old string was to work for 1 hour more').waitFor();
  await history.getByRole('link', { name: 'old string' }).waitFor();
  await browser.axe('a token with its history');
  await server.ask('mutation D($input: InputData!) { deleteSystemToken(input: $input) }', { input: { id: next } });
  await page.reload();
  await page.getByText('It has ended, and nobody has tried to use it since').waitFor();
  await history.getByText('Deleted by root from 127.0.0.1').waitFor();
  await browser.axe('an ended token with its history');
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);
  }
  browser.calm();
});
