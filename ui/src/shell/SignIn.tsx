import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Redirect, useLocation, useSearchParams } from 'wouter';
import { Refusal } from '../lib/refusal';
import { sessionQuery } from '../api/viewer';
import type { Session } from '../api/viewer';
import { home } from '../lib/home';
import { Ruler } from './Ruler';
import { safeTarget } from './session';
import styles from './SignIn.module.css';
import { SignInForm } from './SignInForm';

export function SignIn({ session }: { session: Session | null }) {
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const target = safeTarget(params.get('to'));
  useEffect(() => {
    document.title = 'Sign in · tokenscale';
  }, []);
  // The explorer is a document of its own; no route of this page leads there.
  const outside = session !== null && target.startsWith('/docs/');
  useEffect(() => {
    if (outside) window.location.replace(home + target);
  }, [outside, target]);
  if (outside) return null;
  if (session !== null) return <Redirect to={target} replace />;

  return (
    <div className={styles.page}>
      <header className={styles.band}>
        <p className={styles.word}>tokenscale</p>
        <Ruler />
        <p className={styles.claim}>System tokens of the cluster: made, measured, restricted, taken away.</p>
      </header>
      <main className={styles.main}>
        <div className={styles.inner}>
          <h1>Sign in</h1>
          <SignInForm
            onSignedIn={async () => {
              const session = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
              if (session === null) throw new Refusal('refused', 'The browser did not keep the session. Allow cookies for this address.');
              if (!target.startsWith('/docs/')) navigate(target, { replace: true });
            }}
          />
          <div className={styles.help}>
            <p>
              Any system token signs in, and so does the root token. It was printed when the server first started;{' '}
              <code>tokenscale root-token</code> makes a new one while the server is stopped.
            </p>
            <p>
              The <a href={`${home}/docs/`}>manual</a> says how to start, run and restore this server.
            </p>
            <p>What you may see and do here is what the token may do. The session ends 12 hours after it began, with the token if that is sooner, and on the server when you sign out.</p>
          </div>
        </div>
      </main>
    </div>
  );
}
