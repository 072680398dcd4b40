import { useState } from 'react';
import { signIn } from '../api/client';
import { Button } from '../components/Button';
import { Field } from '../components/Field';
import { useAction } from '../lib/useAction';
import styles from './SignIn.module.css';

/** The one field that takes a token. The string leaves this component for one request only. */
export function SignInForm({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const [token, setToken] = useState('');
  const signing = useAction(
    async (typed: string) => {
      await signIn(typed);
      setToken('');
      await onSignedIn();
    },
    { quiet: true },
  );

  return (
    <form
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
        description="The whole string: id, tilde, secret."
        value={token}
        onChange={(value) => {
          setToken(value);
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
