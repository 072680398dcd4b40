import { useSyncExternalStore } from 'react';

// One clock for the page: a table of fifty life lines must not have fifty timers.
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present, moved on in steps: a table needs a minute's, what is about to end a second's. */
export function useNow(stepMs = 15_000): number {
  return useSyncExternalStore(subscribe, () => {
    // After a pause without listeners the clock stands; the first reader sets it right.
    if (timer === undefined) now = Date.now();
    return Math.floor(now / stepMs) * stepMs;
  });
}
