import { useEffect, useRef } from 'react';
import { useSearch } from 'wouter';

// Where the reader was in a list, so that going back from one of its things is going back there.
const left = new Map<string, { search: string; scroll: number }>();

/** The address of a list as it was left: with its question, and its page. */
export function lastList(path: string): string {
  const search = left.get(path)?.search ?? '';
  return search === '' ? path : `${path}?${search}`;
}

/**
 * Remembers how the list at a path is left, and goes to where it was scrolled to when it is the
 * same question again and its rows are there.
 */
export function useLastList(path: string, ready: boolean): void {
  const search = useSearch();
  const place = useRef({ search, scroll: 0 });
  useEffect(() => {
    place.current.search = search;
  });
  useEffect(() => {
    const before = left.get(path);
    if (!ready || before === undefined) return;
    left.delete(path);
    if (before.search === place.current.search) window.scrollTo(0, before.scroll);
  }, [path, ready]);
  useEffect(() => {
    const here = place.current;
    const note = () => {
      here.scroll = window.scrollY;
    };
    window.addEventListener('scroll', note, { passive: true });
    return () => {
      window.removeEventListener('scroll', note);
      left.set(path, { ...here });
    };
  }, [path]);
}
