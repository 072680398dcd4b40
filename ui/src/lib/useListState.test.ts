import { renderHook } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { pageOf, useLastPageInstead } from './useListState';

it.each([
  ['', 1],
  ['page=3', 3],
  ['page=99999', 99_999],
  ['page=123456789012345678901234567890', 10_000_000],
  ['page=0', 1],
  ['page=-2', 1],
  ['page=2.5', 1],
  ['page=1e3', 1],
  ['page=two', 1],
])('the address %j names page %i', (query, page) => expect(pageOf(new URLSearchParams(query))).toBe(page));

function turned(answer: { shown: number; total: number; size: number } | undefined): unknown[][] {
  const turnTo = vi.fn<(page: number, replace: boolean) => void>();
  renderHook(() => useLastPageInstead(answer, turnTo));
  return turnTo.mock.calls;
}

it('leads from behind the end to the last page, once, in the place of the wrong one', () => {
  expect(turned({ shown: 0, total: 101, size: 50 })).toEqual([[3, true]]);
  expect(turned({ shown: 0, total: 100, size: 50 })).toEqual([[2, true]]);
});

it('leaves alone a page that holds something, an empty list, and one that is not known yet', () => {
  for (const answer of [{ shown: 1, total: 101, size: 50 }, { shown: 0, total: 0, size: 50 }, undefined]) expect(turned(answer)).toEqual([]);
});
