import { QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Router } from 'wouter';
import { Button } from '../src/components/Button';
import { Exact } from '../src/components/Moment';
import { Name } from '../src/components/Name';
import { forgetDrafts } from '../src/lib/drafts';
import { home } from '../src/lib/home';
import { Refusal } from '../src/lib/refusal';
import { useIsRevealing } from '../src/lib/revealing';
import { makeQueryClient } from '../src/queryClient';
import { Band } from '../src/shell/Band';
import { ErrorBoundary } from '../src/shell/ErrorBoundary';
import { LeaveGuard } from '../src/shell/LeaveGuard';
import { Navigation } from '../src/shell/Navigation';
import { SessionContext } from '../src/shell/session';
import { SessionEnded } from '../src/shell/SessionEnded';
import { SessionEnding } from '../src/shell/SessionEnding';
import { SignInDialog } from '../src/shell/SignInDialog';
import { Starting } from '../src/shell/Starting';
import { Tools } from '../src/shell/Tools';
import { useWatchedSession } from '../src/shell/useWatchedSession';
import type { Session } from '../src/api/viewer';
import shell from '../src/shell/Shell.module.css';
import { Workspace } from './Workspace';
import styles from './Explorer.module.css';

// Every other page of the house is another document: going there is leaving this one.
const byDocument = (): [string, (to: string) => void] => [window.location.pathname.replace(/\/$/, ''), (to) => window.location.assign(to)];

const shortcuts = [
  { keys: ['Ctrl Enter', '⌘ Enter'], does: 'Run what is in the editor' },
  { keys: ['Enter', 'Esc'], does: 'Go into an editor, and out of it' },
  { keys: ['Ctrl Space'], does: 'Offer what can stand here' },
];

export function Explorer() {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <Router base={home} hook={byDocument}>
        <ErrorBoundary>
          <Frame />
        </ErrorBoundary>
      </Router>
    </QueryClientProvider>
  );
}

/** The frame that all pages have. Unlike them, the explorer is of use to who is not signed in. */
function Frame() {
  const client = useQueryClient();
  const { session, isPending, error, ended, revive } = useWatchedSession();
  const [signingIn, setSigningIn] = useState(false);
  const revealing = useIsRevealing();
  const id = session?.viewer.id ?? '';
  const [owner, setOwner] = useState(id);
  // What another window does takes no new secret away.
  if (owner !== id && !revealing) setOwner(id);
  const refused = session === null && error instanceof Refusal && error.kind !== 'signed-out' ? error : null;
  // Until it is known whose typed work may be shown, none is.
  if (isPending) return <Starting />;
  const leave = () => {
    client.clear();
    forgetDrafts();
    window.location.assign(`${home}/sign-in?to=/docs/api-explorer`);
  };
  return (
    <SessionContext value={session}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Band>
        {session && <Tools shortcuts={shortcuts} />}
      </Band>
      <div className={`${shell.body} ${styles.body}`}>
        <Navigation viewer={session?.viewer ?? null} />
        <main id="main" className={styles.main} tabIndex={-1}>
          <div className={styles.head}>
            <h1>API explorer</h1>
            {refused?.kind !== 'unreachable' && <Who session={session} onSignIn={() => setSigningIn(true)} />}
          </div>
          {refused && refused.kind !== 'unreachable' && <p role="alert">{refused.message}</p>}
          {session && <SessionEnding />}
          {/* Another identity finds what was typed, but not what was answered before. */}
          <Workspace key={owner} owner={owner} />
        </main>
      </div>
      {signingIn && <SignInDialog title={session ? 'Sign in again' : 'Sign in'} onClose={() => setSigningIn(false)} />}
      <LeaveGuard lost="The answer holds a new token string. When you sign out it is gone, and nobody can show it again." />
      {ended && !revealing && <SessionEnded refusal={ended} onBack={revive} onLeave={leave} />}
    </SessionContext>
  );
}

function Who({ session, onSignIn }: { session: Session | null; onSignIn: () => void }) {
  if (session === null) {
    return (
      <p className={styles.who}>
        <span>Not signed in.</span>
        <Button small look="primary" onPress={onSignIn}>
          Sign in
        </Button>
        <span>Or give a token as Authorization under Headers.</span>
      </p>
    );
  }
  const { username, sessionExpiresAt } = session.viewer;
  return (
    <p className={styles.who}>
      <span role="status">
        Signed in as <Name name={username} />
        {sessionExpiresAt != null && (
          <>
            {' '}
            until <Exact at={sessionExpiresAt} />
          </>
        )}
      </span>
      <Button small look="quiet" onPress={onSignIn}>
        Sign in again
      </Button>
    </p>
  );
}
