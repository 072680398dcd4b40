// Behind a proxy that has put a path in front of all of ours and takes it off again: nothing is set
// on the server for it, and nothing leads out of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
const proxies = [];
before(async () => {
  server = await startServer();
});
after(() => Promise.all([server.close(), closeBrowser(), ...proxies.map((proxy) => new Promise((done) => proxy.close(done)))]));

/** A proxy that has the server below a path, and says 404 everywhere else. */
async function below(path) {
  const proxy = createServer((asked, answer) => {
    if (!asked.url.startsWith(`${path}/`)) {
      answer.writeHead(404).end('not below the path');
      return;
    }
    const passed = request({ host: '127.0.0.1', port: server.port, method: asked.method, path: asked.url.slice(path.length), headers: asked.headers }, (from) => {
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxies.push(proxy);
  return { ...server, base: `http://127.0.0.1:${proxy.address().port}${path}` };
}

for (const path of ['/tokens', '/admin/a%20b']) {
  test(`the page works below ${path}/, also where a link leads deep into it`, async () => {
    const there = await below(path);
    const browser = await openBrowser(there);
    const { page } = browser;
    page.setDefaultTimeout(30_000); // it loads everything there is, again and again
    const filter = await server.makeFilter('office', 'allow 127.0.0.0/8');
    const { tokenMetadata } = await server.make({ name: `nurse at ${path}`, permissions: ['ReadHealthCheck'], ipFilterId: filter });

    // Where one is led to sign in, and back.
    await browser.goto(`/tokens/${tokenMetadata.id}`);
    await page.waitForURL(`${there.base}/sign-in?to=**`);
    await page.getByLabel('Token').fill(server.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${there.base}/tokens/${tokenMetadata.id}`);
    await page.getByRole('heading', { level: 1, name: `nurse at ${path}` }).waitFor();

    // A reload of every route, of one with a slash at the end, and of a page that is not there,
    // which the server says by its status too.
    browser.expected.push(/status of 404/);
    for (const route of ['/', '/tokens', `/tokens/${tokenMetadata.id}`, '/tokens/new', '/ip-filters', `/ip-filters/${filter}`, '/security-policies', '/audit-log?type=hashedtokens.change', '/no/such/page', '/ip-filters/']) {
      await browser.goto(route);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.reload();
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.ok(page.url().startsWith(`${there.base}/`), page.url());
    }

    // By links, through what is loaded late, to a change.
    await browser.goto('/tokens');
    await page.getByRole('link', { name: '+ Add new' }).click();
    await page.waitForURL(`${there.base}/tokens/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill(`made at ${path}`);
    await page.getByRole('checkbox', { name: 'Read cluster health check' }).check({ force: true });
    await page.getByRole('button', { name: /^Create/ }).click();
    const shown = page.getByRole('dialog').or(page.getByRole('alertdialog'));
    await shown.getByText(`curl ${there.base}/graphql`).waitFor();
    const string = /[A-Za-z0-9]{32}~[A-Za-z0-9]{44}/.exec(await shown.innerText())[0];
    const answer = await fetch(`${there.base}/graphql`, { method: 'POST', headers: { Authorization: `Bearer ${string}`, 'Content-Type': 'application/json' }, body: '{"query":"{ viewer { username } }"}' });
    assert.match(await answer.text(), /made at/);

    // Out of the page into the explorer, which is a document of its own, and back.
    await browser.goto('/ip-filters');
    await page.getByRole('link', { name: 'API explorer' }).click();
    await page.waitForURL(`${there.base}/docs/api-explorer`);
    await page.getByText('Signed in as').waitFor();
    await page.getByRole('button', { name: 'Run query' }).click();
    await page.getByText('"localroot"').first().waitFor();
    await page.getByRole('link', { name: 'tokenscale' }).click();
    await page.getByRole('heading', { level: 1, name: 'System tokens' }).waitFor();
    for (const old of ['/playground', '/graphql']) {
      await browser.goto(old);
      await page.waitForURL(`${there.base}/docs/api-explorer`);
    }

    await browser.goto('/tokens');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('sign out');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${there.base}/sign-in`);
    browser.calm();
    await browser.close();
  });
}
