import { expect, it } from 'vitest';
import { curlLine } from './curl';

it('is one command whose quotes hold', () => {
  const line = curlLine('http://127.0.0.1:8080', '{ viewer { username } }', 'id~secret');
  expect(line).toContain('Bearer id~secret"');
  expect(line).toContain(`'{"query":"{ viewer { username } }"}'`);
  expect(curlLine('http://h', "it's")).toContain(String.raw`it'\''s`);
});
