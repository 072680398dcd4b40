import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type Session, sessionQuery } from '../api/viewer';
import { Refusal } from '../lib/refusal';
import { onRefusal } from '../lib/useAction';
import { onWindows } from '../lib/windows';

export type WatchedSession = {
  /**
   * Who is signed in. It stays known after the session died: what is on the screen stands on, with
   * the question to sign in over it. Null when nobody was.
   */
  session: Session | null;
  /** Whether it is not known yet. */
  isPending: boolean;
  error: Error | null;
  /** Why the session of who was signed in is over. */
  ended: Refusal | null;
  /** Goes on with the session that has begun since. */
  revive: () => void;
  /** Forgets who was signed in. */
  forget: () => void;
};

/**
 * Who is signed in, asked anew now and then, whenever the page is looked at again, and when another
 * window says so: a session that ended elsewhere is noticed, and one that somebody else began.
 * Unless watching, nobody is asked and nobody is known.
 */
export function useWatchedSession(watching = true): WatchedSession {
  const { data, error, isPending, refetch } = useQuery({ ...sessionQuery, refetchInterval: 60_000, refetchOnWindowFocus: 'always', enabled: watching });
  const [death, setDeath] = useState<Refusal | null>(null);
  const [last, setLast] = useState<Session | null>(null);
  const seen = watching ? (data ?? last) : null;
  if (seen !== last) setLast(seen);

  useEffect(() => onRefusal((refusal) => (refusal.kind === 'signed-out' || refusal.kind === 'filtered') && setDeath(refusal)), []);

  useEffect(() => onRefusal((refusal) => refusal.kind === 'of-another' && void refetch()), [refetch]);

  useEffect(() => (watching ? onWindows(() => void refetch()) : undefined), [watching, refetch]);

  const session = data ?? last;
  const over = death ?? (data === null ? new Refusal('signed-out', 'The session has ended.') : null);
  return {
    session,
    isPending,
    error,
    ended: session === null ? null : over,
    revive: () => setDeath(null),
    forget: () => {
      setLast(null);
      setDeath(null);
    },
  };
}
