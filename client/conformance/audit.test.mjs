// Runs the audits of the GraphQL over HTTP specification, as the package
// graphql-http has them, against a server of our own. E2E_BINARY names it.
//
// No MUST and no SHOULD may be missed. Of what a server MAY do, it does not
// answer GET: nothing is changed or kept in a log by following a link.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';

const MAY_BE_MISSED = new Set(['5A70', 'D6D5', '6A70']);

let server, folder, url, token;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenscale-'));
  const binary = process.env.E2E_BINARY ?? '../../bin/tokenscale';
  server = spawn(binary, ['--listen', '127.0.0.1:0', '--data', join(folder, 'data')], { stdio: ['ignore', 'ignore', 'pipe'] });
  [url, token] = await listening(server);
});

after(async () => {
  server?.kill('SIGTERM');
  await new Promise((done) => (server.exitCode === null ? server.once('exit', done) : done()));
  await rm(folder, { recursive: true, force: true });
});

function listening(child) {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (text) => {
      log += text;
      const api = log.match(/^ *API +(\S+)$/m)?.[1];
      const root = log.match(/^Root token \(shown once\): (\S+)$/m)?.[1];
      if (api && root) resolve([api, root]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
}

test('GraphQL over HTTP: no MUST and no SHOULD is missed', async (t) => {
  const audits = serverAudits({
    url,
    fetchFn: (to, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('Authorization', `Bearer ${token}`);
      return fetch(to, { ...init, headers });
    },
  });
  assert.ok(audits.length > 50, `there are only ${audits.length} audits`);
  const missed = [];
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status !== 'ok') missed.push(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
    if (result.response?.bodyUsed === false) await result.response.body?.cancel();
  }
  t.diagnostic(`${audits.length - missed.length} of ${audits.length} audits passed`);
  for (const line of missed) t.diagnostic(line);
  assert.deepEqual(missed.filter((line) => !MAY_BE_MISSED.has(line.split(' ')[1])), []);
});

// The audits must be able to fail: without a credential nothing passes.
test('the audits find a server that answers nothing', async () => {
  const audits = serverAudits({ url, fetchFn: fetch });
  const result = await audits.find((a) => a.name.startsWith('MUST')).fn();
  assert.notEqual(result.status, 'ok');
});
