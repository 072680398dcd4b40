import { fireEvent, renderHook } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { chooseSingleKeys, isChord, isSingle, useShortcut, useSingleKeys } from './shortcuts';

afterEach(() => {
  chooseSingleKeys(true);
  document.body.replaceChildren();
});

function withBody(html: string): HTMLElement {
  const body = document.createElement('div');
  body.innerHTML = html;
  document.body.append(body);
  return body.firstElementChild as HTMLElement;
}

function pressed(): () => number {
  const act = vi.fn<() => void>();
  renderHook(() => useShortcut((event) => isSingle(event, '?') || isChord(event, 'k'), act));
  return () => act.mock.calls.length;
}

it.each(['<input>', '<input type="search">', '<textarea></textarea>', '<select></select>'])('lets a character be typed into %s', (html) => {
  const count = pressed();
  fireEvent.keyDown(withBody(html), { key: '?', bubbles: true });
  expect(count()).toBe(0);
});

it.each(['<button></button>', '<input type="checkbox">', '<p></p>'])('acts where nothing is typed: %s', (html) => {
  const count = pressed();
  fireEvent.keyDown(withBody(html), { key: '?', bubbles: true });
  expect(count()).toBe(1);
});

it('leaves chords of the browser alone', () => {
  const count = pressed();
  fireEvent.keyDown(document.body, { key: '?', ctrlKey: true });
  fireEvent.keyDown(document.body, { key: '?', altKey: true });
  expect(count()).toBe(0);
});

it('leaves the keyboard to a dialog', () => {
  const count = pressed();
  withBody('<div role="dialog"></div>');
  fireEvent.keyDown(document.body, { key: '?' });
  expect(count()).toBe(0);
});

it('turns off characters, and not chords', () => {
  const count = pressed();
  const { result, rerender } = renderHook(useSingleKeys);
  chooseSingleKeys(false);
  rerender();
  fireEvent.keyDown(document.body, { key: '?' });
  expect([result.current, count()]).toEqual([false, 0]);
  fireEvent.keyDown(document.body, { key: 'K', metaKey: true });
  expect(count()).toBe(1);
  chooseSingleKeys(true);
  fireEvent.keyDown(document.body, { key: '?' });
  expect([count(), localStorage.length]).toEqual([2, 0]);
});
