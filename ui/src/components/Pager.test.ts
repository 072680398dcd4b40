import { expect, it } from 'vitest';
import { stretchOf } from './Pager';

it('counts a page that was reached by its number', () => {
  expect(stretchOf(1, 50, 120, undefined)).toEqual({ from: 1, to: 50, last: 3, more: true });
  expect(stretchOf(3, 50, 120, undefined)).toEqual({ from: 101, to: 120, last: 3, more: false });
  expect(stretchOf(1, 50, 0, undefined)).toEqual({ from: 0, to: 0, last: 1, more: false });
});

it('believes the answer of a page that was reached by a cursor', () => {
  expect(stretchOf(2, 50, 120, { shown: 50, more: true })).toEqual({ from: 51, to: 100, last: 3, more: true });
  // Twenty were deleted before it: it is the end, though by its number there would be a third.
  expect(stretchOf(2, 50, 101, { shown: 50, more: false })).toEqual({ from: 52, to: 101, last: 3, more: false });
  // Sixty were made before it: more follow than its number says.
  expect(stretchOf(3, 50, 150, { shown: 50, more: true })).toEqual({ from: 101, to: 150, last: 4, more: true });
  expect(stretchOf(3, 50, 90, { shown: 20, more: false })).toEqual({ from: 71, to: 90, last: 3, more: false });
});
