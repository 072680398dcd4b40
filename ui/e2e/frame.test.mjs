// What belongs to every page: its colours, its keys, its manual, its print.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
});
after(() => Promise.all([server.close(), closeBrowser()]));
afterEach(() => browser.close());

const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const paper = 'rgb(246, 245, 241)';
const night = 'rgb(15, 19, 24)';

async function openProfile(page) {
  await page.getByRole('button', { name: /^Profile of/ }).click();
  await page.getByRole('dialog').waitFor();
}

test('the colours are chosen by keyboard, hold before the page is there, and in every window', async () => {
  browser = await openBrowser(server);
  const { page } = browser;
  await browser.signIn();
  await openProfile(page);
  await page.getByRole('radio', { name: 'System' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.ok(await page.getByRole('radiogroup', { name: 'Colours' }).getByRole('radio', { name: 'Dark' }).isChecked());
  assert.equal(await ground(page), night);
  await browser.axe('the choice of colours', ['light']);

  const other = await browser.context.newPage();
  await other.route('**/assets/*.js', (route) => route.abort());
  browser.expected.push(/ERR_FAILED/);
  await other.goto(server.base);
  await other.locator('.boot').waitFor();
  assert.equal(await ground(other), night, 'without any script of the page');

  await page.keyboard.press('ArrowLeft');
  assert.equal(await ground(page), paper);
  await other.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.equal(await ground(page), paper, 'light in a dark system');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await ground(page), night, 'the colours of the system again');
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  browser.calm();
});

test('colours that the system forces are not mixed with chosen ones', async () => {
  browser = await openBrowser(server, { forcedColors: 'active' });
  const { page } = browser;
  await browser.signIn();
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  const before = await scheme();
  await openProfile(page);
  await page.getByText('Dark', { exact: true }).click();
  assert.equal(await scheme(), before);
  await page.getByText('own colours are shown as long as it forces them').waitFor();
  browser.calm();
});
