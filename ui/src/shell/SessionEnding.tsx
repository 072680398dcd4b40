import { useState } from 'react';
import { Button } from '../components/Button';
import { Distance } from '../components/Moment';
import { Notice } from '../components/Notice';
import { minute } from '../lib/time';
import { useNow } from '../lib/useNow';
import { useSession } from './session';
import { SignInDialog } from './SignInDialog';

/** How long before its end a session says so. */
const warning = 10 * minute;

/** Says that the session will soon be over, and lets the reader begin another where they are. */
export function SessionEnding() {
  const { sessionExpiresAt } = useSession().viewer;
  const now = useNow();
  const [signingIn, setSigningIn] = useState(false);
  const left = sessionExpiresAt == null ? Infinity : sessionExpiresAt - now;
  if (left > warning || left <= 0 || sessionExpiresAt == null) return null;
  return (
    <>
      <Notice
        tone="warn"
        urgent
        title={
          <>
            Your session ends <Distance at={sessionExpiresAt} />.
          </>
        }
        actions={<Button onPress={() => setSigningIn(true)}>Sign in again</Button>}
      >
        <p>What you entered stays where it is.</p>
      </Notice>
      {signingIn && <SignInDialog title="Sign in again" onClose={() => setSigningIn(false)} />}
    </>
  );
}
