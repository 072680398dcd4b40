import { expect, it } from 'vitest';
import { fold } from './fold';

it.each([
  ['Caf\u00e9', 'cafe\u0301'],
  ['a\u0323\u0301', 'a\u0301\u0323'],
  ['\u0130stanbul', 'istanbul'],
  ['\u0130STANBUL', 'ISTANBUL'],
  ['Stra\u00dfe', 'STRASSE'],
  ['STRA\u1e9eE', 'strasse'],
  ['\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c2'],
  ['\ufb01nance', 'FINANCE'],
  ['\ud55c\uae00', '\u1112\u1161\u11ab\u1100\u1173\u11af'],
  ['\u212bngstr\u00f6m', 'a\u030angstro\u0308m'],
  ['\u212a', 'k'],
])('finds %j by %j', (a, b) => {
  expect(fold(a)).toBe(fold(b));
});

it('keeps apart what are other names', () => {
  expect(fold('\u0131stanbul')).not.toBe(fold('istanbul'));
  expect(fold('caf\u00e9')).not.toContain(fold('cafe'));
  expect(fold('\uff21')).not.toBe(fold('a'));
});
