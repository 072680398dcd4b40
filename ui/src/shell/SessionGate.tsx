import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Redirect, useLocation, useSearch } from 'wouter';
import { forgetDrafts } from '../lib/drafts';
import { Refusal } from '../lib/refusal';
import { sessionKey } from '../api/viewer';
import { useIsRevealing } from '../lib/revealing';
import { Broken } from './Broken';
import { Identity } from './Identity';
import { SessionContext } from './session';
import { SessionEnded } from './SessionEnded';
import { SignIn } from './SignIn';
import { Starting } from './Starting';
import { useWatchedSession } from './useWatchedSession';

/**
 * Lets in who is signed in, leads everyone else to the sign-in page, and notices when a session
 * dies.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [path, navigate] = useLocation();
  const search = useSearch();
  const revealing = useIsRevealing();
  // Whoever opens the sign-in page wants to sign in: who they were before is not asked there. They
  // have left: going back from there leads here again, and not to what was seen before.
  const { session, isPending, error, ended, revive, forget } = useWatchedSession(path !== '/sign-in');

  // The form need not wait for the answer that nobody is signed in.
  if (path === '/sign-in') return <SignIn session={session} />;
  if (isPending) return <Starting />;
  if (session === null) {
    if (error instanceof Refusal && error.kind !== 'signed-out') return <Broken refusal={error} />;
    const from = path + (search === '' ? '' : `?${search}`);
    return <Redirect to={from === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(from)}`} replace />;
  }

  const leave = () => {
    forget();
    forgetDrafts();
    client.clear();
    client.setQueryData(sessionKey, null);
    navigate('/sign-in');
  };
  return (
    <SessionContext value={session}>
      <Identity viewer={session.viewer}>{children}</Identity>
      {ended && !revealing && <SessionEnded refusal={ended} onBack={revive} onLeave={leave} />}
    </SessionContext>
  );
}
