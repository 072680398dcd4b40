import { useEffect, useState } from 'react';
import { leaveExplorerDrafts } from './explorerDrafts';
import { home } from './home';

// What was typed into forms and not saved, by the address of the form: in memory, for as long as
// the page lives and the same identity is signed in.
const drafts = new Map<string, unknown>();

/** What is open with unsaved work in it. */
const unsaved = new Set<object>();

/** What was typed, and what it was begun from: as it stood then on the server. */
type Kept<T> = {
  base: T;
  value: T;
  /** When the base was there, or somewhat before. */
  since: number;
  /** What was there before it was saved, until the server tells what is there now. */
  old?: T | undefined;
};

export type Draft<T> = {
  value: T;
  set: (value: T) => void;
  base: T;
  since: number;
  /** Whether the reader had left it, and came back. */
  restored: boolean;
  /** Whether there is something to lose. */
  changed: boolean;
  /** Whether what it was begun from has been changed by somebody else: saving would undo that. */
  overtaken: boolean;
  /** Takes what is there now, and throws away what was typed. */
  load: () => void;
  /** Goes on with what was typed, which is to be written over what is there now. */
  keep: () => void;
  /**
   * How often what was typed has been replaced by what is there: fields with a state of their own
   * begin anew then.
   */
  loads: number;
  /** To be called with what was saved, when the form stays open. */
  settle: (value: T) => void;
  /** To be called when it is saved or thrown away: going elsewhere asks nothing any more. */
  drop: () => void;
};

/**
 * What a form holds, begun from what is there now. It outlives the form until it is saved: who
 * leaves is asked, and who comes back finds it, with what it was begun from. Without a key it does
 * not.
 */
export function useDraft<T>(key: string | null, now: T): Draft<T> {
  const [left] = useState(() => (key === null ? undefined : (drafts.get(key) as Kept<T> | undefined)));
  const [kept, setKept] = useState<Kept<T>>(() => left ?? { base: now, value: now, since: Date.now() });
  const [loads, setLoads] = useState(0);
  const { base, value, since, old } = kept;
  const put = (next: Kept<T>) => {
    setKept(next);
    if (key === null) return;
    if (same(next.value, next.base)) drafts.delete(key);
    else drafts.set(key, next);
  };
  const load = () => {
    put({ base: now, value: now, since: Date.now() });
    setLoads(loads + 1);
  };
  const moved = !same(now, base) && !(old !== undefined && same(now, old));
  // Taken over quietly while nothing is typed here that would be lost by it.
  if (moved && (same(value, base) || same(value, now))) {
    put({ base: now, value: now, since });
    setLoads(loads + 1);
  }
  if (old !== undefined && same(now, base)) put({ base, value, since });
  const changed = !same(value, base);
  const me = useUnsaved(key !== null && changed);
  return {
    value,
    set: (next) => put({ ...kept, value: next }),
    base,
    since,
    restored: left !== undefined && changed,
    changed,
    overtaken: moved,
    load,
    keep: () => put({ base: now, value, since: Date.now() }),
    loads,
    settle: (saved) => put({ base: saved, value: saved, since: Date.now(), old: now }),
    drop: () => {
      unsaved.delete(me);
      if (key !== null) drafts.delete(key);
    },
  };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Has leaving asked about, also by the browser, while there is something to lose. */
export function useUnsaved(something: boolean): object {
  const [me] = useState(() => ({}));
  useEffect(() => {
    if (!something) return undefined;
    unsaved.add(me);
    const warn = (event: BeforeUnloadEvent) => {
      if (unsaved.has(me)) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      unsaved.delete(me);
      window.removeEventListener('beforeunload', warn);
    };
  }, [something, me]);
  return me;
}

/** Whether something was left in this form. */
export function hasDraft(key: string): boolean {
  return drafts.has(key);
}

// Whose drafts they are: the id of who is signed in.
let owner: string | null = null;

/** Whose what is typed is from now on. What was somebody else's is thrown away. */
export function handDraftsTo(id: string): { others: boolean; lost: boolean } {
  const others = owner !== null && owner !== id;
  const lost = others && drafts.size > 0;
  if (others) forgetDrafts();
  owner = id;
  return { others, lost };
}

/** Throws away all that was typed: somebody else may be next. */
export function forgetDrafts(): void {
  drafts.clear();
  unsaved.clear();
  leaveExplorerDrafts();
}

/** Asks the reader whether to go. For good is without finding again what is left here. */
type Ask = (go: () => void, forGood: boolean) => void;

let ask: Ask | null = null;

/** Says who asks the reader before unsaved work is left. */
export function onLeaving(asking: Ask | null): void {
  ask = asking;
}

/** Signs out, having asked if something is lost by it, here or in a form that was left. */
export function leaveForGood(go: () => void): void {
  if (ask === null || (drafts.size === 0 && unsaved.size === 0)) go();
  else ask(go, true);
}

/** Goes elsewhere in the page, having asked if there is unsaved work here. */
export function leaveFor(to: string, go: () => void): void {
  const path = to.split(/[?#]/)[0];
  const here = window.location.pathname.slice(home.length);
  if (ask === null || unsaved.size === 0 || path === here || path === window.location.pathname) go();
  else ask(go, false);
}
