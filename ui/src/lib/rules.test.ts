import { expect, it } from 'vitest';
import { impliedRule, isEmptyOfRules, linesOf, longestOf, sentencesByLine, withAddress, changedLines } from './rules';

it('finds the lines that a refusal names', () => {
  expect([...sentencesByLine('Line 3: "alow" is neither allow nor deny.')]).toEqual([[3, 'Line 3: "alow" is neither allow nor deny.']]);
  const several = 'line 1: "a": no.\nline 12: "b": put allow before it.\nline 12: "c": no.\nand 4 more.';
  expect([...sentencesByLine(several)]).toEqual([
    [1, '"a": no.'],
    [12, '"b": put allow before it. "c": no.'],
  ]);
  expect(sentencesByLine('Too long.').size).toBe(0);
  expect(sentencesByLine(undefined).size).toBe(0);
});

it('shows what holds when no rule matches', () => {
  expect(impliedRule('deny 127.0.0.1')).toBe('allow all');
  expect(impliedRule('deny 127.0.0.1\nALLOW 10.0.0.0/8')).toBe('deny all');
  expect(impliedRule('deny 1.1.1.1; allow 10.0.0.0/8')).toBe('deny all');
  expect(impliedRule('\tallow\t10.0.0.0/8')).toBe('deny all');
  expect(impliedRule('# allow all\n')).toBe('allow all');
  expect(impliedRule('deny ::1 # not; allow all')).toBe('allow all');
  expect(impliedRule('deny ::1\nallowed')).toBe('allow all');
});

it('knows a text without rules', () => {
  expect(isEmptyOfRules('\n# only words\n')).toBe(true);
  expect(isEmptyOfRules(' ;; \t\n')).toBe(true);
  expect(isEmptyOfRules('')).toBe(true);
  expect(isEmptyOfRules('allow all')).toBe(false);
  expect(isEmptyOfRules('# a\n ; deny ::1')).toBe(false);
});

it('keeps empty lines, and finds the longest', () => {
  expect(linesOf('a\n\nb\n')).toEqual(['a', '', 'b', '']);
  expect(longestOf(['a', 'abc', ''])).toBe('abc');
});

it('adds an address where it decides, and once', () => {
  expect(withAddress('deny all', '192.0.2.1')).toBe('allow 192.0.2.1\ndeny all');
  expect(withAddress('deny all\nallow 192.0.2.1', '192.0.2.1')).toBe('allow 192.0.2.1\ndeny all');
});

it.each([
  ['a\nb', 'a\nb', []],
  ['a\nb', 'b\nc\n', ['without a', 'with c']],
  ['a\na', 'a', ['without a']],
  ['a\nb', 'b\na', ['the same lines in another order']],
])('between %j and %j these lines differ: %j', (before, after, told) => {
  expect(changedLines(before, after)).toEqual(told);
});
