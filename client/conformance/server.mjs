// A server of our own for a test file: the real binary, which E2E_BINARY names.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Starts a server. `log` returns what it has written so far; `stop` ends it and removes what it
 * kept.
 */
export async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'tokenscale-'));
  const binary = process.env.E2E_BINARY ?? '../../bin/tokenscale';
  const child = spawn(binary, ['--listen', '127.0.0.1:0', '--data', join(folder, 'data')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('exit', done));
    await rm(folder, { recursive: true, force: true });
  };
  const [url, token] = await new Promise((resolve, reject) => {
    child.stderr.on('data', () => {
      const api = log.match(/^ *API +(\S+)$/m)?.[1];
      const root = log.match(/^Root token \(shown once\): (\S+)$/m)?.[1];
      if (api && root) resolve([api, root]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  return { url, token, log: () => log, stop };
}

/** A fetch that brings a token along. */
export function bringing(token) {
  return (to, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(to, { ...init, headers });
  };
}
