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
