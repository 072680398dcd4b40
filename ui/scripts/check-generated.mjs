// Fails when the types in src/api/gen are not those of the schema and the queries as they stand.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const committed = 'src/api/gen';
const before = mkdtempSync(join(tmpdir(), 'gen-'));
if (existsSync(committed)) cpSync(committed, before, { recursive: true });
execFileSync('npx', ['graphql-codegen', '--config', 'codegen.ts', '--silent'], { stdio: 'inherit' });
const stale = readdirSync(committed).filter((name) => {
  const old = join(before, name);
  return !existsSync(old) || readFileSync(old, 'utf8') !== readFileSync(join(committed, name), 'utf8');
});
rmSync(before, { recursive: true });
if (stale.length > 0) {
  console.error(`src/api/gen was stale and has been written anew: ${stale.join(', ')}. Commit it.`);
  process.exit(1);
}
