// A real browser, watched: whatever it complains about, and wherever it goes, is remembered and
// must be nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

// One browser for a file of tests; every test gets a context of its own, which shares nothing with
// the others.
let process_;

function launch(keepsPages) {
  return chromium.launch({
    executablePath,
    headless: true,
    // Playwright turns off what people have on: a page that was left is kept as it was, and shown
    // again by the back button.
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Ends the browser; for the end of a file of tests. */
export async function closeBrowser() {
  await process_?.close();
  process_ = undefined;
}

/** Signs in by hand, and waits until the page has taken it. */
export async function signIn(server, page, token = server.token, path = '/') {
  await page.goto(`${server.base}/sign-in${path === '/' ? '' : `?to=${encodeURIComponent(path)}`}`);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /^Profile of/ }).waitFor();
}

export async function openBrowser(server, { scheme = 'light', viewport = { width: 1280, height: 900 }, keepsPages = false, ...more } = {}) {
  process_ ??= await launch(keepsPages);
  const context = await process_.newContext({
    colorScheme: scheme,
    viewport,
    permissions: ['clipboard-read', 'clipboard-write'],
    ...more,
  });
  const complaints = [];
  const browser = { context, complaints, expected: [] };
  await context.exposeBinding('reportViolation', (_source, text) => complaints.push(`policy: ${text}`));
  await context.addInitScript(() => {
    window.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    // The base may be below a path.
    const ours = url.href === server.base || url.href.startsWith(`${server.base}/`);
    if (!ours && !['data:', 'blob:'].includes(url.protocol)) complaints.push(`request to elsewhere: ${url}`);
  });
  context.on('weberror', (error) => complaints.push(`page error: ${error.error().stack ?? error.error()}`));
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    const text = message.text();
    // The browser itself notes every answer that is not 2xx and every refused connection; tests
    // name those they cause.
    if (browser.expected.some((pattern) => pattern.test(text))) return;
    complaints.push(`console ${message.type()}: ${text}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  browser.page = page;

  browser.goto = (path) => page.goto(server.base + path);

  browser.signIn = (token = server.token, path = '/') => signIn(server, page, token, path);

  /** Runs axe on what is shown, dialogs included, in both schemes or those given, by its rules. */
  browser.axe = async (where, schemes = [scheme === 'light' ? 'dark' : 'light', scheme], rules = {}) => {
    for (const shown of schemes) {
      await page.emulateMedia({ colorScheme: shown });
      await page.waitForTimeout(200); // colours may fade over at most 150 ms
      await examine(where, shown, rules);
    }
  };

  const examine = async (where, shown, rules) => {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
    const found = await page.evaluate(
      (rules) => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'], rules }),
      rules,
    );
    const said = found.violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 4).map((n) => `    ${n.html.slice(0, 200)}\n      ${n.failureSummary?.replaceAll('\n', '\n      ')}`).join('\n')}`);
    assert.deepEqual(said, [], `axe on ${where} (${shown})`);
  };

  /** What was complained of until now; asserts that it is nothing. */
  browser.calm = () => assert.deepEqual(complaints, []);

  browser.close = () => context.close();
  return browser;
}
