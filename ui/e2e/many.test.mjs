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

test('every filter and every order answers soon, and so do the counts of the ready views', async (t) => {
  const browser = await openBrowser(server);
  const { page } = browser;
  await browser.signIn();
  await page.getByText(`1–50 of ${total.toLocaleString('en')}`).waitFor();
  const filter = await server.makeFilter('that no token has', 'allow all');
  for (const query of ['permission=ManageCluster,ReadHealthCheck', 'state=Active', 'state=InGracePeriod', 'state=Expired', 'state=Ended', 'ends=never', `filter=${filter}`, 'ends=30', 'ends=ever&sort=expiry&dir=desc', 'unused=90', 'filter=none&sort=used', 'creator=root&sort=created&dir=desc', 'q=load&ends=90&filter=none&sort=used']) {
    const start = performance.now();
    const listed = page.waitForResponse((response) => /query SystemTokens\b/.test(response.request().postData() ?? ''));
    const counted = page.waitForResponse((response) => /query TokenCounts\b/.test(response.request().postData() ?? ''));
    await browser.goto(`/tokens?${query}`);
    const answers = [];
    for (const response of [await listed, await counted]) {
      await response.finished();
      answers.push(Math.round(response.request().timing().responseEnd - response.request().timing().requestStart));
    }
    await page.getByText(/^1–50 of/).or(page.getByRole('heading', { name: 'No token matches' })).waitFor();
    t.diagnostic(`${query}: list ${answers[0]} ms, counts ${answers[1]} ms, on the page after ${Math.round(performance.now() - start)} ms`);
  }
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
