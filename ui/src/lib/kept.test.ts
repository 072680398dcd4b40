import { afterEach, expect, it, vi } from 'vitest';
import { keep, kept } from './kept';

afterEach(() => {
  vi.unstubAllGlobals();
  keep('single-keys', null);
  localStorage.clear();
});

const denied = () => {
  throw new Error('denied');
};

it('leaves alone what others on the same host keep', () => {
  localStorage.setItem('theme', 'of another service');
  expect(kept('theme')).toBeNull();
  keep('theme', 'dark');
  expect({ ...localStorage }).toEqual({ theme: 'of another service', 'tokenscale/theme': 'dark' });
  keep('theme', null);
  expect(localStorage.getItem('theme')).toBe('of another service');
});

it('holds for this window what a browser reads but does not write', () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: denied, removeItem: () => {} });
  keep('single-keys', 'off');
  expect(kept('single-keys')).toBe('off');
  keep('single-keys', null);
  expect(kept('single-keys')).toBeNull();
});

it('holds for this window what a browser neither reads nor writes', () => {
  vi.stubGlobal('localStorage', { getItem: denied, setItem: denied, removeItem: denied });
  expect(kept('single-keys')).toBeNull();
  keep('single-keys', 'off');
  expect(kept('single-keys')).toBe('off');
  keep('single-keys', null);
  expect(kept('single-keys')).toBeNull();
});
