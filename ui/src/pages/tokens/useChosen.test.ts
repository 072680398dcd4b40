import { act, renderHook } from '@testing-library/react';
import { expect, test } from 'vitest';
import { useChosen } from './useChosen';

function chosen(first: { question: string; shown: string[] }) {
  return renderHook(({ question, shown }) => useChosen(question, shown), { initialProps: first });
}

test('a row that arrives by refresh is never ticked, not even after all were', () => {
  const hook = chosen({ question: 'q', shown: ['a', 'b'] });
  act(() => hook.result.current.setAll(true));
  hook.rerender({ question: 'q', shown: ['a', 'b', 'c'] });
  expect([...hook.result.current.ids]).toEqual(['a', 'b']);
});

test('another question, order or page empties it, and coming back does not bring it back', () => {
  const hook = chosen({ question: 'q', shown: ['a', 'b'] });
  act(() => hook.result.current.set('a', true));
  hook.rerender({ question: 'q&page=2', shown: ['a', 'b'] });
  expect(hook.result.current.ids.size).toBe(0);
  hook.rerender({ question: 'q', shown: ['a', 'b'] });
  expect(hook.result.current.ids.size).toBe(0);
});

test('a row that has gone is not ticked when it comes back', () => {
  const hook = chosen({ question: 'q', shown: ['a', 'b'] });
  act(() => hook.result.current.setAll(true));
  hook.rerender({ question: 'q', shown: ['b'] });
  hook.rerender({ question: 'q', shown: ['a', 'b'] });
  expect([...hook.result.current.ids]).toEqual(['b']);
});
