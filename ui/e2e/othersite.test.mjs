// What a page of another origin can do to somebody who is signed in here: nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { startServer } from './support/server.mjs';

let server;
let evil;
before(async () => {
  server = await startServer();
  evil = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>prizes</title><h1>prizes</h1>')).listen(0, '127.0.0.1');
  await once(evil, 'listening');
});
after(() => Promise.all([server.close(), closeBrowser(), new Promise((done) => evil.close(done))]));

const mutation = '{"query":"mutation { createSystemToken(input: {name: \\"forged\\", permissions: []}) { token } }"}';

/** All that could have been changed. */
async function state() {
  const { systemTokens, ipFilters, organization, auditEvents } = await server.ask(
    '{ systemTokens(limit: 1000) { results { name } } ipFilters { name } organization { configs { tokens { systemPermissionTokensEnabled } } } auditEvents(limit: 1000) { results { type actionName actor { type } } } }',
  );
  const changes = auditEvents.results.filter((e) => !/\.read$|^authentication\.refused$/.test(e.type));
  return JSON.stringify({ systemTokens, ipFilters, organization, changes });
}

/** Runs in the page of the other origin; each attack says how it ended. */
async function attack({ base, mutation }) {
  const results = {};
  const form = (name, action, method, enctype, fields) =>
    new Promise((done) => {
      const frame = Object.assign(document.createElement('iframe'), { name });
      const form = Object.assign(document.createElement('form'), { action, method, enctype, target: name });
      for (const [key, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name: key, value }));
      document.body.append(frame, form);
      frame.addEventListener('load', () => done('answered'));
      setTimeout(() => done('blocked'), 1500);
      form.submit();
    });
  const send = (options, path = '/graphql') =>
    fetch(base + path, { credentials: 'include', ...options }).then(
      (r) => `${r.type} ${r.status}`,
      () => 'blocked',
    );
  const asked = encodeURIComponent(JSON.parse(mutation).query);
  const attacks = {
    'a form': form('a', `${base}/graphql`, 'POST', 'application/x-www-form-urlencoded', { query: JSON.parse(mutation).query }),
    'a form with files': form('b', `${base}/graphql`, 'POST', 'multipart/form-data', { operations: mutation }),
    'a form whose text is JSON': form('c', `${base}/graphql`, 'POST', 'text/plain', { [`${mutation.slice(0, -1)},"x":"`]: '"}' }),
    'a form by GET': form('d', `${base}/graphql`, 'GET', '', { query: JSON.parse(mutation).query }),
    'fetch without asking': send({ method: 'POST', mode: 'no-cors', body: mutation }),
    'fetch without asking, as text': send({ method: 'POST', mode: 'no-cors', body: mutation, headers: { 'Content-Type': 'text/plain' } }),
    'fetch as the page does': send({ method: 'POST', body: mutation, headers: { 'Content-Type': 'application/json', 'X-Requested-By': 'tokenscale' } }),
    'fetch to sign out': send({ method: 'DELETE', headers: { 'X-Requested-By': 'tokenscale' } }, '/api/v1/session'),
    'fetch to sign in': send({ method: 'POST', mode: 'no-cors' }, '/api/v1/session'),
    'fetch to read': send({}, '/api/v1/session'),
    'a beacon': Promise.resolve(navigator.sendBeacon(`${base}/graphql`, new Blob([mutation], { type: 'text/plain' }))).then(String),
    'an image': new Promise((done) => {
      const image = new Image();
      image.addEventListener('load', () => done('loaded'));
      image.addEventListener('error', () => done('blocked'));
      image.src = `${base}/graphql?query=${asked}`;
    }),
    'a script': new Promise((done) => {
      const script = document.createElement('script');
      script.addEventListener('load', () => done('loaded'));
      script.addEventListener('error', () => done('blocked'));
      script.src = `${base}/graphql?query=${asked}`;
      document.body.append(script);
    }),
    'a web socket': new Promise((done) => {
      const socket = new WebSocket(`${base.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.addEventListener('open', () => done('open'));
      socket.addEventListener('error', () => done('blocked'));
    }),
    'the page in a frame': new Promise((done) => {
      const frame = document.createElement('iframe');
      frame.src = `${base}/tokens`;
      frame.addEventListener('load', () => {
        try {
          done(frame.contentDocument ? 'readable' : 'opaque');
        } catch {
          done('opaque');
        }
      });
      document.body.append(frame);
    }),
  };
  for (const [name, attempt] of Object.entries(attacks)) results[name] = await attempt;
  return results;
}

// A neighbour has another port of the same host: it is of the same site, so the browser sends it
// the strictest cookies.
for (const [who, host] of [['another site', 'localhost'], ['a neighbour on the same host', '127.0.0.1']]) {
  test(`${who} changes nothing, and reads nothing`, async () => {
    const browser = await openBrowser(server);
    const { page, context } = browser;
    await browser.signIn();
    assert.equal(await page.evaluate(() => document.cookie), '', 'a script can read the cookie');
    const cookies = await context.cookies(server.base);
    assert.deepEqual(cookies.map((c) => [c.httpOnly, c.sameSite]), [[true, 'Strict']]);
    const before = await state();
    const other = await context.newPage();
    await other.goto(`http://${host}:${evil.address().port}/`);
    const results = await other.evaluate(attack, { base: server.base, mutation });
    // Their answers nobody may read.
    const sent = new Set(['a beacon', 'fetch without asking', 'fetch without asking, as text', 'fetch to sign in']);
    for (const [name, result] of Object.entries(results)) {
      const harmless = sent.has(name) ? /^(opaque 0|true|blocked)$/ : /^(blocked|opaque|answered)$/;
      assert.match(result, harmless, name);
    }
    assert.equal(await state(), before, JSON.stringify(results));
    for (const frame of other.frames().slice(1)) assert.ok(!/System tokens|forged|"data"/.test(await frame.content().catch(() => '')), 'a frame shows something of ours');
    assert.equal(await other.evaluate(() => document.cookie), '');
    await page.reload();
    await page.getByRole('button', { name: /^Profile of/ }).waitFor(); // still signed in
    if (host === '127.0.0.1') {
      // The same request from our own page makes a token, so the others failed for where they came
      // from.
      const own = await page.evaluate(async (body) => (await fetch('/graphql', { method: 'POST', body, headers: { 'Content-Type': 'application/json', 'X-Requested-By': 'tokenscale' } })).text(), mutation);
      assert.match(own, /"token":/);
      assert.notEqual(await state(), before);
    }
    await browser.close();
  });
}

test('a stranger’s name for this machine reaches nothing of ours', async () => {
  // As after DNS rebinding: the browser believes that evil.test is here.
  const rebound = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP evil.test 127.0.0.1'] });
  try {
    const page = await rebound.newPage();
    for (const path of ['/', '/graphql', '/docs/api-explorer', '/api/v1/session', '/playground']) {
      const response = await page.goto(`http://evil.test:${server.port}${path}`);
      assert.equal(response.status(), 421, path);
      assert.ok(!/tokenscale|System tokens|"status"/.test(await response.text()), path);
    }
    const own = await page.goto(`http://localhost:${server.port}/api/v1/status`);
    assert.equal(own.status(), 200);
  } finally {
    await rebound.close();
  }
});
