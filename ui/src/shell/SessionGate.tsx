import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Redirect, useLocation, useSearch } from 'wouter';
import { forgetDrafts } from '../lib/drafts';
import { Refusal } from '../lib/refusal';
import { type Session, sessionKey, sessionQuery } from '../api/viewer';
import { useIsRevealing } from '../lib/revealing';
import { onRefusal } from '../lib/useAction';
import { Broken } from './Broken';
import { SessionContext } from './session';
import { SessionEnded } from './SessionEnded';
import { SignIn } from './SignIn';
import { Starting } from './Starting';

const ended = () => new Refusal('signed-out', 'The session has ended.');

/**
 * Lets in who is signed in, leads everyone else to the sign-in page, and notices when a session
 * dies.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [path, navigate] = useLocation();
  const search = useSearch();
  // Whoever opens the sign-in page wants to sign in: who they were before is not asked there.
  const { data, error, isPending } = useQuery({ ...sessionQuery, refetchInterval: 60_000, refetchOnWindowFocus: 'always', enabled: path !== '/sign-in' });
  const [death, setDeath] = useState<Refusal | null>(null);
  // Who was signed in stays known after the session died: the page stands on, with the question to
  // sign in over it.
  const revealing = useIsRevealing();
  const [last, setLast] = useState<Session | null>(null);
  // Who is at the sign-in page has left: going back from there leads here again, and not to what
  // was seen before.
  const seen = path === '/sign-in' ? null : (data ?? last);
  if (seen !== last) setLast(seen);

  useEffect(() => onRefusal((refusal) => (refusal.kind === 'signed-out' || refusal.kind === 'filtered') && setDeath(refusal)), []);

  // The form need not wait for the answer that nobody is signed in.
  if (path === '/sign-in') return <SignIn session={data ?? null} />;
  if (isPending) return <Starting />;
  const session = data ?? last;
  if (session === null) {
    if (error instanceof Refusal && error.kind !== 'signed-out') return <Broken refusal={error} />;
    const from = path + (search === '' ? '' : `?${search}`);
    return <Redirect to={from === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(from)}`} replace />;
  }

  const refusal = death ?? (data === null ? ended() : null);
  const leave = () => {
    setLast(null);
    setDeath(null);
    forgetDrafts();
    client.clear();
    client.setQueryData(sessionKey, null);
    navigate('/sign-in');
  };
  return (
    <SessionContext value={session}>
      {children}
      {refusal && !revealing && <SessionEnded refusal={refusal} onBack={() => setDeath(null)} onLeave={leave} />}
    </SessionContext>
  );
}
