import { expect, it } from 'vitest';
import { curlLine, curlReading } from './curl';

it('is one command whose quotes hold', () => {
  const line = curlLine('http://127.0.0.1:8080', '{ viewer { username } }');
  expect(line).toContain('Bearer $TOKEN"');
  expect(line).toContain(`'{"query":"{ viewer { username } }"}'`);
  expect(curlLine('http://h', "it's")).toContain(String.raw`it'\''s`);
});

it('reads the string where no history keeps it', () => {
  expect(curlReading('http://h', '{ meta { version } }').split('\n')[0]).toMatch(/^read -rs TOKEN/);
});
