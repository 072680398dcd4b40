// Downloads of a million tokens. E2E_STORE is a data folder that holds so many, E2E_STORE_TOKEN the
// file with the string of its root token; `go run -tags bench ./bench -fill` makes both.
import assert from 'node:assert/strict';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

const kept = process.env.E2E_STORE;
const skip = kept === undefined && 'E2E_STORE names no store';
const patience = 900_000;
let server;
let total;

before(async () => {
  if (skip) return;
  server = await startServer({ kept, token: readFileSync(process.env.E2E_STORE_TOKEN, 'utf8').trim() });
  for (const name of ['=1+1', '+1', '-1', '@SUM(A1)']) await server.make({ name });
  total = (await server.ask('{ systemTokens(limit: 0) { totalResults } }')).systemTokens.totalResults;
});
after(() => Promise.all([server?.close(), closeBrowser()]));

/** Begins a download, and gives its dialog and what comes of it. */
async function begin(browser, label) {
  const { page } = browser;
  page.setDefaultTimeout(patience);
  await page.addInitScript(() => delete window.showSaveFilePicker); // nobody could choose a place
  await browser.signIn();
  await page.getByRole('button', { name: `Download ${total.toLocaleString('en')} tokens` }).click();
  const dialog = page.getByRole('dialog', { name: /^Download/ });
  await dialog.getByText(label).click();
  const coming = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download' }).click();
  return { dialog, coming };
}

/** Each line of a file, and each id in it, once. */
async function assertWhole(path, head, idOf) {
  const ids = new Set();
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lines++;
    assert.doesNotMatch(line, /(^|,)"[=+\-@\t]/, 'a cell is a formula');
    if (lines > head) ids.add(idOf(line));
  }
  assert.deepEqual([lines, ids.size], [total + head, total]);
}

const csvId = (line) => line.slice(1, 33);

for (const [label, head, idOf] of [['CSV, for a spreadsheet', 1, csvId], ['JSON lines, for a program', 0, (line) => JSON.parse(line).id]])
  test(`all are downloaded as ${label}, each once`, { skip }, async (t) => {
    const browser = await openBrowser(server);
    const start = performance.now();
    const { coming } = await begin(browser, label);
    const download = await coming;
    t.diagnostic(`${total} tokens in ${Math.round(performance.now() - start)} ms`);
    await assertWhole(await download.path(), head, idOf);
    browser.calm();
    await browser.close();
  });

test('a download goes on where the server was lost, and none is missing', { skip }, async () => {
  const browser = await openBrowser(server);
  browser.expected.push(/ERR_(CONNECTION|EMPTY|INCOMPLETE)/);
  const { dialog, coming } = await begin(browser, 'CSV, for a spreadsheet');
  await browser.page.waitForFunction((third) => document.querySelector('[role=dialog] progress')?.value > third, total / 3);
  await server.stop('SIGKILL');
  await dialog.getByText('What has come so far is kept.').waitFor();
  await server.start();
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await assertWhole(await (await coming).path(), 1, csvId);
  browser.calm();
  await browser.close();
});
