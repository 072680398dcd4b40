// Runs the audits of the GraphQL over HTTP specification, as the package
// graphql-http has them, against a server of our own: no MUST, no SHOULD and no
// MAY is missed, by POST and by GET.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { bringing, start } from './server.mjs';

const MAY_BE_MISSED = new Set([]);

let server;
before(async () => (server = await start()));
after(() => server?.stop());

test('GraphQL over HTTP: no MUST and no SHOULD is missed', async (t) => {
  const audits = serverAudits({ url: server.url, fetchFn: bringing(server.token) });
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
  const audits = serverAudits({ url: server.url, fetchFn: fetch });
  const result = await audits.find((a) => a.name.startsWith('MUST')).fn();
  assert.notEqual(result.status, 'ok');
});
