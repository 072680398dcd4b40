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

test('where the system forces its colours, the choice says so', async () => {
  browser = await openBrowser(server, { forcedColors: 'active' });
  const { page } = browser;
  await browser.signIn();
  await openProfile(page);
  const said = page.getByText('own colours are shown as long as it forces them');
  await said.waitFor();
  await browser.axe('the choice of colours, forced', ['light']);
  await page.emulateMedia({ forcedColors: 'none' });
  await said.waitFor({ state: 'hidden' });
  browser.calm();
});

test('? shows the shortcuts, and not while one types; who does not know the key finds them too', async () => {
  browser = await openBrowser(server);
  const { page } = browser;
  await browser.signIn();
  const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  const search = page.getByRole('searchbox', { name: 'Filter tokens' }).or(page.getByRole('link', { name: 'Make the first token' }));
  await search.first().waitFor();
  await page.keyboard.press('?');
  await shortcuts.waitFor();
  await browser.axe('the shortcuts');
  await page.keyboard.press('Escape');
  await shortcuts.waitFor({ state: 'hidden' });

  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Go to' }).waitFor();
  await page.keyboard.type('/?');
  assert.equal(await page.getByRole('textbox').or(page.getByRole('combobox')).first().inputValue(), '/?');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('keyboard');
  await page.keyboard.press('Enter');
  await shortcuts.waitFor();
  await page.getByRole('checkbox', { name: /^Single keys/ }).click();
  await page.keyboard.press('Escape');
  await shortcuts.waitFor({ state: 'hidden' });
  await page.keyboard.press('/');
  await page.keyboard.press('?');
  assert.equal(await page.getByRole('dialog').count(), 0, 'single keys are off');

  await openProfile(page);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await shortcuts.waitFor();
  await page.getByRole('checkbox', { name: /^Single keys/ }).click();
  await page.getByRole('button', { name: 'Close' }).click();
  await shortcuts.waitFor({ state: 'hidden' });
  await page.keyboard.press('?');
  await shortcuts.waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  browser.calm();
});

test('the manual is a press away, also before signing in, and looks like the page', async () => {
  browser = await openBrowser(server);
  const { page } = browser;
  await browser.goto('/sign-in');
  await page.getByRole('link', { name: 'manual' }).click();
  await page.getByRole('heading', { level: 1, name: 'Manual' }).waitFor();
  assert.equal(await ground(page), paper);
  assert.match(await page.evaluate(() => getComputedStyle(document.body).fontFamily), /IBM Plex Sans/);
  await browser.axe('the manual');
  await page.evaluate(() => localStorage.setItem('tokenscale/theme', 'dark'));
  await page.getByRole('main').getByRole('link', { name: 'Running it' }).click();
  await page.getByRole('heading', { level: 1, name: 'Running it' }).waitFor();
  assert.equal(await ground(page), night, 'in the chosen colours');
  await page.evaluate(() => localStorage.removeItem('tokenscale/theme'));
  await browser.goto('/docs/api');
  await page.getByRole('link', { name: 'why' }).first().click();
  await page.waitForURL('**/docs/decisions#http');
  for (const name of ['operations', 'performance']) {
    await browser.goto(`/docs/${name}`);
    if (name === 'performance') await browser.axe(`the manual, ${name}`, ['light']); // both were looked at on its first page
    for (const width of [320, 768, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${name} is too wide at ${width}`);
    }
  }
  await browser.signIn(server.token, '/audit-log');
  await page.getByRole('link', { name: 'Manual' }).click();
  await page.getByRole('link', { name: 'tokenscale' }).click();
  await page.getByRole('heading', { level: 1, name: 'System tokens' }).waitFor();
  browser.calm();
});

test('on paper stands what is said and not what can be pressed, in columns, with where and when', async () => {
  browser = await openBrowser(server, { scheme: 'dark', viewport: { width: 700, height: 1000 } });
  const { page } = browser;
  await server.make({ name: 'nurse', permissions: ['ReadHealthCheck'], expiresIn: { amount: 20, unit: 'Days' } });
  await browser.signIn(server.token, '/tokens?permission=ReadHealthCheck');
  await page.getByRole('link', { name: 'nurse' }).waitFor();
  await page.pdf({ format: 'A4' });
  await page.emulateMedia({ media: 'print' });
  const pressed = page.locator('button:visible, input:visible, nav a:visible');
  assert.deepEqual(await pressed.evaluateAll((all) => all.filter((e) => !e.closest('th')).map((e) => e.innerText.trim())), ['May: Read cluster health check'], 'but the filter in use');
  assert.equal(await page.getByRole('cell').first().evaluate((cell) => getComputedStyle(cell.nextElementSibling).display), 'table-cell');
  assert.ok(await page.getByRole('columnheader', { name: 'Expires' }).isVisible());
  const foot = page.getByText(/ · printed \d/);
  assert.match(await foot.textContent(), /^http:\/\/127[^ ]+\/tokens\?permission=ReadHealthCheck · printed \d+ \w+ \d{4} \d\d:\d\d$/);
  assert.ok(await foot.isVisible());
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'light');
  browser.calm();
});

test('on a phone rows are short, and can be put in order', async () => {
  browser = await openBrowser(server, { viewport: { width: 360, height: 780 } });
  const { page } = browser;
  const filter = await server.makeFilter('office', 'allow all');
  for (const name of ['albatross', 'zebra crossing of the northern cluster']) await server.make({ name, permissions: ['ManageCluster'], ipFilterId: filter, expiresIn: { amount: 20, unit: 'Days' } });
  await browser.signIn(server.token, '/tokens');
  const rows = page.getByRole('table').locator('tbody tr:not([aria-hidden])');
  await rows.first().waitFor();
  for (const height of await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height))) assert.ok(height < 150, `a row of ${height} px`);
  assert.ok((await rows.first().innerText()).includes('albatross'));
  await page.getByLabel('Order').selectOption({ label: 'Name, Z first' });
  await page.waitForURL('**/tokens?dir=desc');
  await page.waitForFunction(() => document.querySelector('tbody tr')?.textContent.includes('zebra'));
  await browser.axe('the list on a phone');
  browser.calm();
});

test('what is typed before the bar of commands is there is typed into it', async () => {
  browser = await openBrowser(server);
  const { page } = browser;
  let bring;
  const wanted = new Promise((resolve) => {
    bring = resolve;
  });
  await page.route('**/CommandDialog-*.js', async (route) => {
    await wanted;
    await route.continue();
  });
  await browser.signIn();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('secuxy');
  for (const key of ['Backspace', 'Backspace', 'r', 'Enter']) await page.keyboard.press(key);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  bring();
  await page.waitForURL('**/security-policies');
  browser.calm();
});

test('the bar of the browser has the colour of the chosen scheme', async () => {
  browser = await openBrowser(server, { scheme: 'dark' });
  const { page } = browser;
  const colour = () => page.evaluate(() => [...document.querySelectorAll('meta[name="theme-color"]')].find(({ media }) => matchMedia(media).matches).content);
  await browser.signIn();
  assert.equal(await colour(), '#080b10');
  await openProfile(page);
  await page.getByRole('radio', { name: 'Light' }).click({ force: true });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  assert.equal(await colour(), '#14213d');
  await page.goto(`${server.base}/docs/api-explorer`);
  assert.equal(await colour(), '#14213d');
  browser.calm();
});
