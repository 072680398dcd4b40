import { act, renderHook } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { forgetDrafts, leaveFor, onLeaving, useDraft } from './drafts';

afterEach(() => {
  forgetDrafts();
  onLeaving(null);
});

const form = (key: string | null = '/form') => renderHook(() => useDraft(key, { name: '' }));

/** Whether going elsewhere asks first. */
function asks(to = '/elsewhere'): boolean {
  const asking = vi.fn<(go: () => void) => void>();
  const go = vi.fn<() => void>();
  onLeaving(asking);
  leaveFor(to, go);
  expect(asking.mock.calls.length + go.mock.calls.length).toBe(1);
  return asking.mock.calls.length === 1;
}

test('who leaves unsaved work is asked, and finds it again', () => {
  const first = form();
  expect(asks()).toBe(false);
  act(() => first.result.current.set({ name: 'nurse' }));
  expect(asks()).toBe(true);
  expect(asks(`${window.location.pathname}?page=2`)).toBe(false);
  first.unmount();
  expect(asks()).toBe(false);
  const again = form();
  expect(again.result.current.value).toEqual({ name: 'nurse' });
  expect(again.result.current.restored).toBe(true);
});

test('what is saved, or taken back, is not kept', () => {
  const saved = form();
  act(() => saved.result.current.set({ name: 'nurse' }));
  saved.result.current.drop();
  expect(asks()).toBe(false);
  saved.unmount();
  const back = form();
  expect(back.result.current.value).toEqual({ name: '' });
  act(() => back.result.current.set({ name: 'x' }));
  act(() => back.result.current.set({ name: '' }));
  back.unmount();
  expect(form().result.current.restored).toBe(false);
});

test('nothing outlives signing out, and nothing is kept without a key', () => {
  const first = form();
  act(() => first.result.current.set({ name: 'nurse' }));
  forgetDrafts();
  first.unmount();
  expect(form().result.current.value).toEqual({ name: '' });
  const other = form(null);
  act(() => other.result.current.set({ name: 'nurse' }));
  other.unmount();
  expect(form(null).result.current.value).toEqual({ name: '' });
});

/** A form of what is there now, which others may change: `there` is what the server tells. */
function over(there: string) {
  return renderHook(({ now }) => useDraft('/thing', { name: now }), { initialProps: { now: there } });
}

test('what it was begun from is kept with what was typed, and a change in between is told', () => {
  const first = over('nurse');
  act(() => first.result.current.set({ name: 'doctor' }));
  first.unmount();
  const same = over('nurse');
  expect([same.result.current.overtaken, same.result.current.restored]).toEqual([false, true]);
  same.unmount();
  const { result, rerender } = over('porter');
  expect([result.current.overtaken, result.current.base, result.current.value]).toEqual([true, { name: 'nurse' }, { name: 'doctor' }]);
  act(() => result.current.keep());
  expect([result.current.overtaken, result.current.base, result.current.value]).toEqual([false, { name: 'porter' }, { name: 'doctor' }]);
  rerender({ now: 'cook' });
  expect(result.current.overtaken).toBe(true);
  act(() => result.current.load());
  expect([result.current.overtaken, result.current.value, result.current.changed]).toEqual([false, { name: 'cook' }, false]);
  expect(asks()).toBe(false);
});

test('a change of others is taken over quietly where nothing is typed, or the same', () => {
  const { result, rerender } = over('nurse');
  rerender({ now: 'porter' });
  expect([result.current.value, result.current.overtaken, result.current.loads]).toEqual([{ name: 'porter' }, false, 1]);
  act(() => result.current.set({ name: 'cook' }));
  rerender({ now: 'cook' });
  expect([result.current.changed, result.current.overtaken]).toEqual([false, false]);
});

test('what was saved holds also until the server tells it, and its old state is no news', () => {
  const { result, rerender } = over('nurse');
  act(() => result.current.set({ name: ' doctor' }));
  act(() => result.current.settle({ name: 'doctor' }));
  expect([result.current.value, result.current.changed, result.current.overtaken]).toEqual([{ name: 'doctor' }, false, false]);
  rerender({ now: 'doctor' });
  act(() => result.current.set({ name: 'cook' }));
  rerender({ now: 'nurse' }); // somebody took it back
  expect(result.current.overtaken).toBe(true);
});
