import { useEffect, useState } from 'react';
import { leaveExplorerDrafts } from './explorerDrafts';
import { home } from './home';

// What was typed into forms and not saved, by the address of the form: in memory, for as long as
// the page lives and the same identity is signed in.
const drafts = new Map<string, unknown>();

/** The forms that are open with unsaved work in them. */
const unsaved = new Set<object>();

export type Draft<T> = {
  value: T;
  set: (value: T) => void;
  /** Whether the reader had left it, and came back. */
  restored: boolean;
  /** Whether there is something to lose. */
  changed: boolean;
  /** To be called when it is saved or thrown away: going elsewhere asks nothing any more. */
  drop: () => void;
};

/**
 * What a form holds. It outlives the form until it is saved: who leaves is asked, and who comes
 * back finds it. Without a key it does not.
 */
export function useDraft<T>(key: string | null, start: T): Draft<T> {
  const [first] = useState(() => (key === null ? undefined : (drafts.get(key) as T | undefined)));
  const [value, setValue] = useState(first ?? start);
  const [me] = useState(() => ({}));
  const changed = JSON.stringify(value) !== JSON.stringify(start);
  useEffect(() => {
    if (key === null || !changed) return undefined;
    unsaved.add(me);
    const warn = (event: BeforeUnloadEvent) => {
      if (unsaved.has(me)) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      unsaved.delete(me);
      window.removeEventListener('beforeunload', warn);
    };
  }, [key, changed, me]);
  return {
    value,
    set: (next) => {
      setValue(next);
      if (key === null) return;
      if (JSON.stringify(next) === JSON.stringify(start)) drafts.delete(key);
      else drafts.set(key, next);
    },
    restored: first !== undefined && changed,
    changed,
    drop: () => {
      unsaved.delete(me);
      if (key !== null) drafts.delete(key);
    },
  };
}

/** Whether something was left in this form. */
export function hasDraft(key: string): boolean {
  return drafts.has(key);
}

/** Throws away what was typed into one form. */
export function forgetDraft(key: string): void {
  drafts.delete(key);
}

/** Throws away all that was typed: somebody else may be next. */
export function forgetDrafts(): void {
  drafts.clear();
  unsaved.clear();
  leaveExplorerDrafts();
}

let ask: ((go: () => void) => void) | null = null;

/** Says who asks the reader before unsaved work is left. */
export function onLeaving(asking: ((go: () => void) => void) | null): void {
  ask = asking;
}

/** Goes elsewhere in the page, having asked if there is unsaved work here. */
export function leaveFor(to: string, go: () => void): void {
  const path = to.split(/[?#]/)[0];
  const here = window.location.pathname.slice(home.length);
  if (ask === null || unsaved.size === 0 || path === here || path === window.location.pathname) go();
  else ask(go);
}
