import { expect, it } from 'vitest';
import { safeTarget } from './session';

it.each([
  ['/tokens?q=a', '/tokens?q=a'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in', '/'],
  [null, '/'],
])('%s leads to %s', (to, target) => {
  expect(safeTarget(to)).toBe(target);
});
