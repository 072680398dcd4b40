import { expect, it } from 'vitest';
import { notUsed } from './used';

it('calls a token never used only while it has its first string', () => {
  expect(notUsed({ createdAt: 5, issuedAt: 5 })).toBe('Never');
  expect(notUsed({ createdAt: 5, issuedAt: 7 })).toBe('Not since its reset');
});
