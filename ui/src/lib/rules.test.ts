import { expect, it } from 'vitest';
import { impliedRule, isEmptyOfRules, lineNamed, linesOf } from './rules';

it('finds the line that a sentence names', () => {
  expect(lineNamed('Line 3: "alow" is neither allow nor deny.')).toBe(3);
  expect(lineNamed('There is something wrong on line 12.')).toBe(12);
  expect(lineNamed('Too long.')).toBeNull();
  expect(lineNamed(undefined)).toBeNull();
});

it('shows what holds when no rule matches', () => {
  expect(impliedRule('deny 127.0.0.1')).toBe('allow all');
  expect(impliedRule('deny 127.0.0.1\nALLOW 10.0.0.0/8')).toBe('deny all');
  expect(impliedRule('deny 1.1.1.1; allow 10.0.0.0/8')).toBe('deny all');
  expect(impliedRule('# allow all\n')).toBe('allow all');
});

it('knows a text without rules', () => {
  expect(isEmptyOfRules('\n# only words\n')).toBe(true);
  expect(isEmptyOfRules('allow all')).toBe(false);
});

it('keeps empty lines', () => {
  expect(linesOf('a\n\nb\n')).toEqual(['a', '', 'b', '']);
});
