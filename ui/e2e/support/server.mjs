// Runs the real binary on a folder and a port of its own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
let built;

// The server refuses settings that it does not know, and takes every TOKENSCALE_ variable for one.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TOKENSCALE_')));

/** The binary named by TOKENSCALE_BINARY, or one built from this tree. */
export function binary() {
  if (process.env.TOKENSCALE_BINARY) return process.env.TOKENSCALE_BINARY;
  if (!built) {
    built = join(mkdtempSync(join(tmpdir(), 'tokenscale-')), 'tokenscale');
    execFileSync('go', ['build', '-o', built, '.'], { cwd: root, stdio: 'inherit' });
    process.on('exit', () => rmSync(dirname(built), { recursive: true, force: true }));
  }
  return built;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Policies that leave all but that of system tokens as they are at first. */
export const policies = (system) => ({
  personalUserTokensEnabled: true,
  viewPermissionTokensEnabled: true,
  viewPermissionTokensAllowPermissionUpdates: false,
  organizationPermissionTokensEnabled: true,
  organizationPermissionTokensAllowPermissionUpdates: false,
  systemPermissionTokensEnabled: true,
  ...system,
});

/** Starts a server on an empty store, on that of the demonstration, or on one that is kept. */
export async function startServer({ demo = false, kept, token = '' } = {}) {
  const data = kept ?? mkdtempSync(join(tmpdir(), 'tokenscale-data-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const server = { base, data, port, token, process: undefined, log: '' };

  server.start = async () => {
    server.process = spawn(binary(), [...(demo ? ['--demo'] : ['--data', data]), '--listen', `127.0.0.1:${port}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    for (const stream of [server.process.stdout, server.process.stderr]) {
      stream.on('data', (chunk) => {
        server.log = (server.log + chunk).slice(-200_000);
        const found = /Root token \(shown once\): (\S+)\r?\n/.exec(server.log);
        if (found && !server.token) server.token = found[1];
      });
    }
    for (let i = 0; i < (kept ? 2_000 : 200); i++) {
      if (server.process.exitCode !== null) throw new Error(`the server ended:\n${server.log}`);
      if (server.token && (await fetch(`${base}/api/v1/status`).then(() => true, () => false))) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server does not answer:\n${server.log}`);
  };

  server.stop = async (signal = 'SIGTERM') => {
    if (!server.process || server.process.exitCode !== null) return;
    const ended = once(server.process, 'exit');
    server.process.kill(signal);
    await ended;
  };

  server.close = async () => {
    await server.stop();
    if (!kept && existsSync(data)) rmSync(data, { recursive: true, force: true });
  };

  /** Asks over the API, as root or with another token. Throws on any error. */
  server.ask = async (query, variables = {}, token = server.token) => {
    const response = await fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    if (!response.ok) throw Object.assign(new Error(text), { status: response.status });
    const answer = JSON.parse(text);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };

  /** Makes a token and gives its string and what is kept of it. */
  server.make = async (input) =>
    (
      await server.ask(
        'mutation Make($input: CreateSystemTokenInput!) { createSystemToken(input: $input) { token tokenMetadata { id name } } }',
        { input: { name: 'some token', permissions: [], ...input } },
      )
    ).createSystemToken;

  server.makeFilter = async (name, ipFilter) =>
    (await server.ask('mutation F($input: IPFilterInput!) { createIPFilter(input: $input) { id } }', { input: { name, ipFilter } })).createIPFilter.id;

  server.setPolicy = (system) =>
    server.ask('mutation P($input: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $input) { id } }', {
      input: policies(system),
    });

  await server.start();
  return server;
}
