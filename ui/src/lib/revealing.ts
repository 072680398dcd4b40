import { useEffect, useSyncExternalStore } from 'react';

// Whether a new secret is on the screen at this moment. Nothing may cover it or take it away: not
// even the news that the session died, which is what happens to one who resets the token of their
// own session.
let open = 0;
const listeners = new Set<() => void>();

function change(by: number): void {
  open += by;
  for (const tell of listeners) tell();
}

export function useRevealing(): void {
  useEffect(() => {
    change(1);
    return () => change(-1);
  }, []);
}

export function useIsRevealing(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open > 0,
  );
}
