// A new string is seen once: in one answer, on one screen, until that is left.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { closeBrowser, openBrowser, signIn } from './support/browser.mjs';
import { tracesOf } from './support/secrets.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;
let page;
let exchanges;
before(async () => {
  server = await startServer();
});
after(() => Promise.all([server.close(), closeBrowser()]));
beforeEach(async () => {
  browser = await openBrowser(server, { keepsPages: true });
  page = browser.page;
  exchanges = [];
  browser.context.on('requestfinished', (request) => {
    exchanges.push(
      (async () => {
        const response = await request.response();
        // A page that was left has none.
        const body = await response.body().catch(() => Buffer.alloc(0));
        return {
          sent: JSON.stringify([request.url(), request.postData(), request.headers()]),
          got: JSON.stringify(response.headers()) + body.toString('utf8'),
          what: `${request.method()} ${new URL(request.url()).pathname}`,
        };
      })().catch((error) => ({ sent: '', got: '', what: `lost: ${error}` })),
    );
  });
});
afterEach(() => browser.close());

/** Makes a token by hand and leaves its string on the screen. */
async function reveal(name) {
  await browser.signIn(server.token, '/tokens/new');
  await page.getByLabel('Token name').fill(name);
  await page.getByRole('button', { name: 'Create token' }).click();
  return (await page.getByTestId('secret').textContent()).trim();
}

/** What the back button does; a page that was kept is shown again without being loaded. */
async function back() {
  await page.evaluate(() => void setTimeout(() => history.back()));
  await page.waitForTimeout(300);
}

/**
 * In which answers the secret stands; it may stand in no request, in no part of the page, and in no
 * storage.
 */
async function trail(secret) {
  const half = secret.split('~')[1];
  const all = await Promise.all(exchanges);
  assert.deepEqual(all.filter((e) => e.sent.includes(half)).map((e) => e.what), [], 'it was sent');
  assert.deepEqual(await tracesOf(page, half), []);
  const kept = await page.evaluate(async (half) => {
    const found = [];
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys())
        if ((await (await (await caches.open(name)).match(request)).text()).includes(half)) found.push(request.url);
    return [...found, ...(await navigator.serviceWorker?.getRegistrations?.()) ?? [], ...(await indexedDB.databases())];
  }, half);
  assert.deepEqual(kept, []);
  return all.filter((e) => e.got.includes(half)).map((e) => `${e.what} ${e.got.split(half).length - 1}`);
}

test('after it was closed it is in one answer of the server and nowhere else, whatever is visited', async () => {
  const secret = await reveal('seen once');
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'It is stored, close' }).click();
  await page.getByRole('heading', { level: 1, name: 'seen once' }).waitFor();
  assert.deepEqual(await trail(secret), ['POST /graphql 1']);
  for (const visit of [() => page.reload(), back, () => browser.goto('/audit-log'), () => browser.goto(`/tokens/${secret.split('~')[0]}`)]) {
    await visit();
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.deepEqual(await trail(secret), ['POST /graphql 1']);
  }
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await trail(secret), ['POST /graphql 1']);
  await back();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.ok(!(await page.content()).includes('seen once'), 'who goes back after signing out sees what was there');
  browser.calm();
});

test('neither the back button nor a reload brings it back, though the browser has kept the page', async () => {
  page.on('dialog', (dialog) => dialog.accept());
  const secret = await reveal('left and come back');
  // The page begins anew as soon as it is shown again, so what it held in between is noted where
  // that stays.
  await page.evaluate((half) => {
    window.addEventListener('pageshow', () => sessionStorage.setItem('held', document.documentElement.outerHTML.includes(half)), true);
  }, secret.split('~')[1]);
  await browser.goto('/docs/api-explorer');
  await back();
  await page.getByRole('heading', { level: 1, name: 'New system token' }).waitFor();
  const [held, why] = await page.evaluate(() => {
    const held = sessionStorage.getItem('held');
    sessionStorage.removeItem('held');
    return [held, performance.getEntriesByType('navigation')[0].notRestoredReasons];
  });
  assert.equal(held, 'false', `the browser did not keep the page, or it holds the string: ${JSON.stringify(why)}`);
  for (const visit of [() => undefined, () => page.reload()]) {
    await visit();
    await page.getByRole('heading', { level: 1, name: 'New system token' }).waitFor();
    assert.equal(await page.getByTestId('secret').count(), 0);
    assert.deepEqual(await trail(secret), ['POST /graphql 1']);
  }
  browser.calm();
});

test('no file of the browser holds it', async () => {
  const profile = mkdtempSync(join(tmpdir(), 'tokenscale-profile-'));
  let context;
  try {
    context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    page = await context.newPage();
    await signIn(server, page, server.token, '/tokens/new');
    await page.getByLabel('Token name').fill('in a real profile');
    await page.getByRole('button', { name: 'Create token' }).click();
    const [id, half] = (await page.getByTestId('secret').textContent()).trim().split('~');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'It is stored, close' }).click();
    await page.waitForURL(`**/tokens/${id}`);
    await context.close();
    const holders = (text) =>
      readdirSync(profile, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .filter((file) => [Buffer.from(text), Buffer.from(text, 'utf16le')].some((form) => readFileSync(file).includes(form)));
    assert.deepEqual(holders(half), []);
    assert.deepEqual(holders(server.token.split('~')[1]), [], 'the token that was used to sign in');
    assert.notEqual(holders(id).length, 0, 'the history does not even hold the id, so nothing was searched');
  } finally {
    await context?.close();
    rmSync(profile, { recursive: true, force: true });
  }
});

test('on a phone each line of the command is one line, so that no backslash stands alone', async () => {
  await page.setViewportSize({ width: 360, height: 780 });
  await reveal('on a phone');
  const command = page.getByLabel('Command that uses the token');
  const [lines, drawn] = await command.evaluate((pre) => {
    const range = document.createRange();
    range.selectNodeContents(pre);
    return [pre.textContent.split('\n').length, new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top))).size];
  });
  assert.equal(drawn, lines);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, 'the page is too wide');
  await browser.axe('a command on a phone');
});
