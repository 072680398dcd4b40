import { useSyncExternalStore } from 'react';

/** What was done, in a sentence, and where one may want to go next. */
export type Told = { text: string; link?: { to: string; label: string } };

// The one way to tell success. What is told stands until the reader closes it, goes elsewhere, or
// something else is told.
let now: (Told & { at: string }) | null = null;
const listeners = new Set<() => void>();

function put(next: typeof now): void {
  now = next;
  for (const listener of listeners) listener();
}

/** Tells what was done. Who goes elsewhere afterwards goes there first. */
export function tell(told: Told): void {
  put({ ...told, at: window.location.pathname });
}

export function forget(): void {
  put(null);
}

/** What is told on a page with this path, if anything is. */
export function useTold(): (Told & { at: string }) | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );
}
