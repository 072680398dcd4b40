import { useState } from 'react';
import { signIn } from '../api/client';
import { Button } from '../components/Button';
import { Field } from '../components/Field';
import { misshapen, strayIn, unwrapped } from '../lib/pasted';
import { Refusal } from '../lib/refusal';
import { useAction } from '../lib/useAction';
import { useLeadToField } from '../lib/useLead';
import styles from './SignIn.module.css';

/** The one field that takes a token. The string leaves this component for one request only. */
export function SignInForm({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const [token, setToken] = useState('');
  const [takenOff, setTakenOff] = useState<readonly string[]>([]);
  const signing = useAction(
    async (typed: string) => {
      const wrong = strayIn(typed) ?? misshapen(typed);
      if (wrong !== undefined) throw new Refusal('refused', wrong);
      await signIn(typed);
      setToken('');
      await onSignedIn();
    },
    { quiet: true },
  );

  const form = useLeadToField<HTMLFormElement>(signing.refusal);
  return (
    <form
      ref={form}
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (token !== '') void signing.run(token);
      }}
    >
      <Field
        label="Token"
        type="password"
        description={
          <>
            The whole string: id, tilde, secret.{' '}
            <span role="status">{takenOff.length > 0 && `Taken off, as no part of it: ${takenOff.join(', ')}.`}</span>
          </>
        }
        value={token}
        onChange={(value) => {
          const pasted = unwrapped(value);
          setToken(pasted.text);
          setTakenOff(pasted.takenOff);
          signing.clear();
        }}
        error={signing.refusal?.message}
        autoComplete="off"
        spellCheck="false"
        autoFocus
        mono
      />
      <Button look="primary" type="submit" isPending={signing.pending} pendingLabel="Signing in" isDisabled={token === ''}>
        Sign in
      </Button>
    </form>
  );
}
