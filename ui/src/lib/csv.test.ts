import { expect, test } from 'vitest';
import { cell, line } from './csv';

test('a cell that a spreadsheet would carry out is made harmless', () => {
  for (const begin of ['=', '+', '-', '@', '\t', '\r']) expect(cell(`${begin}cmd|'/C calc'!A0`)).toBe(`"'${begin}cmd|'/C calc'!A0"`);
});

test('quotes, commas and line ends stay inside their cell', () => {
  expect(line(['a', 'b "c", d', 'e\nf', ''])).toBe('"a","b ""c"", d","e\nf",""\r\n');
});

test('what only holds such a character further in stays as it is', () => {
  expect(cell('a=b')).toBe('"a=b"');
  expect(cell('2026-11-26T13:00:00Z')).toBe('"2026-11-26T13:00:00Z"');
});
