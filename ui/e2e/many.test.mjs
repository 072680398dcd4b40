// The page at a hundred thousand tokens.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

const total = Number(process.env.E2E_TOKENS ?? 100_000);
const perRequest = 5;
const day = 86_400_000;
let server;

// One text for all requests, so that the server has to read it once.
const places = Array.from({ length: perRequest }, (_, i) => i);
const load = `mutation Load(${places.map((i) => `$i${i}: CreateSystemTokenInput!`).join(', ')}) { ${places.map((i) => `a${i}: createSystemToken(input: $i${i}) { tokenMetadata { id } }`).join(' ')} }`;

before(async () => {
  server = await startServer();
  let next = 0;
  const worker = async () => {
    while (next < total) {
      const first = next;
      next += perRequest;
      const inputs = Array.from({ length: perRequest }, (_, i) => {
        const n = first + i;
        return [`i${i}`, { name: `load ${String(n).padStart(6, '0')}`, permissions: ['ReadHealthCheck'], expiresIn: { amount: 1 + (n % 300), unit: 'Days' } }];
      });
      await server.ask(load, Object.fromEntries(inputs));
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
});
after(() => Promise.all([server.close(), closeBrowser()]));

test('the list stays quick: any page, either order, and typing in the filter', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  await browser.signIn();
  await page.getByText(`1–50 of ${total.toLocaleString('en')}`).waitFor();

  const timed = async (what, act) => {
    const start = performance.now();
    await act();
    t.diagnostic(`${what}: ${Math.round(performance.now() - start)} ms`);
  };
  const pages = Math.ceil(total / 50);
  await timed('last page', async () => {
    await page.getByRole('button', { name: 'Last', exact: true }).click();
    await page.getByText(`–${total.toLocaleString('en')} of`).waitFor();
    await page.getByText(`load ${String(total - 1).padStart(6, '0')}`).waitFor();
  });
  await timed('a page in the middle', async () => {
    await page.getByLabel('Page', { exact: false }).and(page.getByRole('textbox')).fill(String(Math.floor(pages / 2)));
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/tokens?page=${Math.floor(pages / 2)}`);
    await page.getByText(`load ${String((Math.floor(pages / 2) - 1) * 50).padStart(6, '0')}`).waitFor();
  });
  await timed('the other order', async () => {
    await page.getByRole('button', { name: /^Expires/ }).click();
    await page.getByText('load 000000').waitFor();
  });

  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
    }).observe({ type: 'event', durationThreshold: 16 });
  });
  const box = page.getByRole('searchbox', { name: 'Filter tokens' });
  await box.focus();
  await page.keyboard.type('load 0123', { delay: 40 });
  await timed('from the last letter to its answer', () => page.getByText(`1–50 of 100`, { exact: true }).waitFor());
  const longest = await page.evaluate(() => window.longest);
  t.diagnostic(`slowest key press: ${Math.round(longest)} ms`);
  browser.calm();
  await browser.close();
});

// Each choice that the page offers, alone; each order; and all of them together.
const permissions = ['ReadHealthCheck', 'ManageCluster', 'ReadHealthCheck,ManageCluster,PatchGlobal'];
const questions = ({ filter, maker }) => [
  ...permissions.map((names) => `permission=${names}`),
  ...['Active', 'InGracePeriod', 'Expired', 'Ended', 'Active,InGracePeriod,Expired'].map((states) => `state=${states}`),
  ...[1, 7, 30, 90, 365, 'never', 'ever'].map((ends) => `ends=${ends}`),
  ...[7, 30, 90, 180, 365].map((days) => `unused=${days}`),
  ...['none', filter].map((id) => `filter=${id}`),
  ...['root', maker].map((id) => `creator=${id}`),
  ...['load', '0123', 'no such name'].map((text) => `q=${text}`),
  // All before were in the order of names, and an answer of a moment ago is not asked for again.
  'sort=name&dir=desc',
  ...['expiry', 'used', 'created'].flatMap((order) => [`sort=${order}`, `sort=${order}&dir=desc`]),
  ...['name', 'expiry', 'used', 'created'].map((order) => `q=load&permission=ReadHealthCheck&state=Active&ends=365&unused=90&filter=none&creator=root&sort=${order}`),
];

test('every filter and every order answers soon, alone and together', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  const ids = { filter: await server.makeFilter('that no token has', 'allow all'), maker: (await server.make({ name: 'maker' })).tokenMetadata.id };
  await browser.signIn();
  await page.getByText(/^1–50 of/).waitFor();
  for (const question of questions(ids)) {
    const start = performance.now();
    const answered = page.waitForResponse((response) => /query SystemTokens\b/.test(response.request().postData() ?? ''));
    await page.evaluate((query) => history.pushState(null, '', `?scale=year&${query}`), question);
    const response = await answered;
    await response.finished();
    const { requestStart, responseEnd } = response.request().timing();
    await page.locator('table[aria-busy=false]').or(page.getByRole('heading', { name: 'No token matches' })).first().waitFor();
    assert.ok(!(await response.json()).errors, question);
    t.diagnostic(`${question.replace(ids.filter, 'ID').replace(ids.maker, 'ID')}: answered in ${Math.round(responseEnd - requestStart)} ms, on the page after ${Math.round(performance.now() - start)} ms`);
  }
  await server.ask('mutation D($id: String!) { deleteSystemToken(input: { id: $id }) }', { id: ids.maker });
  browser.calm();
  await browser.close();
});

test('the counts of the ready views answer soon', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  const counted = page.waitForResponse((response) => /query TokenCounts\b/.test(response.request().postData() ?? ''));
  await browser.signIn();
  const response = await counted;
  await response.finished();
  const { requestStart, responseEnd } = response.request().timing();
  t.diagnostic(`seven counts: ${Math.round(responseEnd - requestStart)} ms`);
  browser.calm();
  await browser.close();
});

test('all of them are downloaded, each once', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  await page.addInitScript(() => delete window.showSaveFilePicker); // nobody could choose a place
  await browser.signIn();
  const start = performance.now();
  await page.getByRole('button', { name: `Download ${total.toLocaleString('en')} tokens` }).click();
  const dialog = page.getByRole('dialog', { name: /^Download/ });
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 120_000 }), dialog.getByRole('button', { name: 'Download' }).click()]);
  const rows = readFileSync(await download.path(), 'utf8').trimEnd().split('\r\n').slice(1);
  t.diagnostic(`${rows.length} rows in ${Math.round(performance.now() - start)} ms`);
  assert.equal(rows.length, total);
  assert.equal(new Set(rows.map((row) => row.split(',')[0])).size, total);
  browser.calm();
  await browser.close();
});

test('a first visit paints soon', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  await browser.goto('/');
  await page.getByLabel('Token').waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  t.diagnostic(`first contentful paint, cold: ${Math.round(paint)} ms`);
  await browser.signIn();
  await page.reload();
  await page.getByText(/^1–50 of/).waitFor();
  const again = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  t.diagnostic(`first contentful paint of the list, warm: ${Math.round(again)} ms`);
  browser.calm();
  await browser.close();
});

test('a policy over all of them is counted, carried through and followed', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  page.setDefaultTimeout(180_000);
  await browser.signIn(server.token, '/security-policies');
  await page.getByRole('switch', { name: /Token expiration/ }).first().focus();
  await page.keyboard.press('Space');
  const start = performance.now();
  await page.getByRole('spinbutton', { name: 'Maximum life of system tokens' }).fill('100');
  const button = page.getByRole('button', { name: /^Shorten [\d,]+ tokens/ });
  await button.waitFor();
  t.diagnostic(`counted in ${Math.round(performance.now() - start)} ms: ${await button.textContent()}`);
  await button.click();
  const begun = performance.now();
  await page.getByRole('alertdialog').getByRole('button', { name: /^Shorten/ }).click();
  await page.getByText('The security policies are changed.').waitFor();
  t.diagnostic(`carried through in ${Math.round(performance.now() - begun)} ms`);
  const { systemTokens } = await server.ask('{ systemTokens(sortBy: ExpirationDate, orderBy: DESC, limit: 1) { results { expireAt } } }');
  assert.ok(systemTokens.results[0].expireAt <= Date.now() + 100 * day);
  browser.calm();
  await browser.close();
});
