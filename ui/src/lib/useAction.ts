import { useCallback, useEffect, useRef, useState } from 'react';
import { Refusal } from './refusal';

export type Action<TArguments extends readonly unknown[], TResult> = {
  /** Does it. Gives nothing when it was refused; the refusal is then in `refusal`. */
  run: (...args: TArguments) => Promise<TResult | undefined>;
  pending: boolean;
  refusal: Refusal | null;
  clear: () => void;
};

/**
 * One change asked of the server. It keeps no result: an answer may hold a new secret, and a
 * mutation cache would hold it for as long as the page lives.
 */
export function useAction<TArguments extends readonly unknown[], TResult>(
  act: (...args: TArguments) => Promise<TResult>,
  { quiet = false }: { quiet?: boolean } = {},
): Action<TArguments, TResult> {
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const busy = useRef(false);
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });

  const run = useCallback(async (...args: TArguments): Promise<TResult | undefined> => {
    // A second press while the first is on its way must not make a second token.
    if (busy.current) return undefined;
    busy.current = true;
    setPending(true);
    setRefusal(null);
    try {
      return await latest.current(...args);
    } catch (error) {
      const refused = asRefusal(error);
      setRefusal(refused);
      // A wrong token at sign-in is no session that died.
      if (!quiet || refused.kind === 'unreachable') reportRefusal(refused);
      return undefined;
    } finally {
      busy.current = false;
      setPending(false);
    }
  }, [quiet]);

  const clear = useCallback(() => setRefusal(null), []);
  return { run, pending, refusal, clear };
}

export function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('failed', 'Something went wrong in this page.');
}

type Listener = (refusal: Refusal) => void;
const listeners = new Set<Listener>();

/** Tells whoever watches the session and the connection. */
export function reportRefusal(refusal: Refusal): void {
  for (const listener of listeners) listener(refusal);
}

export function onRefusal(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
