// Builds a client as LogScale's own are built: fetch the schema, generate with
// the versions of genqlient and gqlparser that they use, compile.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { sdl } from './sdl.mjs';
import { bringing, start } from './server.mjs';

let server;
before(async () => (server = await start()));
after(() => server?.stop());

const go = (folder, ...args) => spawnSync('go', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' } });

test("LogScale's client build reads the schema that is fetched from us", async (t) => {
  if (spawnSync('go', ['version']).error) return t.skip('SKIPPED: there is no Go');
  const response = await bringing(server.token)(server.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  const text = sdl((await response.json()).data);
  assert.match(text, /directive @deprecated\(reason: String = "No longer supported"\) on /);
  const folder = await mkdtemp(join(tmpdir(), 'tokenscale-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(new URL('logscale', import.meta.url), folder, { recursive: true });
  await writeFile(join(folder, 'schema.graphql'), text);

  const generated = go(folder, 'tool', 'genqlient', 'genqlient.yaml');
  assert.equal(generated.status, 0, generated.stderr);
  const compiled = go(folder, 'vet', '.');
  assert.equal(compiled.status, 0, compiled.stderr);

  // The test must be able to fail: this is what the library itself would tell.
  await writeFile(join(folder, 'schema.graphql'), text.replace('| ENUM_VALUE', '| ENUM_VALUE | DIRECTIVE_DEFINITION'));
  const late = go(folder, 'tool', 'genqlient', 'genqlient.yaml');
  assert.notEqual(late.status, 0, 'a directive location of later days is read, so this shows nothing');
});
