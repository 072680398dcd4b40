import { readFileSync } from 'node:fs';
import { act, renderHook, waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { chooseTheme, useTheme } from './theme';

const beforePaint = readFileSync('public/theme.js', 'utf8');
const load = () => new Function(beforePaint)();
const root = document.documentElement;

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  delete root.dataset['theme'];
});

it('is found again before anything is painted', () => {
  chooseTheme('dark');
  delete root.dataset['theme'];
  load();
  expect(root.dataset['theme']).toBe('dark');
});

it('leaves nothing behind when the colours of the system are chosen', () => {
  chooseTheme('light');
  chooseTheme('system');
  expect([root.dataset['theme'], localStorage.length]).toEqual([undefined, 0]);
});

it('takes a word that it does not know for none', () => {
  localStorage.setItem('tokenscale/theme', 'purple');
  load();
  expect(root.dataset['theme']).toBeUndefined();
});

it('follows what another window chooses', async () => {
  load();
  const { result } = renderHook(useTheme);
  expect(result.current).toBe('system');
  localStorage.setItem('tokenscale/theme', 'light');
  act(() => void window.dispatchEvent(new StorageEvent('storage', { key: 'tokenscale/theme' })));
  await waitFor(() => expect(result.current).toBe('light'));
});

it('holds for this window in a browser that keeps nothing', () => {
  const setItem = vi.fn<() => void>().mockThrow(new Error('denied'));
  vi.stubGlobal('localStorage', { setItem });
  chooseTheme('dark');
  expect(setItem).toHaveBeenCalledOnce();
  expect(root.dataset['theme']).toBe('dark');
});

it('gives the bar of the browser the colour of the chosen scheme', async () => {
  for (const scheme of ['light', 'dark']) document.head.insertAdjacentHTML('beforeend', `<meta name="theme-color" media="(prefers-color-scheme: ${scheme})" />`);
  const media = () => [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')].map((meta) => meta.getAttribute('media'));
  localStorage.setItem('tokenscale/theme', 'dark');
  load();
  expect(media()).toEqual(['not all', 'all']);
  chooseTheme('light');
  await waitFor(() => expect(media()).toEqual(['all', 'not all']));
  chooseTheme('system');
  await waitFor(() => expect(media()).toEqual(['(prefers-color-scheme: light)', '(prefers-color-scheme: dark)']));
});
